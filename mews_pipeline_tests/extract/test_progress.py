"""A backfill says how far it has come."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime

from mews_pipeline.extract.progress import Progress
from mews_pipeline.extract.windows import Window, day_window
from mews_pipeline.mews import Page, Statistics

APRIL, MAY = (
    Window(datetime(2025, month, 1, tzinfo=UTC), datetime(2025, month + 1, 1, tzinfo=UTC))
    for month in (4, 5)
)


class Watch:
    """A clock that stops until it is moved."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Seconds since it was started."""
        return self.seconds


async def pages(*sizes: int) -> AsyncGenerator[Page, None]:
    for size in sizes:
        yield Page(b"", [{}] * size, None, datetime(2025, 6, 1, tzinfo=UTC))


def watched(progress: Progress, *sizes: int) -> int:
    async def through() -> int:
        return sum([len(page.records) async for page in progress.watch(pages(*sizes))])

    return asyncio.run(through())


def test_a_landed_window_is_told_with_rows_requests_rate_and_what_is_left() -> None:
    lines: list[str] = []
    watch = Watch()
    progress = Progress([APRIL, MAY, APRIL, MAY], lines.append, watch)
    progress.statistics.append(Statistics(requests=3))
    assert watched(progress, 1000, 500) == 1500
    watch.seconds = 5.0
    progress.landed(APRIL)
    progress.landed(APRIL)
    assert lines == [
        "15 of 61 days landed, 1,500 rows in 3 requests, 300 rows/s, about 15 s left",
        "30 of 61 days landed, 1,500 rows in 3 requests, 300 rows/s, about 5 s left",
    ]


def test_a_long_window_is_told_of_while_it_is_fetched_but_not_at_every_page() -> None:
    lines: list[str] = []
    watch = Watch()
    progress = Progress([APRIL], lines.append, watch)
    watched(progress, 1, 1, 1)
    assert lines == []
    watch.seconds = 11.0
    watched(progress, 1, 1, 1)
    assert lines == ["0 of 30 days landed, 4 rows in 0 requests, 0 rows/s, time left unknown"]


def test_a_refresh_of_one_day_is_not_worth_a_line() -> None:
    lines: list[str] = []
    progress = Progress([day_window(date(2025, 4, 1))], lines.append, Watch())
    watched(progress, 10)
    progress.landed(day_window(date(2025, 4, 1)))
    assert lines == []
