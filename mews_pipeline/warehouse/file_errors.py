"""Say what is wrong with a warehouse file, and what to do about it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from mews_pipeline.warehouse.base import WarehouseError

_DUCKDB_MAGIC = b"DUCK"
_MAGIC_OFFSET_BYTES = 8
_UNTOUCHED = "What had landed before is untouched."
_IN_USE = (
    "is open in another program, outside this pipeline. Close it there; to query beside the "
    f"pipeline open the published analytics.duckdb instead. {_UNTOUCHED}"
)
_OF_ANOTHER_VERSION = (
    f"is of another version of DuckDB than this one ({duckdb.__version__}), and was left as it is. "
    "Run the version of mews-pipeline that wrote it last, or name another path in MEWS_WAREHOUSE."
)
_DAMAGED = (
    "is damaged, and was left as it is. Restore it from a backup; without one, move it away and "
    "fetch its days again."
)
_FULL = f"has no room left on its disk. Make some, then run this again. {_UNTOUCHED}"
_FORBIDDEN = (
    "may not be written by this user. Let the user write the file and its folder, or name another "
    f"path in MEWS_WAREHOUSE. {_UNTOUCHED}"
)
_NO_FOLDER = "is in no folder that can be created or opened. Name another path in MEWS_WAREHOUSE."
_UNKNOWN = f"cannot be used. {_UNTOUCHED}"
# Words of DuckDB or the operating system, and the fault that they mean; the first that match count
_FAULTS = {
    # Not the lock in "block"
    r"\block\b|used by another process": _IN_USE,
    r"version number|can only read versions": _OF_ANOTHER_VERSION,
    r"corrupt|checksum|enough bytes|serializ|replaying wal|internal error": _DAMAGED,
    r"no space|could not write|quota": _FULL,
    r"permission denied|not permitted|read-only": _FORBIDDEN,
    r"not a directory|no such file|file exists|name too long|is a directory": _NO_FOLDER,
}
_OF_FILES = (
    duckdb.IOException,
    duckdb.SerializationException,
    duckdb.InternalException,
    duckdb.FatalException,
    OSError,
)


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Raise errors of DuckDB or the file system about the warehouse as WarehouseError."""
    try:
        _check_is_duckdb_file(path)
        yield
    except _OF_FILES as error:
        # Its traceback would add nothing but DuckDB's and Python's own lines
        raise WarehouseError(advice(path, error)) from None


def advice(path: Path, error: Exception) -> str:
    """Return what an error about this file means, what to do, and the error's own first line."""
    if isinstance(error, OSError) and error.errno:
        known, who = str(error.strerror), "The system"
        quoted = f"{known}: {error.filename}" if error.filename else known
    else:
        known, who, quoted = str(error), "DuckDB", str(error)
    subject = f"The warehouse {path}"
    if isinstance(error, OSError) and error.filename and not _is_of(path, str(error.filename)):
        subject = f"The file {error.filename}, beside the warehouse {path},"
    # A path may have any of the words
    known = known.replace(str(path), "")
    meant = (what for words, what in _FAULTS.items() if re.search(words, known, re.IGNORECASE))
    what = next(meant, _UNKNOWN)
    return f"{subject} {what} {who} says: {quoted.partition(chr(10))[0]}"


def _is_of(path: Path, name: str) -> bool:
    """Return whether the name is that of the file, of its lock, its log, or a folder above it."""
    return name.startswith(str(path)) or Path(name) in path.parents


def _check_is_duckdb_file(path: Path) -> None:
    if path.is_dir():
        raise WarehouseError(
            f"MEWS_WAREHOUSE {path} is a folder. Give the path of a DuckDB file in it."
        )
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("rb") as file:
        head = file.read(_MAGIC_OFFSET_BYTES + len(_DUCKDB_MAGIC))
    if head[_MAGIC_OFFSET_BYTES:] != _DUCKDB_MAGIC:
        raise WarehouseError(
            f"MEWS_WAREHOUSE {path} is not a DuckDB file, and was left as it is. Name another "
            "path, or move that file away."
        )
