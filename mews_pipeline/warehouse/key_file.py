"""Read and create the file with the key of the hashes of personal ids."""

import os
import secrets
from pathlib import Path

from mews_pipeline.files import is_open, private_file, private_folder
from mews_pipeline.settings import SettingsError

_SETTING = "MEWS_PERSONAL_KEY_FILE"
_FEWEST_BYTES, _MOST_BYTES = 32, 4096


def read_key(path: Path) -> bytes | None:
    """Return the key in a file, None where there is no file. Raises SettingsError."""
    try:
        if path.is_dir():
            raise _unusable(f"{path} is a folder: name a file")
        if is_open(path):
            raise _unusable(f"other users of this machine can open {path}: chmod 600 {path}")
        with path.open("rb") as file:
            key = file.read(_MOST_BYTES + 1).strip()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unusable(f"{path} cannot be read ({error.strerror})") from None
    if not _FEWEST_BYTES <= len(key) <= _MOST_BYTES:
        raise _unusable(
            f"{path} holds {len(key)} characters, not {_FEWEST_BYTES} to {_MOST_BYTES}: is it "
            "the file of the key?"
        )
    return key


def create_key(path: Path) -> bytes:
    """Create a file with a random key for this user alone; return the key that is then there."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        private_folder(path.parent)
        with private_file(new).open("w", encoding="ascii") as file:
            file.write(f"{secrets.token_hex(32)}\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            # Unlike renaming, it never replaces the key of another process
            path.hardlink_to(new)
        except FileExistsError:
            pass
        finally:
            new.unlink()
    except OSError as error:
        raise _unusable(
            f"{path} cannot be created ({error.strerror}): create it with {_created_by(path)}"
        ) from None
    key = read_key(path)
    if key is None:
        raise _unusable(f"{path} was removed again")
    return key


def missing_key(path: Path, *, is_hashed: bool) -> SettingsError:
    """Return the error of a key that is missing and must not be created here."""
    if is_hashed:
        return _unusable(
            f"there is no {path}. Put the key there that the warehouse was hashed with. If it is "
            "lost, no person can be recognised again, and MEWS_PERSONAL=drop is the only move"
        )
    return _unusable(
        f"there is no {path}. Several machines need the same key: create it once with "
        f"{_created_by(path)}, and copy it to each machine"
    )


def another_key(path: Path) -> SettingsError:
    """Return the error of a key that the warehouse was not hashed with."""
    return _unusable(
        f"the key in {path} is not the one that the warehouse was hashed with: put that one there"
    )


def _created_by(path: Path) -> str:
    return f"(umask 077; openssl rand -hex 32 > {path})"


def _unusable(why: str) -> SettingsError:
    return SettingsError(f"{_SETTING} cannot be used: {why}. Nothing was landed.")
