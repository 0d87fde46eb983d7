"""The locks of a lake, as PostgreSQL's advisory locks: they end with the connection."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from mews_pipeline.settings import LakeSettings
from mews_pipeline.warehouse.base import (
    QUIET_SECONDS,
    Log,
    TableLock,
    WarehouseError,
    in_use_error,
)

_WAREHOUSE = "mews_pipeline"
# With these PostgreSQL notices within two minutes that a machine that held a lock has died
_NOTICE_THE_DEAD = (
    "-c tcp_keepalives_idle=30 -c tcp_keepalives_interval=15 -c tcp_keepalives_count=6"
)
_CONNECT_SECONDS = 10
_COMMIT_SECONDS = 10
_WRITING = (
    "select backend_xid::text from pg_stat_activity"
    " where datname = current_database() and backend_xid is not null"
)


@dataclass(frozen=True)
class _PostgresTableLock(TableLock):
    """A table's lock, which goes with its connection, and the catalog's clock."""

    connection: psycopg.Connection
    translate_errors: Callable[[], AbstractContextManager[None]]
    covers_all_tables = False

    def now(self) -> datetime:
        with self.translate_errors():
            found = self.connection.execute("select clock_timestamp()").fetchone()
        assert found is not None  # noqa: S101 - a select without a table returns one row
        now: datetime = found[0]
        return now.astimezone(UTC)

    def check_held(self) -> None:
        with self.translate_errors():
            self.connection.execute("select 1")


class PostgresLocks:
    """The locks of a lake: one exclusive, or many shared, of which one lands in each table."""

    def __init__(self, settings: LakeSettings, name: str) -> None:
        self._settings, self._name = settings, name

    @contextmanager
    def exclusive(self, log: Log, timeout_seconds: float) -> Iterator[None]:
        """Wait for all other holders, and keep others out."""
        with self._connected() as connection:
            self._acquire(connection, "pg_advisory_lock", _WAREHOUSE, log, timeout_seconds)
            self._wait_for_commits(connection)
            yield

    @contextmanager
    def shared(self, log: Log, timeout_seconds: float) -> Iterator[None]:
        """Wait for an exclusive holder."""
        with self._connected() as connection:
            self._acquire(connection, "pg_advisory_lock_shared", _WAREHOUSE, log, timeout_seconds)
            yield

    @contextmanager
    def table_lock(self, table: str, log: Log, timeout_seconds: float) -> Iterator[TableLock]:
        """Wait for an exclusive holder, then for another process that lands in that table."""
        with self._connected() as connection:
            self._acquire(connection, "pg_advisory_lock_shared", _WAREHOUSE, log, timeout_seconds)
            key = f"{_WAREHOUSE}.raw.{table}"
            self._acquire(connection, "pg_advisory_lock", key, log, timeout_seconds)
            self._wait_for_commits(connection)
            yield _PostgresTableLock(connection, self._translate_errors)

    @contextmanager
    def _connected(self) -> Iterator[psycopg.Connection]:
        known = self._settings
        with self._translate_errors():
            connection = psycopg.connect(
                host=known.lake_host,
                port=known.lake_port,
                dbname=known.lake_database,
                user=known.lake_user,
                password=known.lake_password.get_secret_value(),
                options=_NOTICE_THE_DEAD,
                connect_timeout=_CONNECT_SECONDS,
                application_name="mews_pipeline lock",
                autocommit=True,
            )
        try:
            yield connection
        finally:
            connection.close()

    def _acquire(
        self, connection: psycopg.Connection, lock: str, key: str, log: Log, patience: float
    ) -> None:
        with self._translate_errors():
            if not self._acquired(connection, lock, key, QUIET_SECONDS):
                log(f"Waiting for {self._name}: another step or command is using it.")
                if not self._acquired(connection, lock, key, patience):
                    raise in_use_error(self._name, patience)

    def _acquired(
        self, connection: psycopg.Connection, lock: str, key: str, timeout_seconds: float
    ) -> bool:
        # 0 would wait for ever
        milliseconds = max(1, round(timeout_seconds * 1000))
        connection.execute(f"set lock_timeout = {milliseconds}")
        try:
            connection.execute(f"select {lock}(hashtextextended(%s, 0))", [key])
        except psycopg.errors.LockNotAvailable:
            return False
        return True

    def _wait_for_commits(self, connection: psycopg.Connection) -> None:
        """Wait for the catalog's writers: one may be a process that was killed at its commit.

        Its lock was released with it, but the commit that it sent becomes visible a moment later. A
        machine that died silently leaves a transaction that will never commit, so the wait is no
        longer than a commit may take.
        """
        end = time.monotonic() + _COMMIT_SECONDS
        with self._translate_errors():
            before = set(connection.execute(_WRITING).fetchall())
            while before & set(connection.execute(_WRITING).fetchall()) and time.monotonic() < end:
                time.sleep(0.01)

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise PostgreSQL's errors about the catalog as WarehouseError."""
        try:
            yield
        except psycopg.OperationalError as error:
            raise WarehouseError(
                f"The catalog of {self._name} cannot be reached, or was lost on the way; nothing "
                "was landed. Look whether PostgreSQL runs and MEWS_LAKE_HOST, MEWS_LAKE_PORT, "
                "MEWS_LAKE_DATABASE, MEWS_LAKE_USER and MEWS_LAKE_PASSWORD are right. "
                f"It says: {str(error).strip().splitlines()[0]}",
                is_worth_retrying=True,
            ) from None
