"""Decide when a request is retried, how long to wait before, and when to give up.

Source: docs/mews-api.md, "Responses and errors". stamina waits and counts; `stamina.set_testing`
switches the waiting off. It sees only our exceptions and no arguments, so it never logs a token.
"""

import asyncio
import random
from collections.abc import AsyncIterator, Callable

import stamina

from mews_pipeline.mews.errors import (
    DataChangedError,
    NoConnectionError,
    ServerError,
    TimedOutError,
    TooManyRequestsError,
    UnreachableError,
    UnreadableResponseError,
)

# With the waits below about a minute, and a step tries twice (defs/assets.py): a short outage is
# bridged, and a longer one alerts within two and a half minutes.
ATTEMPTS = 8
# Where no server listens: waits of 1, 2 and 4 seconds plus jitter, 13 at most.
CONNECTION_ATTEMPTS = 4
TOTAL_SECONDS = 600.0
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 15.0
JITTER_SECONDS = 2.0
LONGEST_RETRY_AFTER_SECONDS = 120.0

PASSING = (
    DataChangedError,
    ServerError,
    TooManyRequestsError,
    UnreachableError,
    UnreadableResponseError,
)


def backoff(error: Exception) -> bool | float:
    """Return whether to retry: no, yes after the usual wait, or after that many seconds.

    Retry-After wins, up to two minutes: beyond that a failed run that starts over is better. Jitter
    keeps requests that were refused together from being repeated together.
    """
    if isinstance(error, TooManyRequestsError) and error.retry_after is not None:
        wait = min(error.retry_after, LONGEST_RETRY_AFTER_SECONDS)
        return wait + random.uniform(0, JITTER_SECONDS)  # noqa: S311  no secret
    return isinstance(error, PASSING)


def backoff_when_indivisible(error: Exception) -> bool | float:
    """Do as `backoff`, for an operation that cannot be split: a 408 is retried too."""
    return isinstance(error, TimedOutError) or backoff(error)


def attempts(
    on: Callable[[Exception], bool | float], total_seconds: float = TOTAL_SECONDS
) -> AsyncIterator[stamina.Attempt]:
    """Return the attempts at one request: bounded in number and in total seconds.

    They end after CONNECTION_ATTEMPTS failed connections: a wrong address stays wrong, and its user
    should know at once.
    """
    failed_connections = 0

    def patient(error: Exception) -> bool | float:
        nonlocal failed_connections
        failed_connections += isinstance(error, NoConnectionError)
        return failed_connections < CONNECTION_ATTEMPTS and on(error)

    return aiter(
        stamina.retry_context(
            on=patient,
            attempts=ATTEMPTS,
            timeout=total_seconds,
            wait_initial=FIRST_WAIT_SECONDS,
            wait_max=LONGEST_WAIT_SECONDS,
            wait_jitter=JITTER_SECONDS,
        )
    )


async def pause(times: int) -> None:
    """Wait before requesting less, longer the more often Mews was too busy in a row."""
    if stamina.is_testing():
        return
    wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (times - 1))
    await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311  no secret
