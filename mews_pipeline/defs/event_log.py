"""Dagster's event log in SQLite with connections that stay open, for runs with many events.

Dagster's own makes an engine for each event and each of its two files: SQL is compiled again, and
closing the last connection to a file writes its whole log back and waits for the disk.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dagster as dg
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine, event


class OpenSqliteEventLogStorage(SqliteEventLogStorage):
    """The same files, each opened once. For a process of few runs: no file is closed before it."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        self._engines: dict[str, Engine] = {}
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Any
    ) -> "OpenSqliteEventLogStorage":
        """Create the storage, as Dagster does from the class's name."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            if shard not in self._engines:
                self._engines[shard] = engine = _engine(self.conn_string_for_shard(shard))
                self._initdb(engine)
            with self._engines[shard].begin() as connection:
                yield connection

    def dispose(self) -> None:
        """Close the files."""
        for engine in self._engines.values():
            engine.dispose()
        super().dispose()


@contextmanager
def open_instance() -> Iterator[dg.DagsterInstance]:
    """Yield the instance of DAGSTER_HOME; its event log is kept open if it is in SQLite."""
    with dg.DagsterInstance.get() as instance:
        ref = _with_open_files(instance)
    with dg.DagsterInstance.from_ref(ref) as instance:
        yield instance


def _with_open_files(instance: dg.DagsterInstance) -> InstanceRef:
    events, mine = instance.event_log_storage, OpenSqliteEventLogStorage
    if type(events) is not SqliteEventLogStorage:
        return instance.get_ref()
    base = str(Path(events.path_for_shard("")).parent)
    storage = {"module": mine.__module__, "class": mine.__name__, "config": {"base_dir": base}}
    overrides = {"event_log_storage": storage}
    try:
        return InstanceRef.from_dir(instance.root_directory, overrides=overrides)
    except dg.DagsterInvalidConfigError:
        # Its dagster.yaml names a storage for everything, which excludes one for events alone
        return instance.get_ref()


def _engine(address: str) -> Engine:
    engine = create_engine(address, connect_args={"timeout": SQLITE_BUSY_TIMEOUT_SECONDS})
    event.listen(engine, "connect", _wait_for_no_disk)
    return engine


def _wait_for_no_disk(connection: Any, _: object) -> None:
    # With its write-ahead log, a crash of the machine loses the last events and breaks no file
    connection.execute("pragma synchronous = normal")
