"""Plan which request fails and how. The same seed gives the same plan."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """The ways in which one request can fail."""

    TIMEOUT_408 = "408"
    CONFLICT_409 = "409"
    TOO_LARGE_413 = "413"
    THROTTLED_429 = "429"
    ERROR_500 = "500"
    ERROR_502 = "502"
    ERROR_503 = "503"
    HTML = "an HTML page with status 200"
    WRONG_CONTENT_TYPE = "JSON with the content type of text"
    CUT_OFF = "a body that ends before its Content-Length"
    HALF_JSON = "a complete response with half a JSON document"
    RESET = "a connection reset"
    STALL = "no response for a long time"
    REPEATED_CURSOR = "the request's own cursor"


# Faults that a client overcomes by retrying or by asking for less. STALL only slows tests down.
TRANSIENT_FAULTS = tuple(
    fault for fault in Fault if fault not in {Fault.STALL, Fault.REPEATED_CURSOR}
)


class FaultPlan:
    """Faults by request number, counted from 1 over all operations.

    Faults are either `planned` by number or drawn at random: each request fails with probability
    `share`, but at most `max_consecutive` do so in succession, so that a client which retries as
    often gets through.
    """

    def __init__(
        self,
        planned: Mapping[int, Fault] | None = None,
        *,
        seed: int = 0,
        share: float = 0.0,
        kinds: Iterable[Fault] = TRANSIENT_FAULTS,
        max_consecutive: int = 2,
    ) -> None:
        self._planned = dict(planned or {})
        self._rng = Random(f"faults {seed}")  # noqa: S311
        self._share, self._kinds, self._max_consecutive = share, tuple(kinds), max_consecutive
        self._drawn: list[Fault | None] = []

    def at(self, number: int) -> Fault | None:
        """Return the fault of request `number`, None if it succeeds."""
        if number in self._planned:
            return self._planned[number]
        while len(self._drawn) < number:
            self._drawn.append(self._draw())
        return self._drawn[number - 1]

    def _draw(self) -> Fault | None:
        fault = self._rng.choice(self._kinds) if self._kinds else None
        fails = self._rng.random() < self._share
        latest = self._drawn[-self._max_consecutive :] if self._max_consecutive else []
        is_limit_reached = len(latest) == self._max_consecutive and None not in latest
        return fault if fails and not is_limit_reached else None
