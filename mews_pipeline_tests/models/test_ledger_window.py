"""Nights are posted within a window of years, however its edges move."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.extract.entities import REFERENCE
from mews_pipeline.extract.windows import Window
from mews_pipeline.sandbox import simulate
from mews_pipeline_tests.models.test_incremental_builds import _built_in_full, _differing
from mews_pipeline_tests.support.built_marts import (
    LONG_AGO,
    MODELS_AND_DATA_TESTS,
    at_midnight,
    connect,
    land,
)
from mews_pipeline_tests.support.dbt import built

START = date(2025, 8, 1)
IN_AUGUST = at_midnight(START + timedelta(days=4))
NEXT_YEAR = datetime(2026, 1, 2, tzinfo=IN_AUGUST.tzinfo)


def _odd_stays(records: list[dict[str, Any]]) -> tuple[str, str]:
    """Give one confirmed stay no end, and let another one start in the year 1."""
    endless, ancient, *_ = [r for r in records if r["State"] == "Confirmed"]
    endless["ScheduledEndUtc"] = endless["EndUtc"] = "9999-12-31T11:00:00Z"
    ancient["ScheduledStartUtc"] = ancient["StartUtc"] = "0001-01-01T14:00:00Z"
    return endless["Id"], ancient["Id"]


def _nights(warehouse: Path, reservation_id: str) -> tuple[date, date]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found: tuple[date, date] | None = connection.execute(
            "select min(stay_date), max(stay_date) from marts.fct_room_night_ledger "
            "where reservation_id = ?",
            [reservation_id],
        ).fetchone()
    assert found
    return found


def _cut(warehouse: Path) -> set[str]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select reservation_id from marts.rpt_unplaced_reservations "
            "where problem = 'outside_window'"
        ).fetchall()
    return {name for (name,) in rows}


@pytest.mark.slow
def test_stays_without_an_end_are_cut_and_the_window_grows_each_year(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = simulate(seed=4, start=START, end=START + timedelta(days=5), scale=0.1)
    (tmp_path / "pages").mkdir()
    warehouse = tmp_path / "warehouse.duckdb"
    records = world.as_of("reservations", IN_AUGUST)
    endless, ancient = _odd_stays(records)

    def landed(table: str, rows: list[dict[str, Any]], look: datetime) -> None:
        with connect(warehouse) as connection:
            land(connection, tmp_path / "pages", table, rows, Window(LONG_AGO, look))

    for table in (entity.table for entity in REFERENCE):
        landed(table, world.as_of(table, IN_AUGUST), IN_AUGUST)
    landed("reservations", records, IN_AUGUST)
    built(warehouse, START, *MODELS_AND_DATA_TESTS)

    assert _nights(warehouse, endless)[1] == date(2028, 12, 31)
    assert _nights(warehouse, ancient)[0] == START - timedelta(days=366)
    assert _cut(warehouse) == {endless, ancient}

    landed("reservations", [], NEXT_YEAR)
    built(warehouse, START, *MODELS_AND_DATA_TESTS)

    assert _nights(warehouse, endless)[1] == date(2029, 12, 31)
    assert _differing(warehouse, _built_in_full(warehouse, START)) == []

    monkeypatch.setenv("MEWS_LEDGER_YEARS_AHEAD", "2")
    built(warehouse, START, *MODELS_AND_DATA_TESTS)

    assert _nights(warehouse, endless)[1] == date(2028, 12, 31)
    assert _differing(warehouse, _built_in_full(warehouse, START)) == []
