"""When a request is made again, how long to wait before, and when to give up.

Sources: MEWS.md 4 (408, 409, 429, 5xx); issue 3, item 3. Waiting and counting are stamina's;
`stamina.set_testing` switches the waiting off. Only exceptions of ours pass through it, and no
arguments, so nothing it logs holds a token.
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
# sat out, and of a longer one the alert comes within two and a half minutes.
ATTEMPTS = 8
# Where nobody listens: waits of 1, 2 and 4 seconds and their jitter, 13 at most.
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
    """Log whether to ask the same again: no, yes after the usual wait, or after so many seconds.

    Retry-After comes first, at most two minutes of it: a server that asks for more is better met
    by a failed run that starts over. Jitter on top, so that those who were turned away together
    do not come back together.
    """
    if isinstance(error, TooManyRequestsError) and error.retry_after is not None:
        wait = min(error.retry_after, LONGEST_RETRY_AFTER_SECONDS)
        return wait + random.uniform(0, JITTER_SECONDS)  # noqa: S311  no secret
    return isinstance(error, PASSING)


def backoff_when_indivisible(error: Exception) -> bool | float:
    """Do as `backoff`, for an operation that cannot be asked for less: a 408 is asked again too."""
    return isinstance(error, TimedOutError) or backoff(error)


def attempts(
    on: Callable[[Exception], bool | float], total_seconds: float = TOTAL_SECONDS
) -> AsyncIterator[stamina.Attempt]:
    """Give the attempts at one request: bounded in number and, over all, in seconds.

    Sooner over where the connection itself fails, CONNECTION_ATTEMPTS times: an address that is
    wrong stays so, and whoever mistyped it should know at once.
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
    """Wait a while before asking for less, longer the more often Mews was too busy in a row."""
    if stamina.is_testing():
        return
    wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** (times - 1))
    await asyncio.sleep(wait * random.uniform(0.5, 1))  # noqa: S311  no secret
