"""Who books a hotel, when, for how long: enough to fill it as a believable hotel is filled.

Spaces are given out in order of arrival, so that no two stays that come true share one; what is
canceled, asked for or never confirmed comes on top, and overbooks the future a little at times.
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
# Guests who are already there on the first day arrived up to so many days before.
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
    """The days on which life happens, both included."""

    start: date
    end: date

    @property
    def start_utc(self) -> datetime:
        """The first instant of the first day."""
        return datetime.combine(self.start, time.min, UTC)

    @property
    def horizon(self) -> datetime:
        """The instant from which on nothing happens: the end of the last day, UTC."""
        return datetime.combine(self.end + _DAY, time.min, UTC)

    @property
    def earliest(self) -> date:
        """The first day on which anything was booked."""
        return self.start - _BOOKED_BEFORE_START


class Demand:
    """Everything that is booked at one hotel."""

    def __init__(self, prop: Property, days: Days, rng: Random) -> None:
        self.prop, self.days, self.rng = prop, days, rng
        self.blocks = Blocks(prop, days.horizon, rng)
        self._style = prop.plan.style
        self._booked = 0
        self._import_at = prop.at(days.start - 30 * _DAY, 3)

    def reservations(self) -> Iterator[Reservation]:
        """Give every reservation that was made by the end, its life told."""
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
        # the fraction is drawn: small categories would otherwise never, or always, be full
        count = min(len(free), int(wanted + rng.random())) if wanted > 0 else 0
        while count > 0:
            party = min(count, rng.randint(3, 7)) if happens(rng, 0.03) else 1
            yield from self._party(category, day, [free.pop() for _ in range(party)])
            count -= party
        extras = _EXTRA_SHARE * len(spaces) * category.occupancy / 2.6
        for _ in range(int(extras + rng.random())):
            yield from self._extra(category, day, spaces)

    def _fill(self, category: Category, day: date) -> float:
        """The share of a category to be occupied: by season, weekday and luck."""
        season = -0.08 * cos(2 * pi * (day.timetuple().tm_yday - 15) / 365)
        weekday = 0.10 if day.weekday() in _BUSY_DAYS[self._style] else -0.05
        return min(1.0, category.occupancy + season + weekday + self.rng.uniform(-0.05, 0.05))

    def _party(self, category: Category, day: date, spaces: list[Space]) -> Iterator[Reservation]:
        nights = self.rng.choices(*_NIGHTS[self._style])[0]
        created, group = self._created(day), self.rng.getrandbits(40)
        for space in spaces:
            taken = self._upgrade(category, space, day)
            _keep(taken, day + nights * _DAY)
            booking = Booking(self.prop, category, taken, day, nights, created, group)
            yield from self._live(booking, outcomes.stay, len(spaces) > 1)
            created += timedelta(seconds=self.rng.randrange(3))

    def _upgrade(self, category: Category, space: Space, day: date) -> Space:
        """Give a few of the standard bookings a better room, where one is free."""
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
        yield from self._live(booking, outcome, False)

    def _created(self, day: date) -> datetime:
        rng = self.rng
        mean = _MEAN_LEAD[self._style]
        lead = 0 if happens(rng, 0.08) else min(LONGEST_LEAD, int(rng.expovariate(1 / mean)))
        if happens(rng, 0.06):
            lead = rng.randrange(LONGEST_LEAD)
        booked = day - lead * _DAY
        if booked < self.days.earliest:
            # who would have booked before anybody can, books soon after
            booked = self.days.earliest + rng.randrange(20) * _DAY
        latest = 14 if lead == 0 else 23
        return self.prop.at(booked, 7 + rng.random() * (latest - 7))

    def _live(
        self, booking: Booking, outcome: outcomes.Outcome, is_group: bool
    ) -> Iterator[Reservation]:
        """Tell the booking's life, unless it is made only after the end."""
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
        if life.end >= self.days.start_utc:
            life.touch(self.days.start_utc + timedelta(seconds=rng.randrange(86_400)))
        yield life.reservation(self.days.horizon)


def _sold(category: Category) -> list[Space]:
    """Give what is sold of a category: the first dormitory as a whole, the others bed by bed."""
    if category.type == "Dorm":
        return category.spaces[:1]
    if category.type == "Bed":
        whole = category.spaces[0].parent
        return [space for space in category.spaces if space.parent is not whole]
    return category.spaces


def _is_open(prop: Property, space: Space, day: date) -> bool:
    """Tell whether a space is given to arrivals of a day; none that could outstay its closing."""
    if prop.day_of(space.opened) > day:
        return False
    return space.closed is None or day + 14 * _DAY <= prop.day_of(space.closed)


def _keep(space: Space, until: date) -> None:
    """Take a space; a dormitory takes its beds, a bed its dormitory (MEWS.md 1.4)."""
    related = [*space.children, space.parent] if space.parent else space.children
    for taken in (space, *related):
        if taken is not None:
            taken.free_from = max(taken.free_from, until)
