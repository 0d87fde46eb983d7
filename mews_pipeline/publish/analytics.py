"""analytics.duckdb: a copy of the marts, replaced without disturbing readers of the old copy."""

import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from mews_pipeline.errors import PipelineError
from mews_pipeline.files import private_file, publish_file, published_folder
from mews_pipeline.publish.about import create_about
from mews_pipeline.publish.made_from import CannotContinueError, remember
from mews_pipeline.publish.marts import attached, copy_all, count_rows, marts
from mews_pipeline.publish.touched import bring_up_to_date
from mews_pipeline.warehouse.base import Warehouse
from mews_pipeline.warehouse.file import bounded, create_private_database, replace_database

_WRITABLE = 0o222
_MEMORY = "1GB"
# Analysts may open the copy with any DuckDB 1.x
_STORAGE = "v1.0.0"
_NEEDED = {"fct_occupancy_daily", "fct_room_night_ledger", "rpt_freshness"}


class PublishError(PipelineError):
    """Nothing was published, and the old copy is untouched; the message says why and what to do."""


@dataclass(frozen=True)
class Published:
    """A published copy: the rows of each table, the instant it shows, the seconds it took.

    `in_full_because` says why everything was copied; it is None where only touched rows were.
    """

    path: Path
    rows: Mapping[str, int]
    as_of: datetime | None
    seconds: float
    in_full_because: str | None


def publish(
    warehouse: Warehouse, analytics: Path, group: str | None = None, *, in_full: bool = False
) -> Published:
    """Copy the marts of the warehouse to `analytics`. The caller must hold the exclusive lock.

    What was not touched since the last copy is taken from there, unless everything is asked for
    `in_full` or must be (docs/architecture.md, "Publishing"). Readers that have the old copy open
    keep reading it, readers that open it later see the new one, and a crash leaves the old one
    (docs/architecture.md, "DuckDB has one writer"). With a group, its members alone may read the
    copy. Raises PublishError, WarehouseError, GroupError, and OSError or duckdb.IOException if a
    file cannot be read or written.
    """
    began = time.monotonic()
    _refuse_foreign_file(analytics)
    published_folder(analytics.parent, group)
    _remove_leftovers(analytics)
    partial = analytics.with_name(f".{analytics.name}.{os.getpid()}.publishing")
    try:
        in_full_because = "it was asked for" if in_full else _why_not_continued(analytics)
        if not in_full_because:
            try:
                shutil.copyfile(analytics, private_file(partial))
                rows, as_of = _write(warehouse, partial, bring_up_to_date)
            except CannotContinueError as cannot:
                in_full_because = str(cannot)
        if in_full_because:
            _remove_leftovers(analytics)
            create_private_database(partial, _STORAGE)
            rows, as_of = _write(warehouse, partial, copy_all)
        publish_file(partial, group)
        replace_database(analytics, partial)
    finally:
        partial.unlink(missing_ok=True)
    return Published(analytics, rows, as_of, time.monotonic() - began, in_full_because)


def _why_not_continued(analytics: Path) -> str | None:
    """Say why the last copy is not a beginning of the next one; None if it may be."""
    if not analytics.exists():
        return "there was no copy yet"
    if analytics.stat().st_mode & _WRITABLE:
        return "somebody had made the last copy writable"
    return None


def _write(
    warehouse: Warehouse, partial: Path, fill: Callable[[duckdb.DuckDBPyConnection, str], None]
) -> tuple[dict[str, int], datetime | None]:
    """Fill the partial copy, and write what it says about itself. Return its rows and instant."""
    with duckdb.connect(str(partial), config=bounded(_MEMORY)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        with attached(connection, warehouse) as source:
            if not {mart.name for mart in marts(connection, source)} >= _NEEDED:
                raise PublishError(
                    f"{warehouse.name} has no marts to publish. Build them first: the job "
                    "refresh, or dbt build in dbt_project."
                )
            fill(connection, source)
            remember(connection, source)
            as_of = create_about(connection)
        connection.execute("checkpoint")
        return count_rows(connection), as_of


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
