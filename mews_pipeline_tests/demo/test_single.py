"""The demo lives through days that have ended, at whatever hour it starts."""

from collections.abc import Collection
from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from rich.console import Console

from mews_pipeline.demo.single import Range, Sums, _just_after, live
from mews_pipeline.extract.entities import REFERENCE, UPDATED
from mews_pipeline.sandbox import Clock

YESTERDAY = date(2026, 11, 26)


@pytest.mark.parametrize(
    ("now", "set_to"),
    [
        (datetime(2026, 11, 27, 0, 5, tzinfo=UTC), datetime(2026, 11, 27, 0, 5, tzinfo=UTC)),
        (datetime(2026, 11, 27, 9, 0, tzinfo=UTC), datetime(2026, 11, 27, 0, 20, tzinfo=UTC)),
    ],
    ids=["just after midnight", "in the morning"],
)
def test_the_day_before_is_fetched_as_it_was_just_after_it_ended(
    now: datetime, set_to: datetime
) -> None:
    clock = Clock()
    with time_machine.travel(now, tick=False):
        clock.set(_just_after(YESTERDAY))
        assert clock.now() == set_to


def test_only_tables_with_days_are_backfilled_by_day() -> None:
    runs: list[tuple[Collection[str] | None, Range | None]] = []
    refreshed: list[date] = []

    def materialize(tables: Collection[str] | None, days: Range | None) -> Sums:
        runs.append((tables, days))
        return Sums(rows=1)

    def refresh(day: date) -> Sums:
        refreshed.append(day)
        return Sums()

    start, printed = YESTERDAY - timedelta(days=392), StringIO()
    live(start, Clock().set, materialize, refresh, Console(file=printed))

    listed, by_day, chain = runs
    assert listed == (tuple(entity.table for entity in REFERENCE), None)
    assert by_day == (
        tuple(entity.table for entity in UPDATED),
        (start, start + timedelta(days=379)),
    )
    assert refreshed == [start + timedelta(days=n) for n in range(380, 393)]
    assert chain == (None, (start + timedelta(days=393),) * 2)
    assert "Backfilled 2025-10-30 to 2026-11-13: 2 rows" in printed.getvalue()
