"""The warehouse: what everything is kept in, whose turn it is there, and its errors in words.

A DuckDB file here, a DuckLake in lake.py; the rest of the pipeline takes a connection whose
current catalog is the warehouse and does not know which of the two it is.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

import duckdb
from filelock import FileLock, Timeout

from mews_pipeline.warehouse.landing import create_tables, this_machines_clock
from mews_pipeline.warehouse.quoting import literal

DEFAULT_PATIENCE_SECONDS = 1800.0
A_MOMENT_SECONDS = 1.0
Config = dict[str, str | bool | int | float | list[str]]
# A page-by-page landing needs little; what needs more spills to disk
_FRUGAL: Config = {"memory_limit": "400MB"}
_DUCKDB_MAGIC = b"DUCK"
_MAGIC_OFFSET_BYTES = 8

Say = Callable[[str], object]
# Gives now (UTC) by the one clock of all who land; raises WarehouseError when the turn was lost.
Clock = Callable[[], datetime]


class Opens(Protocol):
    """Who opens a DuckDB: `duckdb.connect`, or Dagster's resource."""

    def __call__(
        self, database: str, *, config: Config
    ) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """Give a connection, closed at the end."""


class WarehouseError(RuntimeError):
    """The warehouse cannot be used now; the message says why and what to do."""

    def __init__(self, message: str, *, is_worth_retrying: bool = False) -> None:
        super().__init__(message)
        self.is_worth_retrying = is_worth_retrying


class Turns(Protocol):
    """Who may use a warehouse when. Each waits, says so, and raises WarehouseError in the end."""

    def alone(self, say: Say, patience_seconds: float) -> AbstractContextManager[None]:
        """Nobody else is at it: for dbt and publishing, which read more than one state."""

    def beside(self, say: Say, patience_seconds: float) -> AbstractContextManager[None]:
        """Nobody is at it alone."""

    def landing(
        self, table: str, say: Say, patience_seconds: float
    ) -> AbstractContextManager[Clock]:
        """Nobody is at it alone, and nobody else lands in this raw table."""


@dataclass(frozen=True)
class Landing:
    """A turn at landing in one table: a connection, and the clock that stamps what lands."""

    connection: duckdb.DuckDBPyConnection
    clock: Clock


TurnIn = Callable[[str], AbstractContextManager[Landing]]


class Warehouse(ABC):
    """Where everything is kept; whoever opens it, to read or to write, does so in a turn."""

    # Never in a repr, a log or an error: the settings of a lake hold secrets
    turns: Turns
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
    def explained(self) -> AbstractContextManager[None]:
        """Turn what DuckDB says about it into a WarehouseError."""

    @contextmanager
    def lock(
        self, say: Say = print, patience_seconds: float = DEFAULT_PATIENCE_SECONDS
    ) -> Iterator[None]:
        """Hold all of it. Raises WarehouseError."""
        with self.turns.alone(say, patience_seconds), self.explained():
            yield

    @contextmanager
    def open(
        self, say: Say = print, patience_seconds: float = DEFAULT_PATIENCE_SECONDS
    ) -> Iterator[duckdb.DuckDBPyConnection]:
        """Give a connection to read with. Raises WarehouseError."""
        with (
            self.turns.beside(say, patience_seconds),
            self.explained(),
            self.connect() as connection,
        ):
            yield connection

    @contextmanager
    def landings(
        self, say: Say = print, patience_seconds: float = DEFAULT_PATIENCE_SECONDS
    ) -> Iterator[TurnIn]:
        """Give turns at landing in a raw table, one after the other. They raise WarehouseError."""

        @contextmanager
        def turn_in(table: str) -> Iterator[Landing]:
            with (
                self.turns.landing(table, say, patience_seconds) as clock,
                self.explained(),
                self.connect() as connection,
            ):
                yield Landing(connection, clock)

        yield turn_in


@dataclass(frozen=True)
class FileTurns:
    """The turns at a file: one user at a time, whatever they want."""

    path: Path

    @contextmanager
    def alone(self, say: Say, patience_seconds: float) -> Iterator[None]:
        """Hold the file's lock."""
        with warehouse_lock(self.path, say, patience_seconds):
            yield

    beside = alone

    @contextmanager
    def landing(self, table: str, say: Say, patience_seconds: float) -> Iterator[Clock]:  # noqa: ARG002
        """Hold the file's lock, whichever the table."""
        with warehouse_lock(self.path, say, patience_seconds):
            yield this_machines_clock


class DuckDBFile(Warehouse):
    """A DuckDB file, which has one user at a time."""

    def __init__(self, path: Path, opens: Opens = duckdb.connect) -> None:
        self.path, self.database, self.opens = path, str(path), opens
        self.turns = FileTurns(path)

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    @property
    def environment(self) -> Mapping[str, str]:
        """The path."""
        return {"MEWS_WAREHOUSE": str(self.path)}

    def prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Create its raw tables where there are none."""
        create_tables(connection)

    def attach(self, connection: duckdb.DuckDBPyConnection) -> str:
        """Attach it read-only under the name that its views are written with: the file's."""
        if not self.path.exists():
            raise WarehouseError(f"There is no warehouse {self.path} yet. Fetch first.")
        path = str(self.path)
        connection.execute(f"attach {literal(path)} (read_only)")
        (name,) = connection.execute(
            "select database_name from duckdb_databases() where path = ?", [path]
        ).fetchall()[0]
        return str(name)

    def explained(self) -> AbstractContextManager[None]:
        """As the function of that name."""
        return explained(self.path)


@contextmanager
def warehouse_lock(
    path: Path,
    say: Say = print,
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
            lock.acquire(timeout=A_MOMENT_SECONDS)
        except Timeout:
            say(f"Waiting for {path.name}: another step or command is using it.")
            lock.acquire(timeout=patience_seconds)
    except Timeout:
        raise in_use(str(path), patience_seconds) from None
    try:
        yield
    finally:
        lock.release()


def in_use(name: str, patience_seconds: float) -> WarehouseError:
    """The error of who waited for a turn in vain."""
    return WarehouseError(
        f"The warehouse {name} was in use for {patience_seconds:.0f} s. Nothing was landed. "
        "Look in the Dagster UI for a run that hangs, end it, and run this again."
    )


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
