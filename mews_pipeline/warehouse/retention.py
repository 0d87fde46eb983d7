"""Retention: the personal fields of stays that ended long ago leave the raw tables."""

from datetime import UTC, datetime

import duckdb

from mews_pipeline.extract.entities import ENTITIES, UPDATED, Entity
from mews_pipeline.warehouse.base import Log, Warehouse
from mews_pipeline.warehouse.compact import compact
from mews_pipeline.warehouse.erasures import Erasure, finish, is_unfinished, record_erasure
from mews_pipeline.warehouse.personal import erase
from mews_pipeline.warehouse.raw import transaction

# As of the latest version: a stay's end, or the last update where there is none
_STAYS = """
    select id, max_by(
        coalesce(actual_end_utc, scheduled_end_utc, end_utc, updated_utc),
        row(updated_utc, _landed_at)
    ) as ended from raw.reservations group by id"""
# The fields that may lead to a stay
_LINKS = ("LinkedReservationId", "ServiceOrderId")


def limit_personal(warehouse: Warehouse, days: int | None, log: Log = print) -> dict[str, int]:
    """Null what `erase_ended` finds, and leave no old bytes of it; return what changed.

    Compacts only where something was nulled, also by a call that was stopped before it had
    compacted. Takes the exclusive lock. Raises WarehouseError.
    """
    changed: dict[str, int] = {}
    with warehouse.lock(log), warehouse.connect() as connection:
        if days:
            changed = erase_ended(connection, days)
        has_old_bytes = is_unfinished(connection, "retention")
    if has_old_bytes:
        compact(warehouse, log)
        with warehouse.lock(log), warehouse.connect() as connection:
            finish(connection, "retention")
    return changed


def erase_ended(connection: duckdb.DuckDBPyConnection, days: int) -> dict[str, int]:
    """Null the personal fields of what ended more than so many days before the pipeline's now.

    Returns how many versions changed of each table. The caller holds the exclusive lock. What
    changed is recorded as an erasure that is finished once the old bytes are gone.
    """
    # The window that a fetch covers, never the clock: the same raw data give the same result
    now = "select max(least(fetched_through_utc, finished_utc)) from raw.fetches where operation in"
    tables = ", ".join(f"'{entity.table}'" for entity in UPDATED)
    before = f"({now} ({tables})) - interval {days} day"
    with transaction(connection):
        started = datetime.now(UTC)
        changed = {
            entity.table: erase(connection, entity, f"id in ({_ended(entity)} < {before})")
            for entity in ENTITIES.values()
            if entity.personal
        }
        if total := sum(changed.values()):
            record_erasure(connection, Erasure("retention", started, total))
    return changed


def _ended(entity: Entity) -> str:
    """Return the select of ids whose end is compared: a stay's, its link's, or the last update."""
    if "ScheduledEndUtc" in entity.fields:
        return f"select id from ({_STAYS}) where ended"
    known = "max(record.updated_utc)"
    if "UpdatedUtc" not in entity.fields:
        known = "max(record._landed_at)"
    joined = ""
    if link := next((name for name in _LINKS if name in entity.fields), None):
        column = entity.column_names[link]
        joined = f"left join ({_STAYS}) as stay on record.{column} = stay.id"
        known = (
            "coalesce(max_by(coalesce(stay.ended, record.updated_utc),"
            " row(record.updated_utc, record._landed_at)), max(record.updated_utc))"
        )
    return f"select record.id from raw.{entity.table} as record {joined} group by 1 having {known}"
