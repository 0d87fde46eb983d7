"""Forget persons in the warehouse: every version of every record that ever named one of them.

One transaction adds the persons to the list that each landing is compared with, erases what has
landed and begins a row in `raw.erasures`. Then the warehouse is compacted, and the row finished.
What was stopped in between is done by the next call.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from mews_pipeline.extract.entities import ENTITIES, Entity
from mews_pipeline.settings import LocalSettings
from mews_pipeline.warehouse.base import Log, Warehouse
from mews_pipeline.warehouse.compact import compact
from mews_pipeline.warehouse.erasures import Erasure, finish, is_unfinished, record_erasure
from mews_pipeline.warehouse.personal import (
    are_forgotten,
    erase,
    remember_forgotten,
    stored_ids,
)
from mews_pipeline.warehouse.personal_policy import policy_of, stored
from mews_pipeline.warehouse.raw import transaction

_PERSONS, _RECORDS = "persons_to_forget", "records_to_forget"


@dataclass(frozen=True)
class Found:
    """How much of some persons the warehouse holds; `forgotten` counts those forgotten before.

    `is_unfinished` says that an earlier forgetting was stopped before it had compacted.
    """

    persons: int
    forgotten: int
    records: int
    versions: int
    is_unfinished: bool


def find(
    warehouse: Warehouse, settings: LocalSettings, ids: Collection[str], log: Log = print
) -> Found:
    """Return how much of these persons the warehouse holds, and change nothing.

    Raises SettingsError where the hashes of the warehouse need another key, and WarehouseError.
    """
    with warehouse.open(log) as connection, _persons(connection, settings, ids):
        counts = [_counted(connection, entity) for entity in _entities()]
        return _found(connection, ids, counts)


def forget(
    warehouse: Warehouse, settings: LocalSettings, ids: Collection[str], log: Log = print
) -> Found:
    """Erase these persons from the warehouse, and return how much was erased.

    Ids that are in no record are remembered all the same. Takes the exclusive lock twice: to erase
    and to compact. Raises SettingsError and WarehouseError.
    """
    with (
        warehouse.lock(log),
        warehouse.connect() as connection,
        _persons(connection, settings, ids),
        transaction(connection),
    ):
        counts = [(_records(connection, each), _erased(connection, each)) for each in _entities()]
        found = _found(connection, ids, counts)
        now = datetime.now(UTC)
        remember_forgotten(connection, ids, now)
        if found.versions or found.forgotten < found.persons:
            erasure = Erasure("forget", now, found.versions, found.records, found.persons)
            record_erasure(connection, erasure)
    if found.versions or found.is_unfinished:
        log("Writing the warehouse without what was erased")
        compact(warehouse, log)
    _finish(warehouse, log)
    return found


def _entities() -> Iterator[Entity]:
    return (entity for entity in ENTITIES.values() if entity.person_columns)


@contextmanager
def _persons(
    connection: duckdb.DuckDBPyConnection, settings: LocalSettings, ids: Collection[str]
) -> Iterator[None]:
    """Keep the forms in which persons may be stored in a temporary table while the block runs."""
    forms = stored_ids(ids, policy_of(settings, stored(connection)))
    connection.execute(
        f"create or replace temp table {_PERSONS} as select unnest(?::varchar[]) as id", [forms]
    )
    yield
    for table in (_PERSONS, _RECORDS):
        connection.execute(f"drop table if exists temp.{table}")


def _names_a_person(columns: Collection[str]) -> str:
    """Return the condition of rows that name one of the persons in these columns.

    The empty text keeps a lake from deciding by the column's recorded bounds, which may be wrong
    (lake_statistics.py): here every row must be found.
    """
    return (
        " or ".join(f"{name} || '' in (select id from temp.{_PERSONS})" for name in columns)
        or "false"
    )


def _records(connection: duckdb.DuckDBPyConnection, entity: Entity) -> int:
    """Keep the ids of records that ever named one of the persons as a guest; count them."""
    connection.execute(
        f"create or replace temp table {_RECORDS} as select distinct id from raw.{entity.table}"
        f" where {_names_a_person(entity.guest_columns)}"
    )
    return _number(connection, f"select count(*) from temp.{_RECORDS}")


def _counted(connection: duckdb.DuckDBPyConnection, entity: Entity) -> tuple[int, int]:
    records = _records(connection, entity)
    return records, _number(
        connection,
        f"select count(*) from raw.{entity.table} where id in (select id from temp.{_RECORDS})"
        f" or {_names_a_person(entity.person_columns)}",
    )


def _erased(connection: duckdb.DuckDBPyConnection, entity: Entity) -> int:
    """Erase all versions of the kept records, and the persons' own ids anywhere else.

    A guest who books online is also the profile that created or changed records of others.
    """
    erased = erase(connection, entity, f"id in (select id from temp.{_RECORDS})")
    for name in set(entity.person_columns) - set(entity.guest_columns):
        erased += _number(
            connection,
            f"update raw.{entity.table} set {name} = null where {_names_a_person([name])}",
        )
    return erased


def _found(
    connection: duckdb.DuckDBPyConnection,
    ids: Collection[str],
    counts: Collection[tuple[int, int]],
) -> Found:
    return Found(
        persons=len(set(ids)),
        forgotten=len(are_forgotten(connection, set(ids))),
        records=sum(records for records, _ in counts),
        versions=sum(versions for _, versions in counts),
        is_unfinished=is_unfinished(connection, "forget"),
    )


def _finish(warehouse: Warehouse, log: Log) -> None:
    """Finish the rows of all forgettings, those that were stopped before included."""
    with warehouse.lock(log), warehouse.connect() as connection:
        finish(connection, "forget")


def _number(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    found = connection.execute(statement).fetchone()
    return int(found[0]) if found else 0
