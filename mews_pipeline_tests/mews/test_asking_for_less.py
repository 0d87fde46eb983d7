"""408 and 413: halve the page, then the window, down to a floor; and grow back."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest

from mews_pipeline.mews import RESERVATIONS_GET_ALL, Interval, Limitation
from mews_pipeline.mews.booking_requests import ReservationsRequest
from mews_pipeline.mews.client import INSISTENCE
from mews_pipeline.mews.errors import TimedOutError, TooLargeError
from mews_pipeline.mews.intervals import api_text
from mews_pipeline.mews.paging import GROW_AFTER, SMALLEST_COUNT
from mews_pipeline_tests.support.fake_mews import (
    SOME_DAY,
    Body,
    FakeMews,
    failed,
    fetched,
    ids,
    page,
    refusal,
)

DAWN = datetime(2025, 1, 1, tzinfo=UTC)


def counts(mews: FakeMews) -> list[int]:
    return [limitation["Count"] for limitation in mews.limitations]


def length(body: Body) -> timedelta:
    window = body["UpdatedUtc"]
    start, end = (datetime.fromisoformat(window[name]) for name in ("StartUtc", "EndUtc"))
    return end - start


@pytest.mark.parametrize("status", [408, 413])
def test_a_page_that_is_too_heavy_is_asked_for_with_half_the_rows(status: int) -> None:
    mews = FakeMews(page("a", cursor="a"), refusal(status), refusal(status), page(cursor=None))

    assert ids(fetched(mews)) == ["a"]
    assert mews.limitations[1:] == [
        {"Count": 1000, "Cursor": "a"},
        {"Count": 500, "Cursor": "a"},
        {"Count": 250, "Cursor": "a"},
    ]


def test_after_some_good_answers_pages_grow_back_to_what_they_were() -> None:
    good = [page(str(n), cursor=str(n)) for n in range(3 * GROW_AFTER)]
    mews = FakeMews(refusal(408), refusal(408), *good, page(cursor=None))

    fetched(mews)

    grown = [250] * GROW_AFTER + [500] * GROW_AFTER + [1000] * GROW_AFTER + [1000]
    assert counts(mews) == [1000, 500, *grown]


def test_a_window_too_heavy_at_the_smallest_page_is_asked_for_in_halves() -> None:
    def answer(_: str, body: Body) -> httpx.Response:
        if length(body) > timedelta(hours=6, seconds=2):
            return refusal(408)
        return page(body["UpdatedUtc"]["StartUtc"], cursor=None)

    mews = FakeMews(by=answer)
    found = ids(fetched(mews))

    assert found == [api_text(DAWN + timedelta(hours=6 * n)) for n in range(4)]
    assert min(counts(mews)) == SMALLEST_COUNT


def test_no_row_is_lost_when_a_window_is_split_in_the_middle_of_paging() -> None:
    rows = [DAWN + timedelta(minutes=30 * n) for n in range(48)]
    heavy_before = DAWN + timedelta(hours=12)

    def answer(_: str, body: Body) -> httpx.Response:
        window, limitation = body["UpdatedUtc"], body["Limitation"]
        inside = [api_text(r) for r in rows if window["StartUtc"] <= api_text(r) < window["EndUtc"]]
        older = [r for r in reversed(inside) if r < limitation.get("Cursor", "9")]
        if older and older[0] < api_text(heavy_before) and length(body) > timedelta(hours=3):
            return refusal(408)
        shown = older[: limitation["Count"]]
        return page(*shown, cursor=shown[-1] if shown else None)

    mews = FakeMews(by=answer)
    found = ids(fetched(mews, page_size=16))

    assert sorted(set(found)) == [api_text(r) for r in rows]


@pytest.mark.parametrize(("status", "kind"), [(408, TimedOutError), (413, TooLargeError)])
def test_what_stays_too_heavy_fails_at_the_floor(status: int, kind: type[Exception]) -> None:
    mews = FakeMews(by=lambda *_: refusal(status))

    error = failed(mews)

    assert type(error) is kind
    assert "smallest portions" in str(error)
    assert len(mews.bodies) < 30
    assert timedelta(minutes=1) <= length(mews.bodies[-1]) < timedelta(minutes=2)


def narrow(**filters: Any) -> ReservationsRequest:
    return RESERVATIONS_GET_ALL.request.model_validate(filters)


@pytest.mark.parametrize(
    "request_",
    [narrow(updated_utc=Interval(DAWN)), narrow(updated_utc=Interval(DAWN, DAWN)), narrow()],
    ids=["open", "an instant", "none"],
)
def test_without_a_window_to_split_only_the_page_shrinks(request_: ReservationsRequest) -> None:
    mews = FakeMews(by=lambda *_: refusal(408))

    failed(mews, request_)

    assert counts(mews) == [1000, 500, 250, 125, 62, 31, 15, 10] + [10] * INSISTENCE


def test_another_closed_interval_is_split_where_updated_utc_cannot_be() -> None:
    day = Interval(DAWN, DAWN + timedelta(days=1))
    mews = FakeMews(by=lambda *_: refusal(408))

    failed(mews, narrow(updated_utc=Interval(DAWN), scheduled_start_utc=day))

    windows = [body["ScheduledStartUtc"]["EndUtc"] for body in mews.bodies]
    assert all(later <= earlier for earlier, later in pairwise(windows))
    assert windows[-1] < windows[0]
    assert all(body["UpdatedUtc"] == {"StartUtc": api_text(DAWN)} for body in mews.bodies)


def test_updated_utc_is_split_even_where_another_interval_is_longer() -> None:
    month = Interval(DAWN, DAWN + timedelta(days=31))
    mews = FakeMews(by=lambda *_: refusal(408))

    failed(mews, SOME_DAY.model_copy(update={"scheduled_start_utc": month}))

    first_split = mews.bodies[len(set(counts(mews)))]
    assert length(first_split) == timedelta(hours=12, seconds=1)
    assert first_split["ScheduledStartUtc"] == mews.bodies[0]["ScheduledStartUtc"]


def test_a_long_list_is_halved_where_there_is_no_window_to_split() -> None:
    def answer(_: str, body: Body) -> httpx.Response:
        numbers = body["Numbers"]
        return refusal(408) if len(numbers) > 25 else page(*numbers, cursor=None)

    numbers = [str(n) for n in range(100)]
    mews = FakeMews(by=answer)

    assert ids(fetched(mews, narrow(numbers=numbers))) == numbers


def test_a_window_is_split_before_a_list_is() -> None:
    mews = FakeMews(by=lambda *_: refusal(408))

    failed(mews, SOME_DAY.model_copy(update={"numbers": [str(n) for n in range(100)]}))

    lengths = {len(body["Numbers"]): length(body) for body in mews.bodies}
    assert list(lengths) == [100, 50, 25, 12]
    assert max(lengths.values()) < timedelta(minutes=2)


def test_mews_may_be_too_busy_for_the_smallest_portion_a_few_times() -> None:
    busy = [refusal(408)] * (7 + INSISTENCE)
    mews = FakeMews(*busy, page("a", cursor=None))

    assert ids(fetched(mews, narrow())) == ["a"]


QUARTER = Interval(
    datetime(2024, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2025, 4, 1, 0, 0, 1, tzinfo=UTC)
)


def test_three_months_and_their_margins_are_asked_by_halves_where_mews_takes_no_second_more() -> (
    None
):
    def answer(_: str, body: Body) -> httpx.Response:
        if length(body) > timedelta(days=90):
            return refusal(400, "The interval must not exceed 3 months.")
        return page(body["UpdatedUtc"]["StartUtc"], cursor=None)

    mews = FakeMews(by=answer)

    assert len(ids(fetched(mews, narrow(updated_utc=QUARTER)))) == 2
    assert len(mews.bodies) == 3


@pytest.mark.parametrize(
    ("window", "message"),
    [(QUARTER, "Invalid ServiceIds"), (Interval(DAWN, DAWN + timedelta(days=90)), "No.")],
    ids=["of a list", "within the docs"],
)
def test_another_400_is_asked_once(window: Interval, message: str) -> None:
    mews = FakeMews(by=lambda *_: refusal(400, message))

    failed(mews, narrow(updated_utc=window))

    assert len(mews.bodies) == 1


def test_halves_start_from_their_own_first_page() -> None:
    def answer(_: str, body: Body) -> httpx.Response:
        return page(cursor=None) if length(body) < timedelta(days=1) else refusal(408)

    cursor = Limitation.model_validate({"Cursor": "819e3435-7d5e-441f-bc68-76d89c69b8f5"})
    mews = FakeMews(by=answer)
    fetched(mews, SOME_DAY.model_copy(update={"limitation": cursor}))

    assert ["Cursor" in limitation for limitation in mews.limitations[-3:]] == [True, False, False]
