"""What lands after a clock ran back is posted by the next refresh."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mews_pipeline.extract.windows import Window
from mews_pipeline.sandbox import simulate
from mews_pipeline.warehouse.base import TableLock
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline_tests.support.built_marts import (
    LONG_AGO,
    MODELS_ALONE,
    at_midnight,
    land_as_of,
)
from mews_pipeline_tests.support.dbt import built

START = date(2026, 8, 1)
# The day on which the clock is ahead
WRONG = 8


def _marts(address: str) -> dict[str, list[Any]]:
    """Read every row of every mart."""
    with warehouse_of(address).open() as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables()"
            " where schema_name = 'marts' and database_name = current_database()"
        ).fetchall()
        return {
            name: sorted(map(repr, connection.execute(f"select * from marts.{name}").fetchall()))
            for (name,) in tables
        }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "ahead", "looks"),
    [
        ("{}/warehouse.duckdb", timedelta(hours=2), (7, WRONG, 9)),
        ("{}/warehouse.duckdb", timedelta(days=2), (7, WRONG, 9)),
        # A lake takes five times as long: what went before the wrong clock is left out
        ("ducklake:{}/w.ducklake", timedelta(days=2), (WRONG, 9)),
    ],
    ids=["file, two hours", "file, two days", "lake, two days"],
)
def test_a_refresh_after_a_clock_ran_back_gives_what_a_full_build_gives(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    ahead: timedelta,
    looks: tuple[int, ...],
) -> None:
    address = address.format(tmp_path)
    world = simulate(seed=3, start=START, end=START + timedelta(days=9), scale=0.3)
    (tmp_path / "pages").mkdir()
    looked = LONG_AGO
    for day in looks:
        look = at_midnight(START + timedelta(days=day))
        shown = look + ahead if day == WRONG else look

        def clock(_: TableLock, now: datetime = shown) -> datetime:
            return now

        monkeypatch.setattr(TableLock, "now", clock)
        with warehouse_of(address).open() as connection:
            land_as_of(connection, tmp_path / "pages", world, Window(looked, look))
        _build(tmp_path, address)
        looked = look - timedelta(minutes=30)

    refreshed = _marts(address)
    _build(tmp_path, address, "--full-refresh")
    full = _marts(address)
    assert refreshed["fct_reservations"]
    assert refreshed["fct_revenue_ledger"]
    assert [name for name in full if full[name] != refreshed[name]] == []


def _build(folder: Path, address: str, *arguments: str) -> None:
    is_lake = address.startswith("ducklake:")
    built(
        folder / "warehouse.duckdb",
        START,
        *MODELS_ALONE,
        *arguments,
        address=address if is_lake else None,
    )
