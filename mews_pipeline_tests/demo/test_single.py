"""The demo lives through days that have ended, at whatever hour it starts."""

from datetime import UTC, date, datetime

import pytest
import time_machine

from mews_pipeline.demo.single import _just_after
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
