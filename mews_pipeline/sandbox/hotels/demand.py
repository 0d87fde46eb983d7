"""Simulate the demand for a hotel: enough bookings to fill it to a realistic level.

Spaces are assigned in order of arrival, so that no two actual stays share one. Bookings that are
canceled, only requested or never confirmed come on top, and sometimes overbook the future a little.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import cos, pi
from random import Random

from mews_pipeline.sandbox.hotels import outcomes
from mews_pipeline.sandbox.hotels.blocks import Blocks
from mews_pipeline.sandbox.hotels.chance import happens
from mews_pipeline.sandbox.hotels.inventory import Category, Property, Space
from mews_pipeline.sandbox.hotels.lives import Booking, Life
from mews_pipeline.sandbox.hotels.reservations import Reservation

_DAY = timedelta(days=1)
LONGEST_LEAD = 300
_BOOKED_BEFORE_START = 200 * _DAY
# Guests who are in house on the first day arrived up to this many days before it.
_WARM_UP = 12
_BUSY_DAYS = {"leisure": frozenset({4, 5}), "business": frozenset({0, 1, 2, 3})}
_MEAN_LEAD = {"leisure": 38.0, "business": 16.0}
_NIGHTS = {"leisure": ((1, 2, 3, 4, 5, 7, 10, 14), (22, 30, 20, 10, 6, 8, 2, 2)),
           "business": ((1, 2, 3, 4, 5, 7, 14), (44, 28, 14, 6, 4, 3, 1))}  # fmt: skip
_EXTRAS = (
    (outcomes.cancel, 60), (outcomes.expire, 14), (outcomes.enquire, 13),
    (outcomes.no_show, 9), (outcomes.walk, 1), (outcomes.stay, 3),
)  # fmt: skip
_EXTRA_SHARE = 0.42


@dataclass(frozen=True)
class Days:
    """The simulated days, both ends included."""

    start: date
    end: date

    @property
    def start_utc(self) -> datetime:
        """The first instant of the first day."""
        return datetime.combine(self.start, time.min, UTC)

    @property
    def horizon(self) -> datetime:
        """The end of the last day, UTC; nothing happens at or after it."""
        return datetime.combine(self.end + _DAY, time.min, UTC)

    @property
    def earliest(self) -> date:
        """The first day on which bookings are made."""
        return self.start - _BOOKED_BEFORE_START


class Demand:
    """The demand for the spaces of one hotel."""

    def __init__(self, prop: Property, days: Days, rng: Random) -> None:
        self.prop, self.days, self.rng = prop, days, rng
        self.blocks = Blocks(prop, days.horizon, rng)
        self._style = prop.plan.style
        self._booked = 0
        self._import_at = prop.at(days.start - 30 * _DAY, 3)

    def reservations(self) -> Iterator[Reservation]:
        """Yield every reservation made before the horizon, with all its versions."""
        day = self.days.start - _WARM_UP * _DAY
        while day <= self.days.end + LONGEST_LEAD * _DAY:
            for category in self.prop.categories:
                yield from self._arrivals(category, day)
            day += _DAY

    def _arrivals(self, category: Category, day: date) -> Iterator[Reservation]:
        rng, prop = self.rng, self.prop
        spaces = [space for space in _sold(category) if _is_open(prop, space, day)]
        free = [space for space in spaces if space.free_from <= day]
        rng.shuffle(free)
        self.blocks.begin(free, day)
        wanted = self._fill(category, day) * len(spaces) - (len(spaces) - len(free))
        # Round at random: otherwise small categories would be full either always or never
        count = min(len(free), int(wanted + rng.random())) if wanted > 0 else 0
        while count > 0:
            party = min(count, rng.randint(3, 7)) if happens(rng, 0.03) else 1
            yield from self._party(category, day, [free.pop() for _ in range(party)])
            count -= party
        extras = _EXTRA_SHARE * len(spaces) * category.occupancy / 2.6
        for _ in range(int(extras + rng.random())):
            yield from self._extra(category, day, spaces)

    def _fill(self, category: Category, day: date) -> float:
        """Return the share of a category to be occupied, by season, weekday and chance."""
        season = -0.08 * cos(2 * pi * (day.timetuple().tm_yday - 15) / 365)
        weekday = 0.10 if day.weekday() in _BUSY_DAYS[self._style] else -0.05
        return min(1.0, category.occupancy + season + weekday + self.rng.uniform(-0.05, 0.05))

    def _party(self, category: Category, day: date, spaces: list[Space]) -> Iterator[Reservation]:
        nights = self.rng.choices(*_NIGHTS[self._style])[0]
        created, group = self._created(day), self.rng.getrandbits(40)
        for space in spaces:
            space_used = self._upgrade(category, space, day)
            _occupy(space_used, day + nights * _DAY)
            booking = Booking(self.prop, category, space_used, day, nights, created, group)
            yield from self._book(booking, outcomes.stay, len(spaces) > 1)
            created += timedelta(seconds=self.rng.randrange(3))

    def _upgrade(self, category: Category, space: Space, day: date) -> Space:
        """Upgrade a few standard bookings, if a better room is free."""
        if category.key == "STD" and happens(self.rng, 0.05):
            better = self.prop.categories[1]
            for other in better.spaces:
                if other.free_from <= day and _is_open(self.prop, other, day):
                    return other
        return space

    def _extra(self, category: Category, day: date, spaces: list[Space]) -> Iterator[Reservation]:
        weights = [weight for _, weight in _EXTRAS]
        outcome = self.rng.choices([outcome for outcome, _ in _EXTRAS], weights)[0]
        is_day_use = outcome is outcomes.stay
        if is_day_use and category.key not in {"STD", "SUP"}:
            return
        nights = 0 if is_day_use else self.rng.choices(*_NIGHTS[self._style])[0]
        space = self.rng.choice(spaces) if is_day_use else None
        created, group = self._created(day), self.rng.getrandbits(40)
        booking = Booking(self.prop, category, space, day, nights, created, group)
        yield from self._book(booking, outcome, False)

    def _created(self, day: date) -> datetime:
        rng = self.rng
        mean = _MEAN_LEAD[self._style]
        lead = 0 if happens(rng, 0.08) else min(LONGEST_LEAD, int(rng.expovariate(1 / mean)))
        if happens(rng, 0.06):
            lead = rng.randrange(LONGEST_LEAD)
        booked = day - lead * _DAY
        if booked < self.days.earliest:
            # Bookings before the first possible day move to soon after it
            booked = self.days.earliest + rng.randrange(20) * _DAY
        latest = 14 if lead == 0 else 23
        return self.prop.at(booked, 7 + rng.random() * (latest - 7))

    def _book(
        self, booking: Booking, outcome: outcomes.Outcome, is_group: bool
    ) -> Iterator[Reservation]:
        """Yield the reservation of a booking, unless it is made after the horizon."""
        rng = self.rng
        if booking.created < self._import_at < booking.prop.at(booking.arrival):
            booking.is_import = happens(rng, 0.05)
        if booking.is_import:
            booking.created = self._import_at + timedelta(seconds=rng.randrange(900))
        if booking.created >= self.days.horizon:
            return
        self._booked += 1
        life = Life(booking, self.prop.ids("reservation", (self.prop.number, self._booked)), rng)
        if is_group:
            life.record.block = booking.group % 6 if booking.group % 3 == 0 else None
        outcome(life)
        # Others keep an UpdatedUtc before the start until something happens, often for months
        if life.end >= self.days.start_utc:
            touched_at = self.days.start_utc + timedelta(seconds=rng.randrange(86_400))
            if life.after_last_change <= self.days.start_utc:
                life.touch(touched_at)
        yield life.reservation(self.days.horizon)


def _sold(category: Category) -> list[Space]:
    """Return the sold spaces of a category: the first dormitory as a whole, the others by bed."""
    if category.type == "Dorm":
        return category.spaces[:1]
    if category.type == "Bed":
        whole = category.spaces[0].parent
        return [space for space in category.spaces if space.parent is not whole]
    return category.spaces


def _is_open(prop: Property, space: Space, day: date) -> bool:
    """Tell whether a space may be sold to arrivals of a day; not if it closes within two weeks."""
    if prop.day_of(space.opened) > day:
        return False
    return space.closed is None or day + 14 * _DAY <= prop.day_of(space.closed)


def _occupy(space: Space, until: date) -> None:
    """Occupy a space. A dormitory also occupies its beds, and a bed its dormitory.

    Source: docs/mews-api.md, "Lodging, dormitories and beds".
    """
    related = [*space.children, space.parent] if space.parent else space.children
    for occupied in (space, *related):
        if occupied is not None:
            occupied.free_from = max(occupied.free_from, until)
