"""Assumed hotels, and the runs that their days need. Measures nothing."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from heapq import merge

from benchmarks import figures
from benchmarks.history import PER_RESERVATION
from benchmarks.simulation import (
    Costs,
    Played,
    Run,
    Simulation,
    Warehouse,
    Window,
)
from mews_pipeline.extract.entities import REFERENCE as LISTED
from mews_pipeline.extract.entities import SNAPSHOTS, UPDATED, Entity
from mews_pipeline.extract.money import LEDGERS
from mews_pipeline.mews.requests import PagedRequest

# Measured by costs.py: landing 2 and 100,000 rows; bytes of raw tables, a lake's after upkeep
FILE = Warehouse(False, 0.083, 10e-6, 256)
LAKE = Warehouse(True, 0.058, 18e-6, 339, 12.5, 4_700)
# A landing with fewer new rows stays in a lake's catalog
A_FILE = 10
MEASURED, COSTS = figures.read()

HALF_HOUR, HOUR, DAY, YEAR = 1800.0, 3600.0, 86_400.0, 365
# Reference data are fetched at ten past; with groups of tokens, models run then and at twenty to
TEN_MINUTES, SNAPSHOTS_AT = 600.0, 3 * HOUR + 2_400
WORKERS = (1, 2, 4, 8, 16, 32)
# Around noon, when most versions arrive; long enough to see whether workers keep up
BUSY = (10 * HOUR, 14 * HOUR)
PAGE_ROWS = 1000
BACKFILLED_DAYS, WINDOWS_OF_BACKFILL = 730, 8
REFRESH, REFERENCE, BACKFILL = "refresh", "reference", "backfill"
RESERVATIONS, ORDERS, ITEMS = (entity.table for entity in UPDATED)
# Rows of a listing per hotel, as in the sandbox; in the place of rooms is how many a hotel has
ROOMS = -1
ROWS = {
    "enterprises": 1, "enterprise_currencies": 2, "services": 4, "resources": ROOMS,
    "resource_categories": 5, "resource_category_assignments": ROOMS, "resource_blocks": 5,
    "age_categories": 4, "accounting_categories": 10, "products": 10, "rates": 4, "rate_groups": 2,
    "business_segments": 5, "companies": 4, "currencies": 1,
}  # fmt: skip
# A configuration is asked for per hotel; other requests that are not paged are one per token
ASKED_PER_HOTEL = {"enterprise_currencies"}
# Days of this and the last month, and the requests of availability: services by spans of dates
DAYS_OF_BALANCES, MONTHS_OF_BALANCES, AVAILABILITIES = 46, 2, 2


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
    # benchmarks/history.py: three items a night, made, changed, closed or cancelled
    items_per_reservation: float = PER_RESERVATION[ITEMS]
    # Whether the tokens may read money
    has_money: bool = True
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
    def room_versions_per_year(self) -> float:
        """Return how many versions of reservations and orders a hotel has per year."""
        per_reservation = self.versions_per_reservation * (1 + self.orders_per_version)
        return self.reservations_per_day * per_reservation * YEAR

    @property
    def items_per_version(self) -> float:
        """Return the versions of items per version of a reservation; none without money."""
        return self.has_money * self.items_per_reservation / self.versions_per_reservation

    @property
    def versions_per_year(self) -> float:
        """Return how many versions of reservations, orders and items a hotel has per year."""
        items = self.has_money * self.items_per_reservation
        return self.room_versions_per_year + self.reservations_per_day * items * YEAR

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
        return _played(self, COSTS, begin, end)

    def backfill(self) -> Played:
        """Simulate fetching years of history, of which Mews returns the latest versions."""
        latest = self.world.reservations_per_day * BACKFILLED_DAYS / WINDOWS_OF_BACKFILL
        windows = [w for _ in range(WINDOWS_OF_BACKFILL) for w in self._windows(latest, latest)]
        rooms = self.hotels * latest * WINDOWS_OF_BACKFILL * (1 + self.world.orders_per_version)
        runs = [Run(BACKFILL, 0, 0, part) for part in self._parts(windows)]
        models = self.models(0) + rooms * COSTS.posting_version
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
        """Yield the hourly runs of reference data. What is refused is asked for once a day."""
        granted = [one for one in LISTED if self.world.has_money or not one.may_be_refused]
        asked, rows = sum(map(self._requests_of, granted)), sum(map(self._rows_of, granted))
        at = begin + TEN_MINUTES
        while at < end:
            refused = len(LISTED) - len(granted) if at % DAY == TEN_MINUTES else 0
            requests = asked + refused
            yield Run(REFERENCE, at, at, [
                Window(n, REFERENCE, requests, rows, 0, len(LISTED)) for n in range(self.tokens)
            ])  # fmt: skip
            at += HOUR

    def snapshots(self, begin: float, end: float) -> Iterator[Run]:
        """Yield the daily runs: availability, exchange rates, and balances by ledger and month."""
        at, days = SNAPSHOTS_AT, DAYS_OF_BALANCES / MONTHS_OF_BALANCES
        while at < begin:
            at += DAY
        while at < end:
            of_ledgers = len(LEDGERS) * MONTHS_OF_BALANCES
            # Enterprises and services are listed for availability, enterprises again for money
            requests = 3 * _requests(self.per_token) + math.ceil(self.per_token) * AVAILABILITIES
            if self.world.has_money:
                requests += 1 + of_ledgers * _requests(self.per_token * days)
            else:
                # Rates, each ledger at its first month, and order items
                requests += 1 + len(LEDGERS) + 1
            rows = self.world.has_money * self.per_token * DAYS_OF_BALANCES * len(LEDGERS)
            yield Run(REFERENCE, at, at, [
                Window(n, REFERENCE, requests, rows, 0, len(SNAPSHOTS)) for n in range(self.tokens)
            ])  # fmt: skip
            at += DAY

    def _rows_of(self, entity: Entity) -> float:
        rows = ROWS[entity.table]
        return self.per_token * (self.world.rooms if rows == ROOMS else rows)

    def _requests_of(self, entity: Entity) -> int:
        """Return the requests of a listing of reference data."""
        if issubclass(entity.operation.request, PagedRequest):
            return _requests(self._rows_of(entity))
        return math.ceil(self.per_token) if entity.table in ASKED_PER_HOTEL else 1

    def _windows(self, fetched: float, new: float) -> list[Window]:
        """Return one window per token and table, given the versions of one hotel."""
        rows, own = fetched * self.per_token, new * self.per_token
        tables = {RESERVATIONS: 1.0, ORDERS: self.world.orders_per_version}
        if self.world.has_money:
            tables[ITEMS] = self.world.items_per_version
        # Orders are fetched for additional and for bookable services, which are listed before
        more = {ORDERS: 3}
        return [
            Window(
                token,
                table,
                _requests(rows * part) + more.get(table, 0),
                rows * part,
                own * part,
                # Reservations have their person counts
                files=(1 + (table == RESERVATIONS)) * (own * part >= A_FILE),
            )
            for token in range(self.tokens)
            for table, part in tables.items()
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
        history = self.hotels * self.world.room_versions_per_year * self.world.years
        # Every version of a touched reservation is posted again
        posted = self.hotels * new * self.world.versions_per_reservation
        grows = COSTS.models_version + COSTS.publishing_version
        empty = COSTS.models + self.hotels * COSTS.models_hotel
        return empty + history * grows + posted * COSTS.posting_version

    def _simulation(self) -> Simulation:
        return Simulation(self.kept, COSTS, self.world.latency)


@cache
def _played(group: Group, costs: Costs, begin: float, end: float) -> Played:
    """Simulate hours of a day once: several tables ask for the same."""
    runs = merge(
        group.refreshes(begin, end),
        group.references(begin, end),
        group.snapshots(begin, end),
        key=lambda run: run.at,
    )
    return Simulation(group.kept, costs, group.world.latency).play(runs, group.workers)


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
