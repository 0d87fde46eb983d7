"""The limit is kept whoever shares it, and nearly all of it is used. The clock is made up."""

import logging
import multiprocessing
import os
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mews_pipeline.mews.limiter import (
    FORGET_AFTER_SECONDS,
    MARGIN_SECONDS,
    InProcessLimiter,
    SharedLimiter,
)

REQUESTS, MILLISECONDS = 200, 30_000


class Clock:
    """Milliseconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def __call__(self) -> int:
        """Return the time."""
        return self.now


def departures(limiters: list[InProcessLimiter], clock: Clock, count: int) -> list[int]:
    """When that many requests leave, the limiters asking in turn, as early as they may."""
    times = []
    for number in range(count):
        while wait := limiters[number % len(limiters)].take():
            clock.now += wait
        times.append(clock.now)
        clock.now += 1
    return times


def most_in_a_window(arrivals: list[int]) -> int:
    """Return the most that a server counts in a sliding window of its own."""
    most, window = 0, deque[int]()
    for arrival in sorted(arrivals):
        window.append(arrival)
        while window[0] <= arrival - MILLISECONDS:
            window.popleft()
        most = max(most, len(window))
    return most


def in_process(_: Path, clock: Clock) -> list[InProcessLimiter]:
    return [InProcessLimiter(now=clock)]


def shared(folder: Path, clock: Clock) -> list[InProcessLimiter]:
    return [SharedLimiter("token", folder=folder, now=clock) for _ in range(3)]


@pytest.mark.parametrize("kind", [in_process, shared])
def test_the_limit_is_kept_and_at_least_95_percent_of_it_used(
    kind: Callable[[Path, Clock], list[InProcessLimiter]], tmp_path: Path
) -> None:
    clock = Clock()
    times = departures(kind(tmp_path, clock), clock, 3 * REQUESTS + 1)

    assert most_in_a_window(times) == REQUESTS
    assert 3 * MILLISECONDS / (times[-1] - times[0]) >= 0.95


def in_process_before_and_after(_: Path, clock: Clock) -> Iterator[InProcessLimiter]:
    limiter = InProcessLimiter(2, now=clock)
    return repeat(limiter)


def shared_and_restarted(folder: Path, clock: Clock) -> Iterator[InProcessLimiter]:
    while True:
        limiter = SharedLimiter("token", 2, folder=folder, now=clock)
        yield limiter
        limiter.close()


@pytest.mark.parametrize("kind", [in_process_before_and_after, shared_and_restarted])
@pytest.mark.parametrize("hours", [1, 48])
def test_after_a_clock_was_set_back_the_wait_is_the_window_and_the_limit_is_kept(
    kind: Callable[[Path, Clock], Iterator[InProcessLimiter]], hours: int, tmp_path: Path
) -> None:
    clock = Clock()
    runs = kind(tmp_path, clock)
    assert [next(runs).take(), next(runs).take()] == [0, 0]
    clock.now -= hours * 3_600_000

    wait = next(runs).take()

    window = MILLISECONDS + int(1000 * MARGIN_SECONDS)
    assert 0 < wait <= window + 1
    clock.now += wait
    again = next(runs)
    assert [again.take(), again.take()] == [0, 0]
    assert again.take() > 0


@pytest.mark.parametrize("milliseconds", [1, 15_000, 30_999])
def test_a_clock_set_back_by_less_than_the_window_waits_no_longer_than_it(
    milliseconds: int,
) -> None:
    clock = Clock()
    limiter = InProcessLimiter(1, now=clock)
    assert limiter.take() == 0
    clock.now -= milliseconds

    assert 0 < limiter.take() <= MILLISECONDS + int(1000 * MARGIN_SECONDS) + 1


@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.randoms(use_true_random=False))
def test_no_server_counts_too_many_while_the_way_there_varies_less_than_the_margin(
    random: "object",
) -> None:
    clock = Clock()
    times = departures([InProcessLimiter(now=clock)], clock, 3 * REQUESTS)
    delay = random.randrange  # type: ignore[attr-defined]

    arrivals = [time + delay(int(1000 * MARGIN_SECONDS)) for time in times]

    assert most_in_a_window(arrivals) <= REQUESTS


def test_limiters_of_different_names_do_not_share(tmp_path: Path) -> None:
    clock = Clock()
    one, other = (SharedLimiter(name, 1, folder=tmp_path, now=clock) for name in "ab")

    assert [one.take(), other.take()] == [0, 0]
    assert one.take() > 0


def _take_all(folder: Path) -> int:
    limiter = SharedLimiter("token", 1000, folder=folder)
    return sum(limiter.take() == 0 for _ in range(1000))


def test_processes_share_one_limit(tmp_path: Path) -> None:
    # A multiprocessing.Pool ends its processes by a signal, and may wait for one forever
    with ProcessPoolExecutor(3, multiprocessing.get_context("spawn")) as pool:
        taken = list(pool.map(_take_all, [tmp_path] * 3))

    assert sum(taken) == 1000


def test_what_one_run_used_counts_in_the_next(tmp_path: Path) -> None:
    first = SharedLimiter("token", 1, folder=tmp_path)
    assert first.take() == 0
    first.close()

    assert SharedLimiter("token", 1, folder=tmp_path).take() > 0


def test_a_closed_limiter_opens_again(tmp_path: Path) -> None:
    limiter = SharedLimiter("token", 2, folder=tmp_path)

    assert limiter.take() == 0
    limiter.close()
    assert limiter.take() == 0
    assert limiter.take() > 0


def test_the_folder_is_for_its_user_only(tmp_path: Path) -> None:
    (tmp_path / "limits").mkdir(mode=0o755)

    SharedLimiter("token", folder=tmp_path / "limits").take()

    assert (tmp_path / "limits").stat().st_mode & 0o777 == 0o700


def test_without_a_folder_the_limit_is_kept_alone_and_a_warning_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "limits"
    folder.write_text("in the way")
    limiter = SharedLimiter("token", 2, folder=folder)

    with caplog.at_level(logging.WARNING):
        waits = [limiter.take() for _ in range(3)]

    assert waits[:2] == [0, 0]
    assert waits[2] > 0
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert f"Make {folder} a writable folder of yours" in caplog.text


def test_a_bucket_that_is_no_database_is_not_fatal(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "token.sqlite").write_bytes(b"garbage" * 1000)

    assert SharedLimiter("token", folder=tmp_path).take() == 0
    assert "cannot be shared" in caplog.text


def test_a_folder_that_links_elsewhere_is_not_used(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "limits").symlink_to(tmp_path / "elsewhere")

    SharedLimiter("token", folder=tmp_path / "limits").take()

    assert "belongs to somebody else" in caplog.text
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_buckets_long_unused_are_forgotten_but_not_those_in_use(tmp_path: Path) -> None:
    long_ago = time.time() - FORGET_AFTER_SECONDS - 1
    for name in ("unused.sqlite", "unused.sqlite.lock", "used.sqlite", "used.sqlite-wal"):
        (tmp_path / name).touch()
        if name != "used.sqlite-wal":
            os.utime(tmp_path / name, (long_ago, long_ago))

    SharedLimiter("token", folder=tmp_path).take()

    left = {path.name for path in tmp_path.iterdir()}
    assert {"used.sqlite", "used.sqlite-wal"} <= left
    assert not any(name.startswith("unused") for name in left)


def test_a_process_looks_for_buckets_to_forget_once_not_with_each_token(tmp_path: Path) -> None:
    SharedLimiter("one", folder=tmp_path).take()
    unused = tmp_path / "unused.sqlite"
    unused.touch()
    os.utime(unused, (0, 0))

    SharedLimiter("another", folder=tmp_path).take()

    assert unused.exists()
