"""Nothing falls between two parts of a window, whichever bounds the server has."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from mews_pipeline.mews import (
    RESERVATIONS_GET_ALL,
    Interval,
    MewsClient,
    Page,
)
from mews_pipeline.mews.intervals import api_text
from mews_pipeline.sandbox.server.options import Bounds
from mews_pipeline.sandbox.server.validation import TimeFilter
from mews_pipeline_tests.support.fake_mews import (
    CONNECTION,
    Body,
    FakeMews,
    collected,
    ids,
    page,
    refusal,
)

BOUNDS: tuple[Bounds, ...] = ("halfopen", "inclusive", "exclusive-lower")
NEW_YEAR = datetime(2025, 1, 1, tzinfo=UTC)


def server(
    rows: list[datetime], bounds: Bounds, is_too_heavy: Callable[[Body], bool] = lambda _: False
) -> FakeMews:
    """Return a Mews that has a record for each instant; its bounds are the sandbox's."""

    def answer(_: str, body: Body) -> httpx.Response:
        if is_too_heavy(body):
            return refusal(408)
        asked = body["UpdatedUtc"]
        interval = TimeFilter(
            *(datetime.fromisoformat(asked[end]) for end in ("StartUtc", "EndUtc"))
        )
        return page(*(api_text(r) for r in rows if interval.holds(r, bounds)), cursor=None)

    return FakeMews(by=answer)


def looked_up(mews: FakeMews, window: Interval) -> list[str]:
    async def look_up() -> list[Page]:
        async with MewsClient(CONNECTION, httpx.MockTransport(mews)) as client:
            return await collected(client.look_up(RESERVATIONS_GET_ALL, {"updated_utc": window}))

    return ids(asyncio.run(look_up()))


@pytest.mark.parametrize("bounds", BOUNDS)
def test_what_lies_on_the_cuts_of_a_long_interval_comes_once(bounds: Bounds) -> None:
    year = Interval(NEW_YEAR - timedelta(seconds=1), NEW_YEAR + timedelta(days=366))
    midnights = [NEW_YEAR + timedelta(days=n) for n in range(365)]

    found = looked_up(server(midnights, bounds), year)

    assert sorted(found) == [api_text(instant) for instant in midnights]


@pytest.mark.parametrize("bounds", BOUNDS)
def test_what_lies_where_a_heavy_window_was_split_comes_once(bounds: Bounds) -> None:
    minutes = [NEW_YEAR + timedelta(minutes=n) for n in range(1440)]
    day = Interval(NEW_YEAR - timedelta(seconds=60), NEW_YEAR + timedelta(days=1, seconds=60))

    def is_too_heavy(body: Body) -> bool:
        start, end = (
            datetime.fromisoformat(body["UpdatedUtc"][end]) for end in ("StartUtc", "EndUtc")
        )
        return end - start > timedelta(minutes=30)

    mews = server(minutes, bounds, is_too_heavy)
    found = looked_up(mews, day)

    assert sorted(found) == [api_text(instant) for instant in minutes]
    assert len({body["UpdatedUtc"]["StartUtc"] for body in mews.bodies}) > 32
