"""The demo: backfill a history from the sandbox, simulate two weeks, print the reports."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from rich.console import Console

from mews_pipeline.demo_mode import BACKFILL_DAYS, LIVED_DAYS
from mews_pipeline.extract.entities import AVAILABILITY, REFERENCE, UPDATED
from mews_pipeline.progress import progress
from mews_pipeline.publish import terminal


@dataclass(frozen=True)
class Sums:
    """What runs fetched and landed; a snapshot of Mews' own availability has rows of its own."""

    rows: int = 0
    requests: int = 0
    new_versions: int = 0
    availability_rows: int = 0

    def __add__(self, other: "Sums") -> "Sums":
        """Add those of another run."""
        return Sums(
            self.rows + other.rows,
            self.requests + other.requests,
            self.new_versions + other.new_versions,
            self.availability_rows + other.availability_rows,
        )

    def __str__(self) -> str:
        """Give them as a person reads them."""
        counted = (
            f"{self.rows:,} rows in {self.requests:,} requests, {self.new_versions:,} new versions"
        )
        if self.availability_rows:
            counted += f"; and {self.availability_rows:,} numbers of Mews' own availability"
        return counted


# The first and the last day
Range = tuple[date, date]
# Materializes these raw tables, or (None) the whole chain, as one run; None for those without days
Materialize = Callable[[Collection[str] | None, Range | None], Sums]
# Refreshes one day without a run of its own
Refresh = Callable[[date], Sums]
# Freezes the sandbox's clock
SetClock = Callable[[datetime], None]
LISTED = tuple(entity.table for entity in REFERENCE)
BY_DAY = tuple(entity.table for entity in UPDATED)
SNAPSHOT = AVAILABILITY.table


def live(
    start: date, set_clock: SetClock, materialize: Materialize, refresh: Refresh, console: Console
) -> None:
    """Backfill a year, refresh 13 days one by one, and run the whole chain at the end.

    Each day is fetched as it was just after it ended, so that versions are seen as they came.
    """
    days = [start + timedelta(days=n) for n in range(BACKFILL_DAYS + LIVED_DAYS)]
    backfilled, lived, last = days[:BACKFILL_DAYS], days[BACKFILL_DAYS:-1], days[-1]
    with progress(Console(stderr=True), f"Backfilling {BACKFILL_DAYS} days in one run") as update:
        set_clock(_just_after(backfilled[-1]))
        # In one run, Dagster would plan each of the 380 days for each table that has none
        sums = materialize(LISTED, None) + materialize(BY_DAY, (backfilled[0], backfilled[-1]))
        console.print(f"Backfilled {backfilled[0]} to {backfilled[-1]}: {sums}")
        sums = Sums()
        for day in lived:
            update(f"Living through {day}")
            set_clock(_just_after(day))
            sums += refresh(day)
        console.print(f"Refreshed {lived[0]} to {lived[-1]}, day by day: {sums}")
        update(f"Fetching {last}, building, testing and publishing the models")
        set_clock(datetime.now(UTC))
        sums = materialize(None, (last, last))
        console.print(f"Fetched {last}, built, tested and published: {sums}")


def _just_after(day: date) -> datetime:
    """Return twenty past the midnight that ends the day, or now where that is still to come."""
    return min(datetime.combine(day, time(0, 20), UTC) + timedelta(days=1), datetime.now(UTC))


def print_reports(analytics: Path, console: Console, *, each_property: bool = True) -> None:
    """Print the next 14 nights of all properties together, then those of each in one line.

    The lines have the revenue too, where it is known. Raises ReportError.
    """
    terminal.show(terminal.next_nights(analytics), console)
    if each_property:
        terminal.show(terminal.next_nights_by_property(analytics), console)
