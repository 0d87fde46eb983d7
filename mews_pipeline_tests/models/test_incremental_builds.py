"""A warehouse built refresh by refresh holds what one built at once from the same raw data does."""

from copy import deepcopy
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.extract.windows import Window
from mews_pipeline.sandbox import World, simulate
from mews_pipeline_tests.support.built_marts import (
    LONG_AGO,
    MODELS_ALONE,
    at_midnight,
    connect,
    land,
    land_as_of,
    land_every_version,
)
from mews_pipeline_tests.support.dbt import built

START = date(2026, 8, 1)


def _marts(warehouse: Path) -> list[str]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
    return [name for (name,) in tables]


def _differing(one: Path, other: Path) -> list[str]:
    """Name the marts of which the two warehouses do not hold the same rows."""
    differing = []
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        for table in _marts(one):
            left, right = f"from one.marts.{table}", f"from other.marts.{table}"
            rows = connection.execute(
                f"({left} except all {right}) union all ({right} except all {left}) limit 1"
            ).fetchall()
            if rows:
                differing.append(table)
    return differing


def _run(folder: Path, name: str) -> Path:
    """Make the folder in which a run keeps its pages."""
    (folder / name).mkdir()
    return folder / name


def _build(warehouse: Path, *arguments: str) -> None:
    """Build as if each run had ended with its window, since the world lives by another clock."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update raw.fetches set finished_utc = fetched_through_utc")
    built(warehouse, START, *arguments)


def _late(warehouse: Path) -> int:
    """Count the nights of which something came late."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(
            "from marts.rpt_late_knowledge where cause = 'seen_late'"
        ).fetchall()
    return len(found)


def _built_in_full(warehouse: Path, start: date = START) -> Path:
    """Copy the warehouse and build all its models from nothing."""
    full = warehouse.parent / "full" / warehouse.name
    full.parent.mkdir(exist_ok=True)
    full.write_bytes(warehouse.read_bytes())
    built(full, start, *MODELS_ALONE, "--full-refresh")
    return full


@pytest.mark.slow
def test_sixty_days_and_refreshes_of_two_weeks_give_what_a_full_build_gives(
    tmp_path: Path,
) -> None:
    # After one day, two or three, over the ends of weeks and of a month
    looks = [60, 61, 62, 64, 67, 68, 71, 74]
    world = simulate(seed=1, start=START, end=START + timedelta(days=looks[-1]), scale=0.2)
    refreshed = tmp_path / "warehouse.duckdb"
    looked = LONG_AGO
    for day in looks:
        look = at_midnight(START + timedelta(days=day)) + timedelta(hours=9, minutes=30)
        with connect(refreshed) as connection:
            land_as_of(connection, _run(tmp_path, f"run {day}"), world, Window(looked, look))
        _build(refreshed, *MODELS_ALONE)
        looked = look - timedelta(minutes=30)

    assert _differing(refreshed, _built_in_full(refreshed)) == []


def _services_a_day_later(world: World, look: datetime) -> list[dict[str, Any]]:
    """Give the services with the occupancy times of those to stay in moved a day later."""
    services = deepcopy(world.as_of("services", look))
    for told in (service["Data"]["Value"] for service in services if service["Name"] == "Stay"):
        for offset in ("OccupancyStartOffset", "OccupancyEndOffset"):
            told[offset] = told[offset].replace("P0M0D", "P0M1D")
    return services


@pytest.mark.slow
def test_what_comes_late_what_moves_all_nights_and_a_build_cut_short_are_all_counted(
    tmp_path: Path,
) -> None:
    world = simulate(seed=2, start=START, end=START + timedelta(days=9), scale=0.3)
    looks = [at_midnight(START + timedelta(days=days)) for days in (6, 7, 8, 9)]
    first, second, third = (_run(tmp_path, name) for name in ("first", "second", "third"))
    refreshed = tmp_path / "warehouse.duckdb"

    def landed(table: str, records: list[dict[str, Any]], look: datetime) -> None:
        with connect(refreshed) as connection:
            land(connection, first, table, records, Window(LONG_AGO, look))

    landed("reservations", world.as_of("reservations", looks[0]), looks[0])
    _build(refreshed, *MODELS_ALONE)
    landed("services", _services_a_day_later(world, looks[1]), looks[1])
    landed("enterprises", world.as_of("enterprises", looks[1]), looks[1])
    _build(refreshed, *MODELS_ALONE)
    with connect(refreshed) as connection:
        land_as_of(connection, second, world, Window(LONG_AGO, looks[2]))
    _build(refreshed, *MODELS_ALONE)
    with connect(refreshed) as connection:
        land_every_version(connection, third, world, Window(LONG_AGO, looks[3]))
    _build(refreshed, "build", "--select", "+fct_room_night_ledger", *MODELS_ALONE[1:])
    _build(refreshed, *MODELS_ALONE)
    assert _late(refreshed)
    # The first two runs go on, so their books are whole only now, and nothing came after them
    for run in (first, second):
        with connect(refreshed) as connection:
            last = Window(LONG_AGO, looks[3])
            land(connection, run, "reservations", world.as_of("reservations", looks[3]), last)
    _build(refreshed, *MODELS_ALONE)

    assert not _late(refreshed)
    assert _differing(refreshed, _built_in_full(refreshed)) == []
