"""Find ids of persons in Dagster's own records, and delete the runs that hold them.

The pipeline writes no such id there; a configuration that somebody typed, a tag or the message of
an error may have one. Never returns or logs an id of a person.
"""

import re
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import sqlalchemy
from dagster._core.storage.event_log.schema import (
    AssetCheckExecutionsTable,
    SqlEventLogStorageTable,
)
from dagster._core.storage.event_log.sql_event_log import SqlEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import SqliteEventLogStorage
from dagster._core.storage.local_compute_log_manager import LocalComputeLogManager
from dagster._core.storage.runs.schema import RunsTable, RunTagsTable
from dagster._core.storage.runs.sql_run_storage import SqlRunStorage

from mews_pipeline.errors import PipelineError

_ID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_ROWS_AT_ONCE = 500
_BYTES_AT_ONCE = 1 << 20
# More than an id has, so that one on the border of two pieces is found
_OVERLAP = 64


class RunRecordsError(PipelineError):
    """Dagster's records could not be searched or deleted; the message says why."""


@dataclass
class RunRecords:
    """Which runs name a person, and the other places under Dagster's home that do."""

    run_ids: set[str] = field(default_factory=set)
    others: set[str] = field(default_factory=set)


def find_runs(home: Path, ids: Collection[str]) -> RunRecords:
    """Search the runs, tags, event logs and local compute logs of the instance of this folder.

    Raises RunRecordsError.
    """
    wanted = {one.lower().encode() for one in ids}
    found = RunRecords()
    with _instance(home) as instance:
        for source, run_id, text in _records(instance, home):
            if _names(text, wanted):
                if run_id:
                    found.run_ids.add(run_id)
                else:
                    found.others.add(source)
        for run_id, file in _compute_logs(instance):
            if _file_names(file, wanted):
                found.run_ids.add(run_id)
    return found


def delete_runs(home: Path, run_ids: Iterable[str]) -> tuple[int, int]:
    """Delete those runs with their events and compute logs; return how many, and how many not.

    A run that is not over is left. SQLite keeps deleted rows in its files, which are rewritten.
    Raises RunRecordsError.
    """
    deleted = left = 0
    with _instance(home) as instance:
        for run_id in run_ids:
            run = instance.get_run_by_id(run_id)
            if run and not run.is_finished:
                left += 1
                continue
            remove_run(instance, run_id)
            deleted += 1
    for file in _sqlite_files(home):
        _vacuum(file)
    return deleted, left


def remove_run(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete a run that is over, with its events, evaluations of checks and local compute logs.

    The run itself goes after what it wrote, so that a removal that was stopped is done again.
    """
    remove_compute_logs(instance, run_id)
    events = instance.event_log_storage
    events.delete_events(run_id)
    if isinstance(events, SqlEventLogStorage):
        # Dagster leaves these rows, which are most of what a refresh records
        with events.index_connection() as connection:
            table = AssetCheckExecutionsTable
            connection.execute(table.delete().where(table.c.run_id == run_id))
    instance.run_storage.delete_run(run_id)
    # Only now: a storage that has known a run's file before fails without it
    if isinstance(events, SqliteEventLogStorage) and _ID.fullmatch(run_id.encode()):
        file = Path(events.path_for_shard(run_id))
        for part in (file, *(file.with_name(file.name + end) for end in ("-wal", "-shm"))):
            part.unlink(missing_ok=True)


def remove_compute_logs(instance: dg.DagsterInstance, run_id: str) -> None:
    """Delete the local compute logs of a run."""
    if isinstance(instance.compute_log_manager, LocalComputeLogManager):
        instance.compute_log_manager.delete_logs(prefix=[run_id])


@contextmanager
def _instance(home: Path) -> Iterator[dg.DagsterInstance]:
    try:
        with dg.DagsterInstance.from_config(str(home)) as instance:
            yield instance
    except (dg.DagsterError, sqlalchemy.exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        why = type(error).__name__
    else:
        return
    # Dropped, because the error may quote what it was reading
    raise RunRecordsError(
        f"Dagster's records in {home} cannot be searched ({why}). End what uses them, or look at "
        "dagster.yaml there, and run this again."
    )


def _records(
    instance: dg.DagsterInstance, home: Path
) -> Iterator[tuple[str, str | None, list[Any]]]:
    """Yield the rows of the instance's databases: the place, the run (if of one), the values."""
    for file in _sqlite_files(home):
        yield from _rows_of_file(file)
    # Those of an instance in PostgreSQL; in SQLite they are in the files
    if isinstance(instance.run_storage, SqlRunStorage) and not _is_local(instance.run_storage):
        for table in (RunsTable, RunTagsTable):
            yield from _rows_of_table(instance.run_storage.connect, table)
    events = instance.event_log_storage
    if isinstance(events, SqlEventLogStorage) and not _is_local(events):
        yield from _rows_of_table(events.index_connection, SqlEventLogStorageTable)


def _is_local(storage: object) -> bool:
    return "Sqlite" in type(storage).__name__


def _sqlite_files(home: Path) -> list[Path]:
    return sorted(
        file
        for folder in ("history", "schedules")
        for file in (home / folder).rglob("*.db")
        if file.is_file()
    )


def _rows_of_file(file: Path) -> Iterator[tuple[str, str | None, list[Any]]]:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        tables = connection.execute("select name from sqlite_master where type = 'table'")
        for (table,) in tables.fetchall():
            rows = connection.execute(f'select * from "{table}"')
            names = [name for name, *_ in rows.description]
            at = names.index("run_id") if "run_id" in names else None
            for row in rows:
                yield f"{file.name}, table {table}", None if at is None else row[at], list(row)


def _rows_of_table(
    connect: Callable[[], Any], table: sqlalchemy.Table
) -> Iterator[tuple[str, str | None, list[Any]]]:
    with connect() as connection:
        rows = connection.execution_options(stream_results=True, yield_per=_ROWS_AT_ONCE)
        for row in rows.execute(sqlalchemy.select(table)):
            yield f"table {table.name}", row.run_id, list(row)


def _compute_logs(instance: dg.DagsterInstance) -> Iterator[tuple[str, Path]]:
    """Yield the local compute logs with the run of each."""
    manager = instance.compute_log_manager
    if not isinstance(manager, LocalComputeLogManager):
        return
    base = Path(manager.get_captured_local_path(["base"], "out")).parent
    for file in base.glob("*/compute_logs/*"):
        if file.is_file():
            yield file.parts[-3], file


def _names(values: Iterable[Any], wanted: Collection[bytes]) -> bool:
    return any(
        found.lower() in wanted
        for value in values
        if isinstance(value, str | bytes)
        for found in _ID.findall(value if isinstance(value, bytes) else value.encode())
    )


def _file_names(file: Path, wanted: Collection[bytes]) -> bool:
    before = b""
    with file.open("rb") as opened:
        while piece := opened.read(_BYTES_AT_ONCE):
            if _names([before + piece], wanted):
                return True
            before = piece[-_OVERLAP:]
    return False


def _vacuum(file: Path) -> None:
    """Write a SQLite file again without deleted rows, and empty its log."""
    with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as connection:
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
