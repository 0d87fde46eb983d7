"""Long intervals are cut so that nothing falls between the parts."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mews_pipeline.mews.intervals import (
    OVERLAP,
    SHORTEST_WINDOW,
    Interval,
    halves,
    is_too_long,
    months_after,
    windows,
)

instants = st.integers(0, 20 * 365 * 24 * 3600).map(
    lambda seconds: datetime(2015, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
lengths = st.timedeltas(timedelta(0), timedelta(days=1200))


seconds = st.sampled_from([timedelta(0), timedelta(seconds=1)])


@given(instants, lengths, seconds, seconds)
def test_windows_follow_on_from_each_other_and_each_is_short_enough(
    start: datetime, length: timedelta, margin: timedelta, overlap: timedelta
) -> None:
    whole = Interval(start, start + length)

    parts = windows(whole, margin, overlap)

    bounds = [(part.start, part.end) for part in parts]
    assert bounds[0][0] == whole.start
    assert bounds[-1][1] == whole.end
    assert all(left[1] and left[1] - overlap == right[0] for left, right in pairwise(bounds))
    assert not any(
        is_too_long(Interval(begin - margin, end + margin))
        for begin, end in bounds
        if begin and end
    )


def test_a_year_is_cut_into_four_windows_at_midnights() -> None:
    year = Interval(datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))

    starts = [part.start.isoformat()[:10] for part in windows(year) if part.start]

    assert starts == ["2025-01-01", "2025-04-01", "2025-07-01", "2025-10-01"]


def test_the_margin_counts_in_the_three_months_but_for_a_second_on_either_side() -> None:
    quarter = Interval(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 4, 1, tzinfo=UTC))

    assert len(windows(quarter, margin=timedelta(seconds=1))) == 1
    assert len(windows(quarter, margin=timedelta(seconds=2))) == 2


def test_an_open_interval_is_not_cut() -> None:
    since = Interval(datetime(2020, 1, 1, tzinfo=UTC))

    assert windows(since) == [since]
    assert halves(since) == []


@given(instants, lengths)
def test_halves_make_up_the_whole_and_are_a_minute_at_least(
    start: datetime, length: timedelta
) -> None:
    parts = halves(Interval(start, start + length))

    if length < 2 * SHORTEST_WINDOW:
        assert parts == []
    else:
        older, newer = parts
        assert older.end
        assert (older.start, older.end - OVERLAP, newer.end) == (
            start,
            newer.start,
            start + length,
        )
        assert all(
            part.end - part.start >= SHORTEST_WINDOW for part in parts if part.start and part.end
        )


@pytest.mark.parametrize(
    ("instant", "later"),
    [
        ("2025-01-15", "2025-04-15"),
        ("2025-11-30", "2026-02-28"),
        ("2023-11-30", "2024-02-29"),
        ("2025-10-01", "2026-01-01"),
    ],
)
def test_three_months_later_is_the_same_day_or_the_months_last(instant: str, later: str) -> None:
    found = months_after(datetime.fromisoformat(f"{instant}T00:00:00+00:00"))

    assert found.date().isoformat() == later
