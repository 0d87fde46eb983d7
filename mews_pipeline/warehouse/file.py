"""The warehouse as a DuckDB file, which one process uses at a time."""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb
from filelock import FileLock, Timeout

from mews_pipeline.files import PRIVATE_FILE, is_open, private_file, private_folder
from mews_pipeline.temporary import folder_of_process
from mews_pipeline.warehouse.base import (
    DEFAULT_TIMEOUT_SECONDS,
    QUIET_SECONDS,
    Config,
    Log,
    Opens,
    TableLock,
    Warehouse,
    WarehouseError,
    in_use_error,
)
from mews_pipeline.warehouse.file_errors import advice, translate_errors
from mews_pipeline.warehouse.quoting import literal
from mews_pipeline.warehouse.raw import create_tables, transaction


@dataclass(frozen=True)
class FileLocks:
    """The locks of a file: one process at a time, whichever the lock."""

    path: Path

    @contextmanager
    def exclusive(self, log: Log, timeout_seconds: float) -> Iterator[None]:
        """Hold the file's lock."""
        with warehouse_lock(self.path, log, timeout_seconds):
            yield

    shared = exclusive

    @contextmanager
    def table_lock(self, table: str, log: Log, timeout_seconds: float) -> Iterator[TableLock]:  # noqa: ARG002
        """Hold the file's lock, whatever the table."""
        with warehouse_lock(self.path, log, timeout_seconds):
            yield TableLock()


class DuckDBFile(Warehouse):
    """A DuckDB file, which one process uses at a time."""

    def __init__(self, path: Path, opens: Opens = duckdb.connect) -> None:
        self.path, self.database, self.opens = path, str(path), opens
        self.locks = FileLocks(path)
        self._has_tables = False

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    @property
    def environment(self) -> Mapping[str, str]:
        """The variable with its path."""
        return {"MEWS_WAREHOUSE": str(self.path)}

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection as any warehouse does, the file created for this user alone."""
        if not self.path.exists():
            create_private_database(self.path)
            self._has_tables = False
        with super().connect() as connection:
            yield connection

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create the raw tables that are missing, once and in one write to the disk.

        Looking for them takes longer than opening the file, which each landing does.
        """
        if not self._has_tables:
            with transaction(connection):
                create_tables(connection)
            self._has_tables = True

    def attach(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Attach it read-only under the file's name, which its views are written with."""
        if not self.path.exists():
            raise WarehouseError(f"There is no warehouse {self.path} yet. Fetch first.")
        path = str(self.path)
        connection.execute(f"attach {literal(path)} (read_only)")
        (name,) = connection.execute(
            "select database_name from duckdb_databases() where path = ?", [path]
        ).fetchall()[0]
        return str(name)

    def translate_errors(self) -> AbstractContextManager[None]:
        """Raise errors of DuckDB and of the file system about it as WarehouseError."""
        return translate_errors(self.path)


@contextmanager
def warehouse_lock(
    path: Path,
    log: Log = print,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
) -> Iterator[None]:
    """Hold the lock of a warehouse file. DuckDB has one writer: open the file only inside.

    Waits up to `timeout_seconds` for another holder, logs once that it waits, and then raises
    WarehouseError. The operating system releases the lock when its process ends, however it ends.
    """
    lock = FileLock(path.with_name(path.name + ".lock"), mode=PRIVATE_FILE)
    try:
        private_folder(path.parent)
        try:
            lock.acquire(timeout=QUIET_SECONDS)
        except Timeout:
            log(f"Waiting for {path.name}: another step or command is using it.")
            lock.acquire(timeout=timeout_seconds)
    except Timeout:
        raise in_use_error(str(path), timeout_seconds) from None
    except OSError as error:
        raise WarehouseError(advice(path, error)) from None
    try:
        _take_from_others(path)
        yield
    finally:
        lock.release()


def create_private_database(path: Path, storage: str = "latest") -> None:
    """Create a DuckDB file for this user alone, where there is none.

    DuckDB creates files by the umask and takes no empty file, so it creates one without content
    under another name first. DuckDB's newest storage format takes a seventh less room; a file keeps
    the format that it was created with.
    """
    if path.exists():
        return
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # of a process that was killed here
    duckdb.connect(str(new), config={"storage_compatibility_version": storage}).close()
    private_file(new).replace(path)


def bounded(memory: str) -> Config:
    """Limit the memory; what needs more spills to a folder that ends with this process."""
    return {"memory_limit": memory, "temp_directory": str(folder_of_process())}


def replace_database(path: Path, new: Path) -> None:
    """Put a whole DuckDB file in the place of another, on disk before this returns.

    DuckDB would read the log of the old file into the new one. It is removed before, and once more
    after, for one that a program wrote in between which has opened the old file.
    """
    with new.open("rb") as written:
        os.fsync(written.fileno())
    wal = path.with_name(path.name + ".wal")
    wal.unlink(missing_ok=True)
    new.replace(path)
    wal.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _take_from_others(path: Path) -> None:
    """Close what an earlier version, or dbt, has left open to other users."""
    for file in (path, path.with_name(path.name + ".wal")):
        # Not where somebody else owns it: then the warehouse works as it did
        with suppress(OSError):
            if is_open(file):
                private_file(file)
