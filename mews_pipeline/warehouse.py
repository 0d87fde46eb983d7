"""The warehouse file: its one lock, and its errors in words that say what to do."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

DEFAULT_PATIENCE_SECONDS = 1800.0
_A_MOMENT_SECONDS = 1.0
_DUCKDB_MAGIC = b"DUCK"
_MAGIC_OFFSET_BYTES = 8


class WarehouseError(RuntimeError):
    """The warehouse cannot be used now; the message says why and what to do."""


@contextmanager
def warehouse_lock(
    path: Path,
    say: Callable[[str], object] = print,
    patience_seconds: float = DEFAULT_PATIENCE_SECONDS,
) -> Iterator[None]:
    """Hold the warehouse: DuckDB has one writer, so whoever opens the file, opens it inside here.

    Waits up to `patience_seconds` for another holder, tells `say` once that it waits, and raises
    WarehouseError when that was not enough. The lock goes with its process, however that ends.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path.with_name(path.name + ".lock"))
    try:
        try:
            lock.acquire(timeout=_A_MOMENT_SECONDS)
        except Timeout:
            say(f"Waiting for {path.name}: another step or command is using it.")
            lock.acquire(timeout=patience_seconds)
    except Timeout:
        raise WarehouseError(
            f"The warehouse {path} was in use for {patience_seconds:.0f} s. Nothing was landed. "
            "Look in the Dagster UI for a run that hangs, end it, and run this again."
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what DuckDB or the file system says about the warehouse into a WarehouseError."""
    try:
        _refuse_what_is_no_duckdb_file(path)
        yield
    except (duckdb.IOException, OSError) as error:
        raise WarehouseError(_advice(path, str(error))) from error


def _refuse_what_is_no_duckdb_file(path: Path) -> None:
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


def _advice(path: Path, said: str) -> str:
    if "lock" in said.lower():
        what = (
            f"The warehouse {path} is open in another program, outside this pipeline. Close it "
            "there; to query beside the pipeline open the published analytics.duckdb instead."
        )
    elif "no space" in said.lower() or "could not write" in said.lower():
        what = f"There is no room left on the disk of {path}. Make some, then run this again."
    else:
        what = f"The warehouse {path} cannot be used."
    return f"{what} What had landed before is untouched. DuckDB says: {said.splitlines()[0]}"
