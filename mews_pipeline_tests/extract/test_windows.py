"""Days become as few windows as the vendor takes, and every day is in just one."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mews_pipeline.extract.windows import ONE_DAY, Window, day_window, plan
from mews_pipeline.mews.intervals import is_too_long

days = st.dates(date(2023, 1, 1), date(2026, 12, 31))


def test_a_day_is_half_open_in_utc_and_asked_for_with_a_second_on_either_side() -> None:
    window = day_window(date(2026, 1, 5))
    assert window == Window(datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 6, tzinfo=UTC))
    assert window.asked.start == datetime(2026, 1, 4, 23, 59, 59, tzinfo=UTC)
    assert window.asked.end == datetime(2026, 1, 6, 0, 0, 1, tzinfo=UTC)


def test_sixty_days_are_one_window_and_a_year_is_five() -> None:
    year = [date(2025, 1, 1) + timedelta(n) for n in range(365)]
    assert len(plan(year[:60])) == 1
    assert len(plan(year)) == 5


def test_days_that_are_not_asked_for_stay_out() -> None:
    first, third = date(2025, 1, 1), date(2025, 1, 3)
    assert plan([third, first, third]) == [day_window(first), day_window(third)]


@given(st.sets(days, max_size=12), days, st.integers(0, 400))
def test_every_day_stands_in_just_one_window_that_mews_takes(
    some: set[date], first: date, length: int
) -> None:
    wanted = some | {first + timedelta(n) for n in range(length)}
    windows = plan(wanted)
    covered = [
        (window.start + n * ONE_DAY).date()
        for window in windows
        for n in range((window.end - window.start).days)
    ]
    assert sorted(covered) == sorted(wanted)
    assert not any(is_too_long(window.asked) for window in windows)
