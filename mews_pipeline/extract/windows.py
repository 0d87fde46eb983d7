"""Half-open windows of UpdatedUtc: UTC days, joined to as few requests as the vendor allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from mews_pipeline.mews import Interval
from mews_pipeline.mews.intervals import windows as cut

ONE_DAY = timedelta(days=1)
# Whatever the vendor's bounds are (its own documents disagree, MEWS.md 0.1), a second more on
# either side holds every row of the window; rows outside are dropped.
MARGIN = timedelta(seconds=1)


@dataclass(frozen=True, order=True)
class Window:
    """The instants from `start` up to, not including, `end`; both in UTC."""

    start: datetime
    end: datetime

    @property
    def asked(self) -> Interval:
        """The interval to ask for, so that every row of the window is in the answer."""
        return Interval(self.start - MARGIN, self.end + MARGIN)


def day_window(day: date) -> Window:
    """The window of a UTC day."""
    start = datetime.combine(day, time(), UTC)
    return Window(start, start + ONE_DAY)


def plan(days: Iterable[date]) -> list[Window]:
    """The fewest windows that cover just these days, each as long as the vendor takes at most."""
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
