"""The marts against the sandbox's own truth, told by brute force without a line of our SQL."""

import os
import random
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from mews_pipeline.extract.windows import Window
from mews_pipeline.sandbox import World, simulate
from mews_pipeline_tests.support.built_marts import (
    LONG_AGO,
    MODELS_ALONE,
    MODELS_AND_DATA_TESTS,
    Record,
    at_midnight,
    connect,
    land_as_of,
    land_every_version,
)
from mews_pipeline_tests.support.dbt import built

START = date(2026, 9, 1)
FIRST_DAY = START - timedelta(days=30)
DEFINITE = {"Confirmed", "Started", "Processed"}

Cell = tuple[str, str, date]

# test_truth.py does the like for a polled warehouse; this one sees every version, late ones too
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(seed=4, start=START, end=START + timedelta(days=21), properties=3, scale=0.5)


@pytest.fixture(scope="module")
def now(world: World) -> datetime:
    return at_midnight(world.days.end) + timedelta(hours=9)


@pytest.fixture(scope="module")
def warehouse(world: World, now: datetime, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built twice: from a fetch half way, then, incrementally, from every version ever made."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "marts"
    path = folder / "warehouse.duckdb"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            (folder / "pages").mkdir(parents=True)
            half_way = at_midnight(START + timedelta(days=10))
            with connect(path) as connection:
                land_as_of(connection, folder / "pages", world, Window(LONG_AGO, half_way))
            built(path, FIRST_DAY, *MODELS_ALONE)
            with connect(path) as connection:
                land_every_version(connection, folder / "pages", world, Window(LONG_AGO, now))
            built(path, FIRST_DAY, *MODELS_AND_DATA_TESTS)
    return path


def _local_day(world: World, record: Record, field: str) -> date:
    prop, _ = world.category(record["RequestedResourceCategoryId"])
    return prop.day_of(datetime.fromisoformat(record[field]))


def _held(world: World, as_of: datetime) -> dict[Cell, Counter[str]]:
    """Count what each cell holds by the simulator's own expansion of every stay."""
    cells: defaultdict[Cell, Counter[str]] = defaultdict(Counter)
    for night in world.occupied_nights(as_of):
        cell = cells[night.service_id, night.requested_category_id, night.stay_date]
        cell[f"rooms_{'occupied' if night.bucket == 'definite' else night.bucket}"] += 1
        if night.bucket == "definite":
            cell["guests"] += night.persons
            cell["guests_adults"] += night.adults
            cell["guests_children"] += night.children
            stayed = night.assigned_category_id or night.requested_category_id
            cells[night.service_id, stayed, night.stay_date]["rooms_occupied_stayed"] += 1
    return cells


def _movements(world: World, as_of: datetime) -> dict[Cell, Counter[str]]:
    """Arrivals, departures, day use and stay-overs of every definite reservation."""
    nights: defaultdict[str, set[date]] = defaultdict(set)
    for night in world.occupied_nights(as_of):
        nights[night.reservation_id].add(night.stay_date)
    cells: defaultdict[Cell, Counter[str]] = defaultdict(Counter)
    for record in world.as_of("reservations", as_of):
        if record["State"] not in DEFINITE:
            continue
        category = record["ServiceId"], record["RequestedResourceCategoryId"]
        arrival = _local_day(world, record, "ScheduledStartUtc")
        departure = _local_day(world, record, "ScheduledEndUtc")
        cells[*category, arrival]["arrivals"] += 1
        cells[*category, departure]["departures"] += 1
        cells[*category, arrival]["day_use"] += arrival == departure
        for day in nights[record["Id"]]:
            stays_over = day - timedelta(days=1) in nights[record["Id"]] and day != departure
            cells[*category, day]["stay_overs"] += stays_over
    return cells


MEASURES = (
    "rooms_occupied", "rooms_optional", "rooms_pipeline", "rooms_occupied_stayed", "guests",
    "guests_adults", "guests_children", "arrivals", "departures", "day_use", "stay_overs",
)  # fmt: skip


def _rows(warehouse: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(query, values).fetchall()


def test_every_cell_of_occupancy_is_what_the_hotels_truly_held(
    warehouse: Path, world: World, now: datetime
) -> None:
    truth: defaultdict[Cell, Counter[str]] = defaultdict(Counter)
    for cells in (_held(world, now), _movements(world, now)):
        for key, counts in cells.items():
            truth[key].update(counts)
    columns = ", ".join(MEASURES)

    reported = {
        (service, category, day): dict(zip(MEASURES, counts, strict=True))
        for service, category, day, *counts in _rows(
            warehouse,
            f"select service_id, resource_category_id, stay_date, {columns}"
            " from marts.fct_occupancy_daily",
        )
    }

    held = {key for key, counts in truth.items() if any(counts.values()) and key[2] >= FIRST_DAY}
    assert held <= reported.keys()
    for key, found in reported.items():
        assert found == {measure: truth[key][measure] for measure in MEASURES}, key


def test_capacity_is_what_could_be_known_of_the_hotels_spaces(
    warehouse: Path, world: World, now: datetime
) -> None:
    seen = at_midnight(START + timedelta(days=10))
    rows = _rows(
        warehouse,
        "select service_id, resource_category_id, stay_date,"
        " spaces_active, spaces_out_of_order, spaces_house_use from marts.fct_occupancy_daily"
        " where stay_date between ? and ?",
        FIRST_DAY,
        START + timedelta(days=60),
    )

    assert rows
    for service, category, day, *spaces in rows:
        assert tuple(spaces) == world.spaces(service, category, day, now, [seen]), (category, day)


@pytest.mark.parametrize("number", range(5))
def test_the_books_as_of_any_instant_are_what_was_held_then(
    warehouse: Path, world: World, now: datetime, number: int
) -> None:
    begin = at_midnight(START)
    instant = begin + (now - begin) * random.Random(number).random()  # noqa: S311
    truth = {
        key: (counts["rooms_occupied"], counts["guests"])
        for key, counts in _held(world, instant).items()
        if counts["rooms_occupied"]
    }

    books = {
        (service, category, day): (rooms, guests)
        for service, category, day, rooms, guests in _rows(
            warehouse, "select * from marts.on_the_books(?)", instant
        )
    }

    assert books == truth
