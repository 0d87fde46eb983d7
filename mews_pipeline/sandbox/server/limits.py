"""Limit the requests of each access token with a sliding window.

Source: docs/mews-api.md, "Rate limit".
"""

import time
from collections import defaultdict, deque
from collections.abc import Callable

from mews_pipeline.sandbox.server.options import RateLimit


class SlidingWindow:
    """Requests per token, timed by this machine's monotonic clock, not by the sandbox's clock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)

    def wait(self, token_key: str, limit: RateLimit) -> float | None:
        """Count a request, or return the seconds to wait if it exceeds the limit.

        A refused request does not count.
        """
        now, taken = self._clock(), self._taken[token_key]
        while taken and taken[0] <= now - limit.seconds:
            taken.popleft()
        if len(taken) >= limit.requests:
            return taken[0] + limit.seconds - now
        taken.append(now)
        return None
