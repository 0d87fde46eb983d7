"""Create files that only this user reads, and published ones, whatever the umask of the process.

The umask belongs to the process, which may be somebody else's (a code server, a notebook): every
file gets its mode where it is created.
"""

import os
import shutil
import tempfile
from pathlib import Path

from mews_pipeline.errors import PipelineError

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
_FOR_ALL = 0o444
_FOR_A_GROUP = 0o440
_FOLDER_FOR_ALL = 0o755
_FOLDER_FOR_A_GROUP = 0o750
_OTHERS = 0o077


class GroupError(PipelineError):
    """Files cannot be given to the group of the settings; the message says why."""


def own_temporary_folder(suffix: str = "") -> Path:
    """Name this user's folder in the temporary folder; `take_own` creates it."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    return Path(tempfile.gettempdir()) / f"mews_pipeline-{user}{suffix}"


def take_own(folder: Path) -> Path:
    """Create a folder for this user alone, or take an existing one from others; gives it.

    Raises PermissionError when it belongs to somebody else.
    """
    private_folder(folder)
    if hasattr(os, "getuid") and (folder.is_symlink() or folder.stat().st_uid != os.getuid()):
        raise PermissionError(f"{folder} belongs to somebody else")
    folder.chmod(PRIVATE_FOLDER)
    return folder


def private_folder(folder: Path) -> Path:
    """Create a folder and those above it that are missing, for this user alone; gives it.

    One that exists keeps its mode: its owner may want to share it.
    """
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return folder


def private_file(path: Path) -> Path:
    """Create a file for this user alone, or take an existing one from others; gives it.

    A later open for writing (by Polars, a lock) keeps that mode.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        os.fchmod(descriptor, PRIVATE_FILE)
    finally:
        os.close(descriptor)
    return path


def published_folder(folder: Path, group: str | None = None) -> Path:
    """Create a folder for what is published: for all, or for a group alone; gives it.

    One that exists keeps its mode. Raises GroupError.
    """
    if not folder.is_dir():
        private_folder(folder.parent)
        folder.mkdir(mode=PRIVATE_FOLDER)
        _share(folder, group, _FOLDER_FOR_A_GROUP if group else _FOLDER_FOR_ALL)
    return folder


def publish_file(path: Path, group: str | None = None) -> Path:
    """Make a file read-only, for all or for a group alone; gives it. Raises GroupError."""
    _share(path, group, _FOR_A_GROUP if group else _FOR_ALL)
    return path


def is_open(path: Path) -> bool:
    """Say whether others than the owner may read, write or enter."""
    return bool(path.stat().st_mode & _OTHERS)


def _share(path: Path, group: str | None, mode: int) -> None:
    if group:
        # Before the mode: nothing is open to the group that it had
        try:
            shutil.chown(path, group=group)
        except (LookupError, PermissionError) as error:
            why = (
                "there is no such group"
                if isinstance(error, LookupError)
                else "this user is not in it"
            )
            raise GroupError(
                f"{path} cannot be given to the group {group} of MEWS_PUBLISHED_GROUP: {why}. "
                "Create the group or add this user to it (usermod -aG), and start again."
            ) from None
    path.chmod(mode)
