"""analytics.duckdb: the marts as they are now, swapped in beside whoever reads the old ones."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from mews_pipeline.errors import PipelineError
from mews_pipeline.publish.about import create_about
from mews_pipeline.publish.marts import MARTS, attached, copy_macros, copy_mart, marts
from mews_pipeline.warehouse.base import Warehouse

_READ_ONLY = 0o444
_WRITABLE = 0o222
_NEEDED = {"fct_occupancy_daily", "fct_reservation_state_transitions", "fct_room_night_ledger"}


class PublishError(PipelineError):
    """Nothing was published; the message says why and what to do. What was there is untouched."""


@dataclass(frozen=True)
class Published:
    """What was published: rows of each table, the instant the numbers stand for, the seconds."""

    path: Path
    rows: Mapping[str, int]
    as_of: datetime | None
    seconds: float


def publish(warehouse: Warehouse, analytics: Path) -> Published:
    """Copy the marts of the warehouse to `analytics`, inside the caller's turn alone.

    Whoever has the old copy open goes on reading it, who opens it from now on sees the new one,
    and a crash leaves the old one (ARCHITECTURE.md, "DuckDB has one writer"). Raises PublishError,
    WarehouseError, and OSError or duckdb.IOException where a file cannot be read or written.
    """
    began = time.monotonic()
    _refuse_what_is_not_ours(analytics)
    analytics.parent.mkdir(parents=True, exist_ok=True)
    _remove_leftovers(analytics)
    beside = analytics.with_name(f".{analytics.name}.{os.getpid()}.publishing")
    try:
        rows, as_of = _write(warehouse, beside)
        _swap(beside, analytics)
    finally:
        beside.unlink(missing_ok=True)
    return Published(analytics, rows, as_of, time.monotonic() - began)


def _write(warehouse: Warehouse, beside: Path) -> tuple[dict[str, int], datetime | None]:
    with duckdb.connect(str(beside)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        with attached(connection, warehouse) as source:
            found = marts(connection, source)
            if not {mart.name for mart in found} >= _NEEDED:
                raise PublishError(
                    f"{warehouse.name} has no marts to publish. Build them first: the job "
                    "refresh, or dbt build in dbt_project."
                )
            connection.execute(f"create schema {MARTS}")
            rows = {mart.name: copy_mart(connection, source, mart) for mart in found}
            copy_macros(connection, source)
            as_of = create_about(connection, source)
        connection.execute("checkpoint")
    return {name: count for name, count in rows.items() if count is not None}, as_of


def _swap(beside: Path, analytics: Path) -> None:
    with beside.open("rb") as written:
        os.fsync(written.fileno())
    beside.chmod(_READ_ONLY)
    # A reader that opened the old copy read-write may leave a .wal, and whoever opens the new copy
    # would replay it: before the swap it must go, and after it once more for the moment between.
    wal = analytics.with_name(analytics.name + ".wal")
    wal.unlink(missing_ok=True)
    beside.replace(analytics)
    wal.unlink(missing_ok=True)
    folder = os.open(analytics.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove_leftovers(analytics: Path) -> None:
    """What a publishing that was killed has left; the warehouse lock says that none is at work."""
    for leftover in analytics.parent.glob(f".{analytics.name}.*.publishing*"):
        leftover.unlink(missing_ok=True)


def _refuse_what_is_not_ours(analytics: Path) -> None:
    if analytics.exists() and not _is_a_copy(analytics):
        raise PublishError(
            f"MEWS_ANALYTICS {analytics} is a file that was not published by this pipeline, and "
            "was left as it is. Name another path, or move that file away."
        )


def _is_a_copy(analytics: Path) -> bool:
    """What is published is read-only; of what somebody made writable, its `about` tells."""
    if not analytics.stat().st_mode & _WRITABLE:
        return True
    try:
        with duckdb.connect(str(analytics), read_only=True) as connection:
            about = "select 1 from duckdb_tables() where schema_name = 'main' and table_name = ?"
            return bool(connection.execute(about, ["about"]).fetchall())
    except duckdb.Error:
        return False
