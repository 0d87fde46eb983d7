"""Assumed hotels, and the runs that their days need. Measures nothing."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge

from benchmarks import figures
from benchmarks.simulation import (
    Played,
    Run,
    Simulation,
    Warehouse,
    Window,
)

# Measured by costs.py: landing 2 and 100,000 rows; bytes of raw tables, a lake's after upkeep
FILE = Warehouse(False, 0.083, 10e-6, 256)
LAKE = Warehouse(True, 0.058, 18e-6, 339, 12.5, 4_700)
# A landing with fewer new rows stays in a lake's catalog
A_FILE = 10
MEASURED, COSTS = figures.read()

HALF_HOUR, HOUR, DAY, YEAR = 1800.0, 3600.0, 86_400.0, 365
# Reference data are fetched at ten past; with groups of tokens, models run then and at twenty to
TEN_MINUTES = 600.0
WORKERS = (1, 2, 4, 8, 16, 32)
# Around noon, when most versions arrive; long enough to see whether workers keep up
BUSY = (10 * HOUR, 14 * HOUR)
PAGE_ROWS = 1000
BACKFILLED_DAYS, WINDOWS_OF_BACKFILL = 730, 8
REFRESH, REFERENCE, BACKFILL = "refresh", "reference", "backfill"
RESERVATIONS, ORDERS = "reservations", "product_service_orders"


@dataclass(frozen=True)
class World:
    """Assumptions about hotels and about Mews."""

    # A hotel as in benchmarks/history.py; occupancy and stays as usual in cities
    rooms: int = 100
    occupancy: float = 0.7
    nights: float = 2.5
    # benchmarks/history.py: made, changed, cancelled or checked in and out
    versions_per_reservation: float = 3.27
    # As in the sandbox: 14 orders a day with 157 versions of reservations
    orders_per_version: float = 0.09
    # The busiest hour over the mean one, 1 to 2: 1.45 in the sandbox, which has no rush hours
    peak: float = 2.0
    # A token opens one property, or a portfolio of them
    hotels_per_token: int = 1
    # Seconds until Mews responds; nobody measured it
    latency: float = 0.5
    # Years of history in the models
    years: float = 2.0
    # Share of the half hour before that a refresh fetches again: ten minutes
    overlap: float = 1 / 3

    @property
    def reservations_per_day(self) -> float:
        """Return how many reservations a hotel gets per day."""
        return self.rooms * self.occupancy / self.nights

    @property
    def versions_per_year(self) -> float:
        """Return how many versions of reservations and orders a hotel has per year."""
        per_reservation = self.versions_per_reservation * (1 + self.orders_per_version)
        return self.reservations_per_day * per_reservation * YEAR

    def versions(self, begin: float, end: float) -> float:
        """Return a hotel's versions of reservations: a wave, `peak` times the mean at noon."""
        a_day = self.reservations_per_day * self.versions_per_reservation

        def until(at: float) -> float:
            circle = 2 * math.pi
            return at / DAY - (self.peak - 1) / circle * math.sin(circle * at / DAY)

        return a_day * (until(end) - until(begin))


