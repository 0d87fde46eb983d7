"""Decide when a request is retried, how long to wait before, and when to give up.

Source: docs/mews-api.md, "Responses and errors". stamina waits and counts; `stamina.set_testing`
switches the waiting off. It sees only our exceptions and no arguments, so it never logs a token.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import stamina
import stamina.instrumentation

from mews_pipeline.mews.errors import (
    DataChangedError,
    NoConnectionError,
    ServerError,
    TimedOutError,
    TooManyRequestsError,
    UnreachableError,
    UnreadableRecordError,
    UnreadableResponseError,
)

# By default each retry is a warning with a traceback's worth of names in the user's terminal. What
# was retried is in the metadata, and what failed in the end is raised
stamina.instrumentation.set_on_retry_hooks(())

# With the waits below about a minute, and a step tries twice (defs/assets.py): a short outage is
# bridged, and a longer one alerts within two and a half minutes.
ATTEMPTS = 8
# One request, with all its attempts and waits, not counting the wait for the rate limit. A peer
# that is silent, answers a byte a second or asks to wait for days costs no more than one that is
# down.
TOTAL_SECONDS = 70.0
# Where an earlier request of the same client was given up after all of them, and none was answered
# since: the others, a few at a time, must not delay the alert.
SECONDS_AFTER_GIVING_UP = 5.0
# Where no server listens: waits of 1, 2 and 4 seconds plus jitter, 13 at most.
CONNECTION_ATTEMPTS = 4
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 15.0
JITTER_SECONDS = 2.0

PASSING = (
    DataChangedError,
    ServerError,
    TooManyRequestsError,
    UnreachableError,
    UnreadableResponseError,
)


def backoff(error: Exception) -> bool | float:
    """Return whether to retry: no, yes after the usual wait, or after that many seconds.

    Retry-After wins. Jitter keeps requests that were refused together from being repeated together.
    """
    if isinstance(error, TooManyRequestsError) and error.retry_after is not None:
        return error.retry_after + random.uniform(0, JITTER_SECONDS)  # noqa: S311  no secret
    return isinstance(error, PASSING) and not isinstance(error, UnreadableRecordError)


def backoff_when_indivisible(error: Exception) -> bool | float:
    """Do as `backoff`, for an operation that cannot be split: a 408 is retried too."""
    return isinstance(error, TimedOutError) or backoff(error)


class Patience:
    """The seconds that one request may still cost, and what decides on its next attempt."""

    def __init__(
        self, on: Callable[[Exception], bool | float], seconds: float = TOTAL_SECONDS
    ) -> None:
        self.left = seconds
        self._on = on
        self._failed_attempts = self._failed_connections = 0

    @contextmanager
    def measured(self) -> Iterator[float]:
        """Yield the seconds that are left, and subtract those that pass inside."""
        started = monotonic()
        try:
            yield self.left
        finally:
            self.left -= monotonic() - started

    @property
    def is_used_up(self) -> bool:
        """Whether no attempt is made any more because of the time."""
        return self.left <= 0

    def wait_before_another(self, error: Exception) -> bool | float:
        """Return the seconds to wait before another attempt, or False for no other.

        A wait that would outlast what is left is not begun: a failed run that starts over is
        better. After CONNECTION_ATTEMPTS failed connections there is no other attempt either: a
        wrong address stays wrong, and its user should know at once.
        """
        self._failed_attempts += 1
        self._failed_connections += isinstance(error, NoConnectionError)
        verdict = self._on(error)
        if verdict is False or self._failed_connections >= CONNECTION_ATTEMPTS:
            return False
        wait = self._usual_wait() if verdict is True else verdict
        if stamina.is_testing():
            wait = wait if verdict is not True else 0.0
        if wait >= self.left:
            self.left = 0.0
            return False
        self.left -= wait
        return wait

    def _usual_wait(self) -> float:
        wait = FIRST_WAIT_SECONDS * 2.0 ** (self._failed_attempts - 1)
        jitter = random.uniform(0, JITTER_SECONDS)  # noqa: S311  no secret
        return min(LONGEST_WAIT_SECONDS, wait + jitter)

    def attempts(self) -> AsyncIterator[stamina.Attempt]:
        """Return the attempts at the request: bounded in number and in total seconds."""
        return aiter(
            stamina.retry_context(on=self.wait_before_another, attempts=ATTEMPTS, timeout=None)
        )


async def pause(times: int) -> None:
    """Wait before requesting less, longer the more often Mews was too busy in a row."""
    if stamina.is_testing():
        return
    wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (times - 1))
    await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311  no secret
