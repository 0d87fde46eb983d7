"""analytics.duckdb: a copy of the marts, replaced without disturbing readers of the old copy."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from mews_pipeline.errors import PipelineError
from mews_pipeline.files import publish_file, published_folder
from mews_pipeline.publish.about import create_about
from mews_pipeline.publish.marts import MARTS, attached, copy_macros, copy_mart, marts
from mews_pipeline.warehouse.base import Warehouse
from mews_pipeline.warehouse.file import create_private_database

_WRITABLE = 0o222
_NEEDED = {"fct_occupancy_daily", "fct_room_night_ledger", "rpt_freshness"}


class PublishError(PipelineError):
    """Nothing was published, and the old copy is untouched; the message says why and what to do."""


@dataclass(frozen=True)
class Published:
    """A published copy: the rows of each table, the instant it shows, the seconds it took."""

    path: Path
    rows: Mapping[str, int]
    as_of: datetime | None
    seconds: float


def publish(warehouse: Warehouse, analytics: Path, group: str | None = None) -> Published:
    """Copy the marts of the warehouse to `analytics`. The caller must hold the exclusive lock.

    Readers that have the old copy open keep reading it, readers that open it later see the new
    one, and a crash leaves the old one (docs/architecture.md, "DuckDB has one writer"). With a
    group, its members alone may read the copy. Raises PublishError, WarehouseError, GroupError,
    and OSError or duckdb.IOException if a file cannot be read or written.
    """
    began = time.monotonic()
    _refuse_foreign_file(analytics)
    published_folder(analytics.parent, group)
    _remove_leftovers(analytics)
    partial = analytics.with_name(f".{analytics.name}.{os.getpid()}.publishing")
    try:
        create_private_database(partial)
        rows, as_of = _write(warehouse, partial)
        publish_file(partial, group)
        _swap(partial, analytics)
    finally:
        partial.unlink(missing_ok=True)
    return Published(analytics, rows, as_of, time.monotonic() - began)


def _write(warehouse: Warehouse, partial: Path) -> tuple[dict[str, int], datetime | None]:
    with duckdb.connect(str(partial)) as connection:
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
            as_of = create_about(connection)
        connection.execute("checkpoint")
    return {name: count for name, count in rows.items() if count is not None}, as_of


def _swap(partial: Path, analytics: Path) -> None:
    with partial.open("rb") as written:
        os.fsync(written.fileno())
    # A program that opened the old copy to write may leave a .wal, which DuckDB would replay into
    # the new copy. Remove it before the swap, and once more after it for one written in between.
    wal = analytics.with_name(analytics.name + ".wal")
    wal.unlink(missing_ok=True)
    partial.replace(analytics)
    wal.unlink(missing_ok=True)
    folder = os.open(analytics.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _remove_leftovers(analytics: Path) -> None:
    """Remove the files of a killed publish; the warehouse lock guarantees that none is running."""
    for leftover in analytics.parent.glob(f".{analytics.name}.*.publishing*"):
        leftover.unlink(missing_ok=True)


def _refuse_foreign_file(analytics: Path) -> None:
    if analytics.exists() and not _is_a_copy(analytics):
        raise PublishError(
            f"MEWS_ANALYTICS {analytics} is a file that was not published by this pipeline, and "
            "was left as it is. Name another path, or move that file away."
        )


def _is_a_copy(analytics: Path) -> bool:
    """Recognise a published file: it is read-only, or was made writable and has a table `about`."""
    if not analytics.stat().st_mode & _WRITABLE:
        return True
    try:
        with duckdb.connect(str(analytics), read_only=True) as connection:
            about = "select 1 from duckdb_tables() where schema_name = 'main' and table_name = ?"
            return bool(connection.execute(about, ["about"]).fetchall())
    except duckdb.Error:
        return False
