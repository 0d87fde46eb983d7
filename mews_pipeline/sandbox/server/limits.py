"""How many requests an access token may make: a sliding window (MEWS.md 4)."""

import time
from collections import defaultdict, deque
from collections.abc import Callable

from mews_pipeline.sandbox.server.options import RateLimit


class SlidingWindow:
    """Counts requests per token by this machine's monotonic clock, whatever the sandbox's says."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)

    def wait(self, token_key: str, limit: RateLimit) -> float | None:
        """Count a request; give the seconds to wait where it is one too many, else None.

        A refused request is not counted.
        """
        now, taken = self._clock(), self._taken[token_key]
        while taken and taken[0] <= now - limit.seconds:
            taken.popleft()
        if len(taken) >= limit.requests:
            return taken[0] + limit.seconds - now
        taken.append(now)
        return None
