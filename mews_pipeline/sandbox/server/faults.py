"""A plan of failures: which request meets which. The same seed, the same plan."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """What can go wrong with one request."""

    TIMEOUT_408 = "408"
    CONFLICT_409 = "409"
    TOO_LARGE_413 = "413"
    THROTTLED_429 = "429"
    ERROR_500 = "500"
    ERROR_502 = "502"
    ERROR_503 = "503"
    HTML = "an HTML page with status 200"
    WRONG_CONTENT_TYPE = "JSON that is called text"
    CUT_OFF = "a body that ends before its Content-Length"
    HALF_JSON = "a whole answer with half a JSON"
    RESET = "a connection reset"
    STALL = "no answer for a long time"
    REPEATED_CURSOR = "the request's own cursor"


# What a client gets through by asking again, or for less; STALL only slows tests down.
TRANSIENT_FAULTS = tuple(
    fault for fault in Fault if fault not in {Fault.STALL, Fault.REPEATED_CURSOR}
)


class FaultPlan:
    """Faults by request number, counted from 1 over all operations.

    Either `planned` in so many words, or drawn: each request meets one with probability `share`,
    at most `max_consecutive` in succession, so that a client which tries once more than that gets
    through.
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
        """Give the fault that request `number` meets, None for an answer as it should be."""
        if number in self._planned:
            return self._planned[number]
        while len(self._drawn) < number:
            self._drawn.append(self._draw())
        return self._drawn[number - 1]

    def _draw(self) -> Fault | None:
        fault = self._rng.choice(self._kinds) if self._kinds else None
        is_met = self._rng.random() < self._share
        row = self._drawn[-self._max_consecutive :] if self._max_consecutive else []
        is_enough = len(row) == self._max_consecutive and None not in row
        return fault if is_met and not is_enough else None
