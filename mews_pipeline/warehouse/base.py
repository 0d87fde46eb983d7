"""The interface of a warehouse, its locks and its errors.

A warehouse is a DuckDB file (file.py) or a DuckLake (lake.py). The rest of the pipeline takes a
connection whose current catalog is the warehouse, and does not know which of the two it is.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar, Protocol

import duckdb

from mews_pipeline.errors import PipelineError

DEFAULT_TIMEOUT_SECONDS = 1800.0
QUIET_SECONDS = 1.0
Config = dict[str, str | bool | int | float | list[str]]
# Landing page by page needs little memory; anything larger spills to disk
_FRUGAL: Config = {"memory_limit": "400MB"}

Log = Callable[[str], object]


class Opens(Protocol):
    """A function that opens a DuckDB: `duckdb.connect`, or Dagster's resource."""

    def __call__(
        self, database: str, *, config: Config
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Open a connection, and close it at the end."""


class WarehouseError(PipelineError):
    """The warehouse cannot be used now; the message says why and what to do."""

    def __init__(self, message: str, *, is_worth_retrying: bool = False) -> None:
        super().__init__(message)
        self.is_worth_retrying = is_worth_retrying


class TableLock:
    """The lock that a process holds on a raw table while it lands there, and the clock it lands by.

    This one is held by the process itself, by this machine's clock: it cannot be lost. It is the
    lock of a file, which is that of all its tables.
    """

    covers_all_tables: ClassVar[bool] = True

    def now(self) -> datetime:
        """Return now (UTC) by the one clock of every process that lands. Raises WarehouseError."""
        return datetime.now(UTC)

    def check_held(self) -> None:
        """Raise WarehouseError if the lock was lost, so that nothing is committed without it."""


class Locks(Protocol):
    """The locks of a warehouse. Each logs that it waits, and raises WarehouseError in the end."""

    def exclusive(self, log: Log, timeout_seconds: float) -> AbstractContextManager[None]:
        """Take the exclusive lock: for dbt and publishing, which read more than one state."""

    def shared(self, log: Log, timeout_seconds: float) -> AbstractContextManager[None]:
        """Take a shared lock: wait for any exclusive holder."""

    def table_lock(
        self, table: str, log: Log, timeout_seconds: float
    ) -> AbstractContextManager[TableLock]:
        """Take a shared lock, and the lock to land in this raw table."""


@dataclass(frozen=True)
class LandingConnection:
    """A connection to land in one raw table, and the lock that is held on that table."""

    connection: duckdb.DuckDBPyConnection
    lock: TableLock


LockTable = Callable[[str], AbstractContextManager[LandingConnection]]


class Warehouse(ABC):
    """A place that keeps all tables. Every reader and writer holds one of its locks."""

    # Keep it out of reprs, logs and errors: the settings of a lake hold secrets
    locks: Locks
    # The database that DuckDB opens
    database: str
    opens: Opens

    @property
    @abstractmethod
    def name(self) -> str:
        """The name shown to people; holds no secret."""

    @property
    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """The environment variables by which dbt finds it."""

    @property
    def config(self) -> Config:
        """The configuration that DuckDB opens it with."""
        return _FRUGAL

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a connection with the raw tables created. The caller must hold the lock."""
        # Closed here too: Dagster's resource does not close it after an error
        with self.opens(self.database, config=self.config) as connection, closing(connection):
            self.prepare(connection)
            yield connection

    @abstractmethod
    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make it this connection's current catalog, and create its raw tables."""

    @abstractmethod
    def attach(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Attach it to another connection to read from, and return the catalog's name."""

    @abstractmethod
    def translate_errors(self) -> AbstractContextManager[None]:
        """Raise DuckDB's errors about it as WarehouseError."""

    @contextmanager
    def lock(
        self, log: Log = print, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    ) -> Iterator[None]:
        """Hold the exclusive lock. Raises WarehouseError."""
        with self.locks.exclusive(log, timeout_seconds), self.translate_errors():
            yield

    @contextmanager
    def open(
        self, log: Log = print, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open a connection to read with, under a shared lock. Raises WarehouseError."""
        with (
            self.locks.shared(log, timeout_seconds),
            self.translate_errors(),
            self.connect() as connection,
        ):
            yield connection

    @contextmanager
    def landings(
        self, log: Log = print, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    ) -> Iterator[LockTable]:
        """Yield a function that locks one raw table for landing. It raises WarehouseError."""

        @contextmanager
        def lock_table(table: str) -> Iterator[LandingConnection]:
            with (
                self.locks.table_lock(table, log, timeout_seconds) as lock,
                self.translate_errors(),
                self.connect() as connection,
            ):
                yield LandingConnection(connection, lock)

        yield lock_table


def in_use_error(name: str, timeout_seconds: float) -> WarehouseError:
    """Return the error of having waited for a lock too long."""
    return WarehouseError(
        f"The warehouse {name} was in use for {timeout_seconds:.0f} s. Nothing was landed. "
        "Look in the Dagster UI for a run that hangs, end it, and run this again."
    )
