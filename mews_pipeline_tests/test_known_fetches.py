"""Later fetches use what earlier ones learned: how far, of which properties, what was refused."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from mews_pipeline.extract import spool
from mews_pipeline.extract.entities import PRODUCT_SERVICE_ORDERS, RESERVATIONS
from mews_pipeline.mews import responses
from mews_pipeline.sandbox import access_tokens
from mews_pipeline.warehouse import fetches
from mews_pipeline_tests.test_ingest import NOW, Hotels, Version, hotels, world

__all__ = ["hotels", "world"]

TODAY = date(2025, 3, 20)
MIDNIGHT = datetime(2025, 3, 20, tzinfo=UTC)
FORTY_FIVE_DAYS = [date(2025, 2, 1) + timedelta(n) for n in range(45)]


class Clocks:
    """The clocks of the server and of this machine, and by how much each is wrong."""

    def __init__(self, hotels: Hotels, monkeypatch: pytest.MonkeyPatch) -> None:
        self.hotels = hotels
        self.server_wrong = self.machine_wrong = timedelta(0)
        date_of = responses.server_time
        monkeypatch.setattr(
            responses, "server_time", lambda found: self._server_time(date_of, found)
        )
        monkeypatch.setattr(spool, "machine_clock", self._machine_clock)

    def _server_time(self, date_of: Any, response: httpx.Response) -> datetime:
        read: datetime = date_of(response)
        return read + self.server_wrong

    def _machine_clock(self) -> datetime:
        return self.hotels.clock.now() + self.machine_wrong


@pytest.fixture
def clocks(hotels: Hotels, monkeypatch: pytest.MonkeyPatch) -> Clocks:
    return Clocks(hotels, monkeypatch)


HOURS = [timedelta(hours=3), timedelta(hours=-3)]


@pytest.mark.parametrize("server_wrong", HOURS)
@pytest.mark.parametrize("machine_wrong", HOURS)
def test_no_update_is_missed_whichever_clock_is_wrong(
    hotels: Hotels, clocks: Clocks, server_wrong: timedelta, machine_wrong: timedelta
) -> None:
    wrong = [(server_wrong, timedelta(0)), (timedelta(0), machine_wrong)]
    seen: set[Version] = set()
    for hour, (server, machine) in zip((9, 12, 15), [*wrong, (timedelta(0),) * 2], strict=True):
        now = MIDNIGHT + timedelta(hours=hour)
        hotels.clock.set(now)
        clocks.server_wrong, clocks.machine_wrong = server, machine
        hotels.days([TODAY], [RESERVATIONS], run=f"at {hour}")
        seen |= set(hotels.truth([TODAY]))
        ((through,),) = hotels.read("select max(fetched_through_utc) from raw.fetches")
        assert through.astimezone(UTC) <= now

    assert sorted(hotels.landed()) == sorted(seen)
    assert len([line for line in hotels.said if "the clock of Mews" in line]) == 2


def test_reference_data_are_known_up_to_the_earlier_of_the_two_clocks(
    hotels: Hotels, clocks: Clocks
) -> None:
    clocks.server_wrong = timedelta(hours=3)
    hotels.update().reference()

    query = "select distinct fetched_through_utc, server_clock_ahead_seconds from raw.fetches"
    assert [(at.astimezone(UTC), s) for at, s in hotels.read(query)] == [(NOW, 3 * 3600)]
    assert [at.astimezone(UTC) for (at,) in hotels.read("select distinct _fetched_utc"
                                                        " from raw.services")] == [NOW]  # fmt: skip


@pytest.mark.usefixtures("clocks")
def test_an_instant_ahead_that_an_earlier_release_recorded_is_not_believed(
    hotels: Hotels,
) -> None:
    hotels.clock.set(MIDNIGHT + timedelta(hours=9))
    hotels.days([TODAY], [RESERVATIONS], run="early")
    hotels.read("update raw.fetches set fetched_through_utc = timestamptz '2025-03-20 12:00:00+00'")

    hotels.clock.set(MIDNIGHT + timedelta(hours=15))
    hotels.days([TODAY], [RESERVATIONS], run="late")

    assert set(hotels.truth([TODAY])) <= set(hotels.landed())


def test_refused_services_are_not_asked_for_in_every_run_but_once_a_day(
    hotels: Hotels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusals_of(run: str) -> int:
        before = hotels.sandbox.log.counts["productServiceOrders/getAll", 400]
        hotels.days(FORTY_FIVE_DAYS, run=run)
        return int(hotels.sandbox.log.counts["productServiceOrders/getAll", 400] - before)

    # Of each property's bookable services, found by halves
    first = refusals_of("first")
    assert first > 0
    assert refusals_of("second") == 0
    monkeypatch.setattr(fetches, "_REMEMBERED", timedelta(0))
    assert refusals_of("a day later") == first
    assert sorted(hotels.landed("product_service_orders")) == sorted(
        hotels.truth(FORTY_FIVE_DAYS, "product_service_orders")
    )


def test_services_that_were_all_refused_still_count_as_fetched(hotels: Hotels) -> None:
    services = hotels.world.as_of("services", NOW)
    bookable = [s["Id"] for s in services if s["Data"]["Discriminator"] == "Bookable"]
    hotels.settings = {"service_ids": bookable}

    for run in ("first", "second"):
        hotels.days([TODAY], [PRODUCT_SERVICE_ORDERS], run=run)

    query = "select count(fetched_through_utc), any_value(service_ids) from raw.fetches"
    ((known, asked),) = hotels.read(query)
    assert known == 2
    assert json.loads(asked) == sorted(bookable)


def recorded(hotels: Hotels, run: str) -> list[list[str]]:
    query = (
        "select distinct enterprise_ids from raw.fetches"
        f" where window_start_utc is not null and _run_id = '{run}' order by all"
    )
    return [json.loads(ids) for (ids,) in hotels.read(query)]


def test_each_window_records_the_properties_that_its_token_opened(hotels: Hotels) -> None:
    one, other = access_tokens(hotels.world)
    hotels.days([TODAY], run="before any listing")
    hotels.update().reference()
    hotels.days([TODAY], run="of both")
    hotels.settings = {"enterprise_ids": [one]}
    hotels.days([TODAY], run="of one")
    hotels.settings = {"access_tokens": [access_tokens(hotels.world)[other]]}
    hotels.update().reference()
    hotels.days([TODAY], run="of the other")

    assert recorded(hotels, "before any listing") == [[]]
    assert recorded(hotels, "of both") == [sorted([one, other])]
    assert recorded(hotels, "of one") == [[one]]
    assert recorded(hotels, "of the other") == [[other]]
