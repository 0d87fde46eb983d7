"""The warehouse: what everything is kept in, whose turn it is there, and its errors in words.

A DuckDB file here, a DuckLake in lake.py; the rest of the pipeline takes a connection whose
current catalog is the warehouse and does not know which of the two it is.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import duckdb

from mews_pipeline.errors import PipelineError

DEFAULT_TIMEOUT_SECONDS = 1800.0
QUIET_SECONDS = 1.0
Config = dict[str, str | bool | int | float | list[str]]
# A page-by-page landing needs little; what needs more spills to disk
_FRUGAL: Config = {"memory_limit": "400MB"}

Log = Callable[[str], object]


class Opens(Protocol):
    """Who opens a DuckDB: `duckdb.connect`, or Dagster's resource."""

    def __call__(
        self, database: str, *, config: Config
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Give a connection, closed at the end."""


class WarehouseError(PipelineError):
    """The warehouse cannot be used now; the message says why and what to do."""

    def __init__(self, message: str, *, is_worth_retrying: bool = False) -> None:
        super().__init__(message)
        self.is_worth_retrying = is_worth_retrying


class TableLock:
    """The lock that a process holds on a raw table while it lands there, and the clock it lands by.

    This one is held by the process itself, by this machine's clock: it cannot be lost.
    """

    def now(self) -> datetime:
        """Return now (UTC) by the one clock of every process that lands. Raises WarehouseError."""
        return datetime.now(UTC)

    def check_held(self) -> None:
        """Raise WarehouseError if the lock was lost, so that nothing is committed without it."""


class Locks(Protocol):
    """Who may use a warehouse when. Each waits, says so, and raises WarehouseError in the end."""

    def exclusive(self, log: Log, timeout_seconds: float) -> AbstractContextManager[None]:
        """Nobody else is at it: for dbt and publishing, which read more than one state."""

    def shared(self, log: Log, timeout_seconds: float) -> AbstractContextManager[None]:
        """Nobody is at it alone."""

    def table_lock(
        self, table: str, log: Log, timeout_seconds: float
    ) -> AbstractContextManager[TableLock]:
        """Nobody is at it alone, and nobody else lands in this raw table."""


@dataclass(frozen=True)
class LandingConnection:
    """A connection to land in one raw table, and the lock that is held on that table."""

    connection: duckdb.DuckDBPyConnection
    lock: TableLock


LockTable = Callable[[str], AbstractContextManager[LandingConnection]]


class Warehouse(ABC):
    """Where everything is kept; whoever opens it, to read or to write, does so in a turn."""

    # Never in a repr, a log or an error: the settings of a lake hold secrets
    locks: Locks
    # What DuckDB opens for it
    database: str
    opens: Opens

    @property
    @abstractmethod
    def name(self) -> str:
        """What it is called before people; holds no secret."""

    @property
    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """What dbt reads from the environment to find it."""

    @property
    def config(self) -> Config:
        """How DuckDB opens it."""
        return _FRUGAL

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection, its raw tables there, to who holds `lock`: it waits for nobody."""
        # Closed here too, since Dagster's resource does so only where nothing was raised
        with self.opens(self.database, config=self.config) as connection, closing(connection):
            self.prepare(connection)
            yield connection

    @abstractmethod
    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make it this connection's current catalog, its raw tables there."""

    @abstractmethod
    def attach(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Attach it to another connection to read from, and give the catalog's name."""

    @abstractmethod
    def translate_errors(self) -> AbstractContextManager[None]:
        """Turn what DuckDB says about it into a WarehouseError."""

    @contextmanager
    def lock(
        self, log: Log = print, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    ) -> Iterator[None]:
        """Hold all of it. Raises WarehouseError."""
        with self.locks.exclusive(log, timeout_seconds), self.translate_errors():
            yield

    @contextmanager
    def open(
        self, log: Log = print, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection to read with. Raises WarehouseError."""
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
        """Give turns at landing in a raw table, one after the other. They raise WarehouseError."""

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
    """The error of who waited for a turn in vain."""
    return WarehouseError(
        f"The warehouse {name} was in use for {timeout_seconds:.0f} s. Nothing was landed. "
        "Look in the Dagster UI for a run that hangs, end it, and run this again."
    )
