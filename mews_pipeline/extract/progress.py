"""Log the progress of a backfill every few seconds."""

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing
from datetime import timedelta
from time import monotonic

from mews_pipeline.extract.windows import ONE_DAY, Window
from mews_pipeline.mews import Page, Statistics

_SECONDS_BETWEEN = 10.0


class Progress:
    """The days landed, rows, requests, rate and time left of one run over many windows.

    `windows` holds each window as often as it is fetched: once per entity and access token.
    """

    def __init__(
        self,
        windows: Iterable[Window],
        log: Callable[[str], object],
        now: Callable[[], float] = monotonic,
    ) -> None:
        self.statistics: list[Statistics] = []
        self._left = sorted(windows)
        self._all = _length(self._left)
        self._days = _length(set(self._left)) / ONE_DAY
        self._rows = 0
        self._log, self._now = log, now
        self._started = self._logged = now()

    async def watch(self, pages: AsyncGenerator[Page, None]) -> AsyncGenerator[Page, None]:
        """Pass the pages on, counting them."""
        async with aclosing(pages):
            async for page in pages:
                self._rows += len(page.records)
                self._log_when_due()
                yield page

    def landed(self, window: Window) -> None:
        """Record that a window has landed."""
        self._left.remove(window)
        self._log_when_due(is_due=self._days > 1)

    def cut(self, window: Window, parts: Iterable[Window]) -> None:
        """Expect these parts to land instead of the window."""
        self._left.remove(window)
        self._left = sorted([*self._left, *parts])

    def _log_when_due(self, *, is_due: bool = False) -> None:
        if is_due or self._now() - self._logged >= _SECONDS_BETWEEN:
            self._logged = self._now()
            self._log(self.text())

    def text(self) -> str:
        """Return `30 of 90 days landed, 12,000 rows in 14 requests, 800 rows/s, …` as of now."""
        seconds = max(self._now() - self._started, 0.001)
        share = 1 - _length(self._left) / self._all if self._all else 1.0
        requests = sum(statistics.requests for statistics in self.statistics)
        left = f"about {seconds / share - seconds:,.0f} s left" if share else "time left unknown"
        return (
            f"{share * self._days:.0f} of {self._days:.0f} days landed, {self._rows:,} rows in "
            f"{requests:,} requests, {self._rows / seconds:,.0f} rows/s, {left}"
        )


def _length(windows: Iterable[Window]) -> timedelta:
    return sum((window.end - window.start for window in windows), timedelta())
