"""Build a reservation from its booking and a list of later changes, as a series of versions."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

from mews_pipeline.sandbox.hotels.chance import happens
from mews_pipeline.sandbox.hotels.inventory import Category, Property, Service, Space
from mews_pipeline.sandbox.hotels.reservations import Reservation, ReservationVersion
from mews_pipeline.sandbox.hotels.service_orders import draw_traits

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_FINISHED = frozenset({"Canceled", "Processed"})

# The one edit that is skipped if the reservation has ended before it.
_TOUCH: dict[str, object] = {"updater": 0}


@dataclass(slots=True)
class Booking:
    """A booking of a space from a local day for a number of nights (0 means day use).

    `space` is where the guests finally stay; None if they never come, or are turned away.
    """

    prop: Property
    category: Category
    space: Space | None
    arrival: date
    nights: int
    created: datetime
    group: int
    is_import: bool = False

    @property
    def service(self) -> Service:
        """The service that sells the category."""
        return self.category.service


class Life:
    """The life of a reservation: its initial version, and changes in any order."""

    def __init__(self, booking: Booking, record_id: str, rng: Random) -> None:
        self.booking, self.rng = booking, rng
        prop = booking.prop
        self.record = Reservation(record_id, booking.created, prop, booking.service)
        draw_traits(self.record, rng)
        self.record.group = booking.group
        if booking.is_import:
            self.record.origin = "Import"
        self.initial = initial = ReservationVersion("Confirmed")
        initial.updater = self.record.traits % 6
        initial.category = booking.category
        initial.persons = random_persons(booking.category, rng)
        initial.start, initial.end = _schedule(booking, rng)
        self.start, self.end = initial.start, initial.end
        self.changes: list[tuple[datetime, dict[str, object]]] = []

    def change(self, at: datetime | None, **changes: object) -> None:
        """Add a change at an instant; None means that there was no time for it."""
        if at is not None:
            changes.setdefault("updater", self.rng.randrange(6))
            self.changes.append((at, changes))

    @property
    def after_last_change(self) -> datetime:
        """An instant just after the last change that was added so far."""
        return max((at for at, _ in self.changes), default=self.record.created) + _SECOND

    def plan_other_end(self, end: datetime) -> None:
        """Use another end than the final one in all versions so far; a later change corrects it."""
        if self.initial.end == self.end:
            self.initial.end = end
        for _, changes in self.changes:
            if changes.get("end") == self.end:
                changes["end"] = end

    def touch(self, at: datetime) -> None:
        """Add an edit by the hotel, which is skipped if the reservation has ended by then."""
        if self.record.created < at:
            self.changes.append((at, _TOUCH))

    def reservation(self, horizon: datetime) -> Reservation:
        """Apply the changes before the horizon as versions. UpdatedUtc never repeats by chance."""
        record, version = self.record, self.initial
        record.append(version, record.created)
        for planned, changes in sorted(self.changes, key=_instant):
            at = planned
            if at <= version.at:
                at = version.at.replace(microsecond=0) + _SECOND
            if at >= horizon:
                break
            if changes is _TOUCH and version.state in _FINISHED:
                continue
            if at != planned:
                # Timestamps inside the change that equal its planned instant move with it
                changes = {k: at if v == planned else v for k, v in changes.items()}  # noqa: PLW2901
            following = version.following(changes)
            assert isinstance(following, ReservationVersion)  # noqa: S101
            version = following
            record.append(version, at)
        return record


def _instant(change: tuple[datetime, dict[str, object]]) -> datetime:
    return change[0]


def random_persons(category: Category, rng: Random) -> tuple[int, int]:
    """Draw the number of adults and children, within the capacity of the category."""
    adults = rng.randint(1, min(2, category.persons))
    spare = category.persons - adults
    children = rng.randint(1, spare) if spare and happens(rng, 0.22) else 0
    return adults, children


def _schedule(booking: Booking, rng: Random) -> tuple[datetime, datetime]:
    """Return the scheduled start and end: the plan's hours, with a few exceptions."""
    prop, day, plan = booking.prop, booking.arrival, booking.prop.plan
    if booking.nights == 0:
        # 14:00 to 19:00 touches only an occupancy period that begins at 18:00
        hours = (14, 19) if happens(rng, 0.3) else (10, 17)
        return prop.at(day, hours[0]), prop.at(day, hours[1])
    departure = day + _DAY * booking.nights
    start, end = prop.at(day, plan.arrival), prop.at(departure, plan.departure)
    if happens(rng, 0.006):
        # After midnight, which still occupies the night before: docs/mews-api.md,
        # "The night rule"
        start = prop.at(day + _DAY, 1.5)
    elif happens(rng, 0.01):
        end = prop.at(departure, 16)
    return start, end
