"""Copies made by touched rows from real builds hold what a copy made in full does."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.extract.windows import Window
from mews_pipeline.publish import publish
from mews_pipeline.sandbox import simulate
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.support.built_marts import (
    LONG_AGO,
    MODELS_ALONE,
    at_midnight,
    connect,
    land_as_of,
)
from mews_pipeline_tests.support.dbt import built

START = date(2026, 8, 1)


def differing(one: Path, other: Path) -> list[str]:
    """Name the tables and books of which two copies do not hold the same rows."""
    with duckdb.connect() as connection:
        connection.execute(
            f"attach '{one}' as one (read_only); attach '{other}' as other (read_only)"
        )
        found = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where database_name = 'one' and table_name not in ('about', 'made_from')"
        ).fetchall()
        return [
            table
            for (table,) in found
            if connection.execute(
                f"(from one.{table} except all from other.{table})"
                f" union all (from other.{table} except all from one.{table}) limit 1"
            ).fetchall()
        ]


@pytest.mark.slow
def test_a_copy_follows_builds_that_failed_were_not_published_or_were_full(tmp_path: Path) -> None:
    world = simulate(seed=3, start=START, end=START + timedelta(days=13), scale=0.3)
    warehouse, analytics = tmp_path / "warehouse.duckdb", tmp_path / "analytics.duckdb"
    (tmp_path / "pages").mkdir()

    def land(day: int) -> None:
        window = Window(LONG_AGO, at_midnight(START + timedelta(days=day)))
        with connect(warehouse) as connection:
            land_as_of(connection, tmp_path / "pages", world, window)

    def published() -> str | None:
        reason = publish(DuckDBFile(warehouse), analytics).in_full_because
        full = publish(DuckDBFile(warehouse), tmp_path / "full.duckdb", in_full=True).path
        assert differing(analytics, full) == []
        return reason

    land(6)
    built(warehouse, START, *MODELS_ALONE)
    assert published() == "there was no copy yet"
    reasons = []
    for day in (7, 9):
        land(day)
        built(warehouse, START, *MODELS_ALONE)
        land(day + 1)
        # It posts to the ledger alone, and the mark stays, so the next build posts the same again
        built(warehouse, START, "build", "--select", "+fct_room_night_ledger", *MODELS_ALONE[1:])
        reasons.append(published())
    # A young hotel sees the first change of a kind now and then
    assert None in reasons
    assert set(reasons) <= {None, "the ledger has a new reason"}
    built(warehouse, START, *MODELS_ALONE)
    assert published() is None
    for name in ("fct_revenue_ledger", "fct_revenue_daily", "rpt_performance_daily"):
        with duckdb.connect(str(analytics), read_only=True) as connection:
            assert connection.execute(f"from marts.{name} limit 1").fetchall()
    built(warehouse, START, *MODELS_ALONE, "--full-refresh")
    assert published() == "everything was built again, or rows were deleted"
