"""Run blocking work in a thread, beside the event loop."""

import asyncio
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


async def in_thread(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Await the work in a thread; raises what it raises, a StopIteration as RuntimeError.

    Before Python 3.12, asyncio.to_thread waits forever for a function that raises StopIteration.
    """
    return await asyncio.to_thread(_without_stop_iteration(work), *args, **kwargs)


def _without_stop_iteration(work: Callable[P, R]) -> Callable[P, R]:
    @wraps(work)
    def finished(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return work(*args, **kwargs)
        except StopIteration as error:
            raise RuntimeError(f"StopIteration: {error}") from None

    return finished
