"""Replace the warehouse of an earlier demo by a new one that is whole, and only then."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import duckdb

from mews_pipeline import demo_mode
from mews_pipeline.demo_mode import DemoError
from mews_pipeline.files import PRIVATE_FILE, private_folder
from mews_pipeline.settings import LAKE
from mews_pipeline.warehouse.file import warehouse_lock
from mews_pipeline.warehouse.file_errors import translate_errors

try:
    import fcntl
except ModuleNotFoundError:  # Windows: nothing tells whether the warehouse is in use
    fcntl = None  # type: ignore[assignment]

_PATIENCE_SECONDS = 2.0


def file_of(address: str) -> Path:
    """Return the file that MEWS_WAREHOUSE names. Raises DemoError if it names a lake."""
    if address.startswith(LAKE):
        raise DemoError(
            f"MEWS_WAREHOUSE is {address}: the sandbox needs a DuckDB file. Name one "
            "(MEWS_WAREHOUSE=data/demo.duckdb), or set the tokens of a real Mews."
        )
    return Path(address)


@contextmanager
def in_use(warehouse: Path) -> Iterator[None]:
    """Let no demo replace the warehouse while the block runs, however the process ends."""
    with _flock(warehouse, exclusive=False):
        yield


@contextmanager
def replaced(warehouse: Path, start: date) -> Iterator[Path]:
    """Yield the path of a new warehouse, which takes the place of the old one at the end.

    Where the block fails, or the process is killed in it, the old one is as it was. Raises
    DemoError for a warehouse that is not of a demo or is in use, and WarehouseError.
    """
    with _flock(warehouse, exclusive=True):
        _refuse(warehouse)
        folder = warehouse.with_name(f".{warehouse.name}.demo")
        shutil.rmtree(folder, ignore_errors=True)
        new = private_folder(folder) / warehouse.name
        try:
            yield new
            _swap(new, warehouse, start)
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _refuse(warehouse: Path) -> None:
    if warehouse.exists() and demo_mode.first_day(warehouse) is None:
        raise DemoError(
            f"{warehouse} holds data that is not from the demo, and was not touched. Name another "
            "file for the demo: MEWS_WAREHOUSE=data/demo/warehouse.duckdb mews-pipeline demo"
        )


def _swap(new: Path, warehouse: Path, start: date) -> None:
    with warehouse_lock(warehouse, timeout_seconds=_PATIENCE_SECONDS), translate_errors(warehouse):
        for path in (new, warehouse):
            # Closing it writes what its log still holds, so that no log outlives its file
            if path.exists():
                duckdb.connect(str(path)).close()
        demo_mode.mark(warehouse, start)
        new.replace(warehouse)


@contextmanager
def _flock(warehouse: Path, *, exclusive: bool) -> Iterator[None]:
    private_folder(warehouse.parent)
    path = warehouse.with_name(f"{warehouse.name}.in-use")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        if fcntl and not _is_locked(descriptor, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH):
            who = "a running mews-pipeline dev, or another demo" if exclusive else "a running demo"
            raise DemoError(
                f"{warehouse} is in use by {who}: end it first, or name another file: "
                "MEWS_WAREHOUSE=data/demo/warehouse.duckdb"
            )
        yield
    finally:
        os.close(descriptor)


def _is_locked(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
