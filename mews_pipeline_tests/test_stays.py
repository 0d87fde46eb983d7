"""Bookings that nobody touched since the first window are fetched once, by when they hold."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from mews_pipeline.extract import stays
from mews_pipeline.extract.entities import REFERENCE, RESERVATIONS
from mews_pipeline.mews.intervals import Interval, is_too_long
from mews_pipeline.sandbox import access_tokens
from mews_pipeline_tests.test_ingest import NOW, Hotels, hotels, world

__all__ = ["hotels", "world"]

MARCH = [date(2025, 3, 15) + timedelta(n) for n in range(28)]
BY_STAY = "operation = 'reservations_by_stay'"
RESERVATIONS_PATH = "reservations/getAll/2023-06-06"


def future_books(hotels: Hotels) -> set[str]:
    return {
        record["Id"]
        for record in hotels.world.as_of("reservations", NOW)
        if datetime.fromisoformat(record["EndUtc"]) > NOW
    }


def landed_ids(hotels: Hotels) -> set[str]:
    return {name for (name,) in hotels.read("select distinct id from raw.reservations")}


def asked(hotels: Hotels) -> int:
    return sum(request.operation == RESERVATIONS_PATH for request in hotels.sandbox.log.requests)


def test_books_lack_what_nobody_touched_until_stays_are_fetched(hotels: Hotels) -> None:
    hotels.days(MARCH, [RESERVATIONS])
    missing = future_books(hotels) - landed_ids(hotels)
    assert missing

    reports = hotels.update("reference").reference()

    assert future_books(hotels) <= landed_ids(hotels)
    assert {name: report.errors for name, report in reports.items()} == {
        entity.table: [] for entity in REFERENCE
    }
    versions = hotels.landed()
    assert len(versions) == len(set(versions))


def test_stays_are_fetched_once_per_property_and_recorded_without_a_window(
    hotels: Hotels,
) -> None:
    hotels.update("first").reference()
    requests = asked(hotels)
    hotels.update("second").reference()
    # The same properties, another token
    hotels.settings = {"access_tokens": list(access_tokens(hotels.world).values())}
    hotels.update("third").reference()

    assert asked(hotels) == requests
    bounds = hotels.read(
        "select min(stays_start_utc), max(stays_end_utc), count(window_start_utc), count(*)"
        f" from raw.fetches where {BY_STAY}"
    )
    start, end, windowed, windows = bounds[0]
    assert start.astimezone(UTC) == NOW - timedelta(days=8)
    assert end.astimezone(UTC) == NOW + timedelta(days=730)
    assert (windowed, windows) == (0, 9)


def test_a_fetch_of_stays_that_was_interrupted_goes_on_where_it_stopped(hotels: Hotels) -> None:
    hotels.update("whole").reference()
    whole = asked(hotels)
    hotels.read(
        f"delete from raw.fetches where {BY_STAY} and stays_start_utc >= timestamptz"
        " '2026-01-01 00:00:00+00' returning 1"
    )
    hotels.clock.set(NOW + timedelta(hours=1))
    hotels.update("again").reference()

    assert 0 < asked(hotels) - whole < whole
    ((windows, bounds),) = hotels.read(
        f"select count(*), count(distinct stays_start_utc) from raw.fetches where {BY_STAY}"
    )
    assert (windows, bounds) == (9, 9)


def test_no_window_of_stays_is_longer_than_three_months() -> None:
    windows = stays.missing([], NOW)
    assert not [w for w in windows if is_too_long(Interval(w.start, w.end))]
    assert all(one.end >= other.start for one, other in pairwise(windows))


@pytest.mark.parametrize("landed", [1, 3, 9])
def test_what_landed_is_not_missing(landed: int) -> None:
    every = stays.missing([], NOW)
    later = NOW + timedelta(days=40)
    assert stays.missing(every[:landed], later) == every[landed:]


def test_stays_of_some_services_are_fetched_once_and_again_when_more_are_wanted(
    hotels: Hotels,
) -> None:
    services = [service["Id"] for service in hotels.world.as_of("services", NOW)]
    hotels.settings = {"service_ids": services[:2]}
    hotels.update("some").reference()
    requests = asked(hotels)
    hotels.update("some again").reference()
    assert asked(hotels) == requests

    hotels.settings = {}
    hotels.update("all").reference()
    assert asked(hotels) > requests
    assert future_books(hotels) <= landed_ids(hotels)
