"""Create temporary folders that do not outlive their process, however it ends.

Next to each folder is a file that its process holds locked. The operating system lets go of the
lock when the process ends; the next process removes the folders whose lock no process holds.
"""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from uuid import uuid4

from mews_pipeline.errors import PipelineError
from mews_pipeline.files import PRIVATE_FILE, private_folder

try:
    import fcntl
except ModuleNotFoundError:  # Windows: folders of killed processes stay
    fcntl = None  # type: ignore[assignment]

_PREFIX = "mews_pipeline-"
_LOCK = ".lock"


class TemporaryFolderError(PipelineError):
    """No temporary folder can be created; the message says why."""


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Yield a new folder for this user alone, and remove it at the end.

    Before, remove those of processes that were killed. Raises TemporaryFolderError.
    """
    folder, descriptor = _claim()
    try:
        yield folder
    finally:
        _give_up(folder, descriptor)


def folder_of_process() -> Path:
    """Return a new path in a folder that is kept until this process ends; nothing is there yet."""
    return _kept(os.getpid()) / uuid4().hex


@cache
def _kept(process: int) -> Path:  # noqa: ARG001  a forked process has one of its own
    folder, descriptor = _claim()
    atexit.register(_give_up, folder, descriptor)
    return folder


def _claim() -> tuple[Path, int]:
    """Create a locked file and its folder, in this order: nobody removes it in between."""
    try:
        root = Path(tempfile.gettempdir())
        _sweep(root)
        folder = root / f"{_PREFIX}{uuid4().hex[:12]}"
        descriptor = _lock(folder)
        try:
            return private_folder(folder), descriptor
        except OSError:
            _give_up(folder, descriptor)
            raise
    except OSError as error:
        why = f"{error.strerror or error}"
    raise TemporaryFolderError(
        f"No temporary folder can be created ({why}). Make room or name another folder in TMPDIR. "
        "What had landed before is untouched."
    )


def _lock(folder: Path) -> int:
    """Create the folder's lock file and lock it, again if it was swept in between."""
    path = _lock_file(folder)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
        if fcntl:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)


def _lock_file(folder: Path) -> Path:
    return folder.with_name(folder.name + _LOCK)


def _give_up(folder: Path, descriptor: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    _lock_file(folder).unlink(missing_ok=True)
    os.close(descriptor)


def _sweep(root: Path) -> None:
    """Remove the folders in `root` whose lock nobody holds, and their lock files."""
    if not fcntl:
        return
    for path in root.glob(f"{_PREFIX}*{_LOCK}"):
        # Of another user, or swept by another process at the same time
        with suppress(OSError):
            _sweep_one(path)


def _sweep_one(path: Path) -> None:
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        if os.fstat(descriptor).st_uid != os.getuid():
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(path.with_name(path.name.removesuffix(_LOCK)), ignore_errors=True)
        path.unlink(missing_ok=True)
    finally:
        os.close(descriptor)