@dataclass(frozen=True)
class Group:
    """A number of hotels in that world, with a warehouse and a number of workers."""

    world: World
    hotels: int
    kept: Warehouse
    workers: int

    @property
    def tokens(self) -> int:
        """Return the number of tokens that open the hotels."""
        return math.ceil(self.hotels / self.world.hotels_per_token)

    @property
    def per_token(self) -> float:
        """Return the hotels per token."""
        return self.hotels / self.tokens

    def play(self, begin: float = 0.0, end: float = DAY) -> Played:
        """Simulate a day, or these hours of one."""
        runs = merge(
            self.refreshes(begin, end), self.references(begin, end), key=lambda run: run.at
        )
        return self._simulation().play(runs, self.workers)

    def backfill(self) -> Played:
        """Simulate fetching years of history, of which Mews returns the latest versions."""
        latest = self.world.reservations_per_day * BACKFILLED_DAYS / WINDOWS_OF_BACKFILL
        windows = [w for _ in range(WINDOWS_OF_BACKFILL) for w in self._windows(latest, latest)]
        kept = self.hotels * latest * WINDOWS_OF_BACKFILL * (1 + self.world.orders_per_version)
        runs = [Run(BACKFILL, 0, 0, part) for part in self._parts(windows)]
        models = self.models(0) + kept * COSTS.posting_version
        runs.append(Run(BACKFILL, 0, 0, models=models))
        return self._simulation().play(runs, self.workers)

    def refreshes(self, begin: float, end: float) -> Iterator[Run]:
        """Yield the runs of every half hour: one with the models at its end, or one per group."""
        tick = begin
        while tick < end:
            new = self.world.versions(tick - HALF_HOUR, tick)
            parts = self._parts(self._windows(new * (1 + self.world.overlap), new))
            models = self.models(new)
            if len(parts) == 1:
                yield Run(REFRESH, tick, tick, parts[0], models)
            else:
                for part in parts:
                    yield Run(REFRESH, tick, tick, part)
                yield Run(REFRESH, tick, tick + TEN_MINUTES, models=models)
            tick += HALF_HOUR

    def references(self, begin: float, end: float) -> Iterator[Run]:
        """Yield the hourly runs of reference data."""
        # As in the sandbox, per hotel: 1 enterprise, 4 services, 4 age categories, 5 categories;
        # rooms are listed twice, blocks are asked for by quarters
        rows = [self.per_token * n for n in (1, 4, 4, 5, self.world.rooms, self.world.rooms)]
        requests = sum(map(_requests, rows)) + 10
        windows = [Window(n, REFERENCE, requests, sum(rows), 0, 7) for n in range(self.tokens)]
        at = begin + TEN_MINUTES
        while at < end:
            yield Run(REFERENCE, at, at, windows)
            at += HOUR

    def _windows(self, fetched: float, new: float) -> list[Window]:
        """Return one window per token and table, given the versions of one hotel."""
        rows, own = fetched * self.per_token, new * self.per_token
        share = self.world.orders_per_version
        # Orders are fetched for additional and for bookable services, which are listed before
        asked, asked_orders = _requests(rows), _requests(rows * share) + 3
        return [
            window
            for token in range(self.tokens)
            for window in (
                # Reservations and their person counts
                Window(token, RESERVATIONS, asked, rows, own, files=2 * (own >= A_FILE)),
                Window(
                    token,
                    ORDERS,
                    asked_orders,
                    rows * share,
                    own * share,
                    files=own * share >= A_FILE,
                ),
            )
        ]

    def _parts(self, windows: list[Window]) -> list[list[Window]]:
        """Split the windows by groups of tokens, two per worker; a file has one group."""
        groups = min(2 * self.workers, self.tokens) if self.kept is LAKE else 1
        parts: list[list[Window]] = [[] for _ in range(groups)]
        for window in windows:
            parts[window.token % groups].append(window)
        return parts

    def models(self, new: float) -> float:
        """Return the seconds of a build and of publishing, given the new versions of one hotel."""
        history = self.hotels * self.world.versions_per_year * self.world.years
        # Every version of a touched reservation is posted again
        posted = self.hotels * new * self.world.versions_per_reservation
        grows = COSTS.models_version + COSTS.publishing_version
        empty = COSTS.models + self.hotels * COSTS.models_hotel
        return empty + history * grows + posted * COSTS.posting_version

    def _simulation(self) -> Simulation:
        return Simulation(self.kept, COSTS, self.world.latency)


def _requests(rows: float) -> int:
    """Return the requests of a listing, which Mews ends with an empty page."""
    return math.ceil(rows / PAGE_ROWS) + 1


def in_time(played: Played) -> bool:
    """Say whether each refresh took at most half an hour, and reference data an hour."""
    return played.slowest[REFRESH] <= HALF_HOUR and played.slowest[REFERENCE] <= HOUR


def smallest(world: World, hotels: int) -> Group:
    """Return the group with the fewest workers that keep up with the busiest hours of a lake."""
    for workers in WORKERS:
        group = Group(world, hotels, LAKE, workers)
        if in_time(group.play(*BUSY)):
            return group
    return group
