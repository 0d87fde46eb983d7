"""More than one request may carry, given to several."""

import asyncio
from itertools import chain
from typing import Any

import httpx
import pytest

from mews_pipeline.mews import RESERVATIONS_GET_ALL, InvalidRequestError, Page, split
from mews_pipeline_tests.support.fake_mews import Body, FakeMews, collected, ids

YEAR = {"StartUtc": "2025-01-01T00:00:00Z", "EndUtc": "2026-01-01T00:00:00Z"}


def bodies(filters: dict[str, Any]) -> list[Body]:
    return [request.body() for request in split(RESERVATIONS_GET_ALL, filters)]


def test_what_one_request_carries_is_one_request() -> None:
    assert bodies({"Numbers": ["52"]}) == [{"Numbers": ["52"]}]
    assert bodies({}) == [{}]


def test_a_long_list_becomes_batches_without_the_items_given_twice() -> None:
    numbers = [str(number) for number in range(250)]

    batches = [body["ChannelNumbers"] for body in bodies({"channel_numbers": numbers + numbers})]

    assert [len(batch) for batch in batches] == [100, 100, 50]
    assert list(chain.from_iterable(batches)) == numbers


def test_a_long_interval_becomes_windows_that_overlap_by_a_second() -> None:
    windows = [body["UpdatedUtc"] for body in bodies({"UpdatedUtc": YEAR})]

    assert len(windows) == 4
    assert (windows[0]["StartUtc"], windows[-1]["EndUtc"]) == (YEAR["StartUtc"], YEAR["EndUtc"])
    cuts = [w["StartUtc"] for w in windows[1:]]
    assert [w["EndUtc"] for w in windows[:-1]] == [cut.replace("00Z", "01Z") for cut in cuts]


def test_every_batch_is_asked_for_in_every_window() -> None:
    found = bodies({"UpdatedUtc": YEAR, "Numbers": [str(n) for n in range(1500)]})

    pairs = {(body["UpdatedUtc"]["StartUtc"], len(body["Numbers"])) for body in found}
    assert len(found) == len(pairs) == 8


@pytest.mark.parametrize(
    ("filters", "named"),
    [
        ({"UpdatedUtc": {"StartUtc": "never"}}, "UpdatedUtc: StartUtc: "),
        ({"Numbers": []}, "Numbers: "),
        ({"ReservationIds": ["x"] * 2 + [str(n) for n in range(2000)]}, "ReservationIds.0: "),
        ({"GroupId": "x"}, "GroupId: "),
    ],
    ids=["interval", "empty list", "malformed ids", "unknown"],
)
def test_what_splitting_cannot_mend_is_refused(filters: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidRequestError, match=named):
        split(RESERVATIONS_GET_ALL, filters)


def test_a_look_up_in_several_requests_gives_each_id_once() -> None:
    def answer(_: str, body: Body) -> httpx.Response:
        month = body["UpdatedUtc"]["StartUtc"][5:7]
        records = [{"Id": month}, {"Id": "every time", "Window": month}]
        return httpx.Response(200, json={"Reservations": records, "Cursor": None})

    async def look_up() -> list[Page]:
        async with mews.client() as client:
            return await collected(client.look_up(RESERVATIONS_GET_ALL, {"UpdatedUtc": YEAR}))

    mews = FakeMews(by=answer)
    pages = asyncio.run(look_up())

    assert ids(pages) == ["01", "every time", "04", "07", "10"]
    assert b"every time" not in pages[-1].content
