"""Half-open windows of UpdatedUtc: UTC days, joined to as few requests as the vendor allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from mews_pipeline.mews import Interval
from mews_pipeline.mews.intervals import windows as cut

ONE_DAY = timedelta(days=1)
# Whether the vendor's bounds are inclusive is uncertain (docs/mews-api.md, "Time intervals"). One
# second more on both sides includes every row of the window; rows outside are dropped.
MARGIN = timedelta(seconds=1)


@dataclass(frozen=True, order=True)
class Window:
    """The instants from `start` up to, not including, `end`; both in UTC."""

    start: datetime
    end: datetime

    @property
    def asked(self) -> Interval:
        """The interval to request, so that the response has every row of the window."""
        return Interval(self.start - MARGIN, self.end + MARGIN)

    @property
    def days(self) -> "list[Window]":
        """The windows of its UTC days; the first and the last may be shorter than a day."""
        midnight = datetime.combine(self.start.date(), time(), UTC) + ONE_DAY
        midnights = []
        while midnight < self.end:
            midnights.append(midnight)
            midnight += ONE_DAY
        return [Window(*pair) for pair in pairwise([self.start, *midnights, self.end])]


def lies_in(window: Window, spans: Iterable[Window]) -> bool:
    """Return whether a window lies in one of the others as a whole."""
    return any(span.start <= window.start and window.end <= span.end for span in spans)


def day_window(day: date) -> Window:
    """Return the window of a UTC day."""
    start = datetime.combine(day, time(), UTC)
    return Window(start, start + ONE_DAY)


def plan(days: Iterable[date]) -> list[Window]:
    """Return the fewest windows that cover exactly these days, none longer than Mews accepts."""
    runs: list[Window] = []
    for window in map(day_window, sorted(set(days))):
        if runs and runs[-1].end == window.start:
            runs[-1] = Window(runs[-1].start, window.end)
        else:
            runs.append(window)
    return [
        Window(part.start, part.end)
        for run in runs
        for part in cut(Interval(run.start, run.end), margin=MARGIN)
        if part.start and part.end
    ]
