"""The SQL of the night rule, compared with a brute force in Python over its own calendar."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

MACROS = Path(__file__).parents[2] / "dbt_project" / "macros"
# Both sides of UTC, with and without DST, whole, half and three-quarter hours, half-hour DST
ZONES = [
    "UTC",
    "Europe/Prague",
    "America/New_York",
    "America/Phoenix",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
    "Pacific/Honolulu",
]


@dataclass(frozen=True)
class Stay:
    """A planned stay and the service that it is at."""

    start: datetime
    end: datetime
    zone: str
    occupancy_start: timedelta
    occupancy_end: timedelta


def _macros(file: str) -> Any:
    return jinja2.Environment(autoescape=False).from_string((MACROS / file).read_text()).module  # noqa: S701


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    )
    connection.execute("set timezone = 'UTC'")
    return connection


def _nights_by_sql(connection: duckdb.DuckDBPyConnection, stay: Stay) -> list[date]:
    nights = _macros("nights.sql")
    first = nights.first_night("$start", "$zone", "$occupancy_end")
    count = nights.night_count("$start", "$end", "$zone", "$occupancy_start", "$occupancy_end")
    found = connection.execute(f"select {first}, {count}", stay.__dict__).fetchone()
    assert found is not None
    return [found[0] + timedelta(days=n) for n in range(found[1])]


def _nights_by_hand(stay: Stay) -> list[date]:
    """Every local day whose occupancy period the stay overlaps, each asked by itself."""
    zone = ZoneInfo(stay.zone)
    start = stay.start.astimezone(zone).replace(tzinfo=None)
    end = stay.end.astimezone(zone).replace(tzinfo=None)
    if stay.end <= stay.start:
        return []
    midnight = datetime(start.year, start.month, start.day) - timedelta(days=4)  # noqa: DTZ001
    days = [midnight + timedelta(days=n) for n in range((end - start).days + 10)]
    return [
        day.date()
        for day in days
        if start < day + timedelta(days=1) + stay.occupancy_end and end > day + stay.occupancy_start
    ]


seconds = st.integers(
    int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2030, 1, 1, tzinfo=UTC).timestamp()),
)
quarters = st.integers(-48, 96).map(lambda n: timedelta(minutes=15 * n))
# Offsets and lengths in quarters of an hour, so that ends meet the period's edges now and then
stays = st.builds(
    lambda start, length, zone, occupancy_start, occupancy_end: Stay(
        start, start + length, zone, occupancy_start, occupancy_end
    ),
    (seconds | seconds.map(lambda n: n - n % 900)).map(lambda n: datetime.fromtimestamp(n, UTC)),
    st.integers(-8, 96 * 9).map(lambda n: timedelta(minutes=15 * n)),
    st.sampled_from(ZONES),
    quarters,
    quarters,
)


@given(stay=stays)
@settings(max_examples=600, deadline=None)
def test_nights_are_those_whose_occupancy_period_the_stay_overlaps(
    connection: duckdb.DuckDBPyConnection, stay: Stay
) -> None:
    assert _nights_by_sql(connection, stay) == _nights_by_hand(stay)


@pytest.mark.parametrize(
    ("zone", "start", "end", "nights"),
    [
        # 2026-03-29 02:00 the clocks of Prague go forward, 2026-11-01 02:00 New York's back
        ("Europe/Prague", "2026-03-28T14:00", "2026-03-29T10:00", 1),
        ("Europe/Prague", "2026-10-24T13:00", "2026-10-25T11:00", 1),
        ("America/New_York", "2026-10-31T19:00", "2026-11-02T17:00", 2),
    ],
)
def test_a_change_of_the_clocks_moves_no_night(
    connection: duckdb.DuckDBPyConnection, zone: str, start: str, end: str, nights: int
) -> None:
    stay = Stay(
        datetime.fromisoformat(start).replace(tzinfo=UTC),
        datetime.fromisoformat(end).replace(tzinfo=UTC),
        zone,
        timedelta(hours=15),
        timedelta(hours=12),
    )

    assert len(_nights_by_sql(connection, stay)) == nights


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("P0M0DT15H0M0S", 15),
        ("P3DT4H", 76),
        ("-PT7H", -7),
        ("P0M0DT-7H0M0S", -7),
        ("P0M-1DT17H0M0S", -7),
        ("PT90M", 1.5),
        ("PT0.5S", 0.5 / 3600),
        ("P1W", 168),
        ("PT0S", 0),
        ("P", None),
        ("15:00:00", None),
        ("", None),
    ],
)
def test_iso_durations_are_read_and_other_texts_are_not(
    connection: duckdb.DuckDBPyConnection, text: str, hours: float | None
) -> None:
    expression = _macros("iso_duration.sql").iso_duration("said")
    found = connection.execute(
        f"""
        select date_diff('millisecond', date '2026-01-10', date '2026-01-10' + ({expression}))
        from (select cast($text as varchar) as said)
        """,
        {"text": text},
    ).fetchone()

    assert found == (None if hours is None else round(hours * 3_600_000),)
