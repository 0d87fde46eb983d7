"""Simulate runs, workers, locks and rate limits in the order of time. Measures nothing."""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heapreplace

REQUESTS, SECONDS = 200, 30.0


@dataclass(frozen=True)
class Warehouse:
    """What a landing costs in it, and what it leaves there."""

    locks_by_table: bool
    landing: float
    landing_version: float
    bytes_per_version: float
    transactions_per_landing: float = 0.0
    catalog_bytes_per_landing: float = 0.0


@dataclass(frozen=True)
class Costs:
    """Seconds, measured on two cores; those of fetching are CPU seconds of one core."""

    # Fetching and flattening a version
    version: float = 0.0
    # Fetching a nearly empty window
    window: float = 0.0
    # Loading the code location, with which every run begins
    run: float = 0.0
    # A build that posts nothing, and publishing it: in any case, per hotel, per version of history
    models: float = 0.0
    models_hotel: float = 0.0
    models_version: float = 0.0
    publishing_version: float = 0.0
    # CPU seconds of a build per second of wall clock
    models_cores: float = 1.0
    # A version that a build posts
    posting_version: float = 0.0


class Budget:
    """One token's requests in a sliding window, a second longer than Mews' own."""

    def __init__(self, requests: int = REQUESTS, seconds: float = SECONDS + 1) -> None:
        self._left: deque[float] = deque(maxlen=requests)
        self._seconds = seconds

    def take(self, at: float) -> float:
        """Return when a request that is ready at `at` may leave; never before earlier ones."""
        if self._left:
            at = max(at, self._left[-1])
        if len(self._left) == self._left.maxlen:
            at = max(at, self._left[0] + self._seconds)
        self._left.append(at)
        return at

    def is_free(self, at: float, requests: int) -> bool:
        """Return whether so many requests may leave as soon as they are ready, from `at` on."""
        is_idle = not self._left or self._left[-1] + self._seconds <= at
        return is_idle and requests <= (self._left.maxlen or 0)

    def take_all(self, times: Iterable[float]) -> None:
        """Let requests leave at these times, in order, after it was free."""
        self._left.clear()
        self._left.extend(times)


def answered(begin: float, listings: Sequence[int], latency: float, budget: Budget) -> list[float]:
    """Return when each listing is complete: listings run side by side, their pages in order."""
    if budget.is_free(begin, sum(listings)):
        asked = (begin + page * latency for pages in listings for page in range(pages))
        budget.take_all(sorted(asked))
        return [begin + pages * latency for pages in listings]
    ends, left = [begin] * len(listings), list(listings)
    asking = [(begin, number) for number in range(len(listings))]
    while asking:
        at, number = asking[0]
        if left[number]:
            left[number] -= 1
            heapreplace(asking, (budget.take(at) + latency, number))
        else:
            ends[number], _ = heappop(asking)
    return ends


@dataclass(frozen=True)
class Window:
    """What is fetched with one token and landed in one table; `new` of the versions are new."""

    token: int
    table: str
    requests: int
    fetched: float
    new: float
    landings: int = 1
    files: int = 0


@dataclass(frozen=True)
class Run:
    """What one worker does as a whole: windows, then models, during which nobody lands.

    It starts at `at` at the earliest; its duration is counted from `tick`.
    """

    kind: str
    tick: float
    at: float
    windows: Sequence[Window] = ()
    models: float = 0.0


@dataclass
class Played:
    """The slowest of each kind of run, the end of the last, and sums."""

    slowest: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    end: float = 0.0
    requests: int = 0
    new: float = 0.0
    landings: int = 0
    files: int = 0
    cpu: float = 0.0


@dataclass
class Simulation:
    """Workers that take runs in order, and wait for locks and rate limits."""

    kept: Warehouse
    costs: Costs
    latency: float

    def play(self, runs: Iterable[Run], workers: int) -> Played:
        """Simulate runs, given in the order of `at`, to the end of the last."""
        self.played, self._exclusive_until = Played(), 0.0
        self._free_at = defaultdict[str, float](float)
        self._budgets = defaultdict[int, Budget](Budget)
        queue = iter(runs)
        at_work = [(0.0, number, self._work(queue)) for number in range(workers)]
        while at_work:
            _, number, worker = at_work[0]
            now = next(worker, None)
            if now is None:
                heappop(at_work)
            else:
                heapreplace(at_work, (now, number, worker))
        return self.played

    def _work(self, queue: Iterator[Run]) -> Iterator[float]:
        """Simulate one worker; yield until when it is busy, so that time moves for all."""
        now = 0.0
        for run in queue:
            now = max(now, run.at) + self.costs.run
            yield now
            for ready, window in self._fetched(run.windows, now):
                now = max(now, ready) + self._flattening(window)
                yield now
                now = self._landed(window, now)
                yield now
            if run.models:
                now = max(now, self._exclusive_until, *self._free_at.values()) + run.models
                self._exclusive_until = now
                yield now
            self._count(run, now)

    def _fetched(self, windows: Sequence[Window], begin: float) -> list[tuple[float, Window]]:
        by_token = defaultdict[int, list[Window]](list)
        for window in windows:
            by_token[window.token].append(window)
        found: list[tuple[float, Window]] = []
        for token, own in by_token.items():
            requests = [window.requests for window in own]
            ends = answered(begin, requests, self.latency, self._budgets[token])
            found += zip(ends, own, strict=True)
        return sorted(found, key=lambda one: one[0])

    def _flattening(self, window: Window) -> float:
        return self.costs.window + window.fetched * self.costs.version

    def _landing(self, window: Window) -> float:
        return window.landings * self.kept.landing + window.new * self.kept.landing_version

    def _landed(self, window: Window, now: float) -> float:
        lock = window.table if self.kept.locks_by_table else ""
        begin = max(now, self._free_at[lock], self._exclusive_until)
        self._free_at[lock] = begin + self._landing(window)
        return self._free_at[lock]

    def _count(self, run: Run, now: float) -> None:
        played = self.played
        played.end = max(played.end, now)
        played.slowest[run.kind] = max(played.slowest[run.kind], now - run.tick)
        played.requests += sum(window.requests for window in run.windows)
        played.new += sum(window.new for window in run.windows)
        played.landings += sum(window.landings for window in run.windows)
        played.files += sum(window.files for window in run.windows)
        played.cpu += self.costs.run + run.models * self.costs.models_cores
        played.cpu += sum(self._flattening(one) + self._landing(one) for one in run.windows)
