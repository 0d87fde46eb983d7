"""The reservations and orders of a random world: every version of each, sensible and senseless."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

from mews_pipeline_tests.models.brute_force.hotels import Hotel
from mews_pipeline_tests.models.brute_force.rows import Row

NEXT = {
    "Inquired": ("Optional", "Confirmed", "Canceled", "Requested"),
    "Requested": ("Confirmed", "Canceled"),
    "Optional": ("Confirmed", "Canceled", "Confirmed"),
    "Confirmed": ("Started", "Started", "Started", "Canceled"),
    "Started": ("Processed",),
    "Canceled": ("Confirmed", "Optional"),
    "Processed": (),
}
STATES = ("Inquired", "Requested", "Optional", "Confirmed", "Started", "Processed", "Canceled")
REASONS = (
    "NoShow",
    "InputError",
    "Update",
    "BookingAbandoned",
    "ConfirmationMissed",
    "Other",
    None,
)
ORIGINS = ("Commander", "Distributor", "Import", None)


def _days_of_the_clocks(around: date, hotel: Hotel) -> list[date]:
    """Return the days, not far from a date, after whose noon before the clocks change."""
    noons = [
        datetime.combine(around + timedelta(days=number), time(12), hotel.zone)
        for number in range(-40, 40)
    ]
    return [
        noon.date() for before, noon in pairwise(noons) if before.utcoffset() != noon.utcoffset()
    ]


@dataclass
class Life:
    """One reservation: the content that changes, and the versions written so far."""

    rng: random.Random
    hotels: tuple[Hotel, ...]
    hotel: Hotel
    content: Row
    persons: dict[str, int] = field(default_factory=dict)
    versions: list[tuple[Row, dict[str, int]]] = field(default_factory=list)

    def note(self, at: datetime) -> None:
        """Keep what the reservation is now as a version of that instant."""
        self.versions.append(({**self.content, "updated_utc": at}, dict(self.persons)))

    def place(self, day: date, nights: int) -> None:
        """Plan the stay by the clock of the hotel."""
        arrives = self.rng.choice(((15, 0), (15, 0), (10, 0), (1, 30), (23, 45), (8, 0), (12, 0)))
        leaves = self.rng.choice(((12, 0), (12, 0), (9, 0), (18, 0), (18, 1), (0, 30), (15, 0)))
        zone = self.hotel.zone
        start = datetime.combine(day, time(*arrives), zone)
        end = datetime.combine(day + timedelta(days=nights), time(*leaves), zone)
        self.content["scheduled_start_utc"] = start.astimezone(UTC)
        self.content["scheduled_end_utc"] = end.astimezone(UTC)

    def place_hours(self, day: date) -> None:
        """Plan some hours, by night too, when clocks change."""
        days = _days_of_the_clocks(day, self.hotel)
        if days and self.rng.random() < 0.5:
            day = self.rng.choice(days)
        start = datetime.combine(day, time(self.rng.randrange(24)), self.hotel.zone)
        start = start.astimezone(UTC) + timedelta(minutes=self.rng.choice((0, 30, 45)))
        self.content["scheduled_start_utc"] = start
        self.content["scheduled_end_utc"] = start + timedelta(
            minutes=self.rng.choice((-30, 0, 60, 90, 240, 1500))
        )

    def book(self) -> None:
        """Choose a service and a category of the hotel, and perhaps a space of it."""
        name = self.rng.choice(("stay",) * 8 + ("parking", "day", "meeting", "meeting"))
        category = {"parking": "place", "day": "cabin", "meeting": "hall"}.get(name)
        chosen = f"{self.hotel.id}-{category}" if category else self._stay_category()
        self.content["service_id"] = f"{self.hotel.id}-{name}"
        self.content["requested_resource_category_id"] = chosen
        self.assign(chosen)

    def _stay_category(self) -> str:
        return self.rng.choice(self.hotel.stay_categories)

    def assign(self, category: str | None) -> None:
        """Return a space, mostly of the category booked."""
        if self.rng.random() < 0.2:
            category = self._stay_category()
        spaces = self.hotel.spaces.get(category or "", ())
        known = self.rng.random() < 0.75 and spaces
        self.content["assigned_resource_id"] = self.rng.choice(spaces) if known else None
        if self.rng.random() < 0.2:
            # The room that changes its category, booked as either
            self.content["assigned_resource_id"] = f"{self.hotel.id}-double1"

    def count_persons(self) -> None:
        """Count the persons, of ages of this and of other services."""
        names = ("adult", "child", "guest", "other", "infant", "nowhere")
        self.persons = {
            f"{self.hotel.id}-{name}": self.rng.randrange(1, 4)
            for name in self.rng.sample(names, self.rng.randrange(0, 4))
        }

    def enter(self, state: str | None, at: datetime) -> None:
        """Take a state, with the stamps that Mews gives it, some of them senseless."""
        self.content["reservation_state"] = state
        odd = self.rng.random()
        stamp = at if odd < 0.7 else at - timedelta(hours=self.rng.choice((2, 30, 400, -5, -200)))
        if state == "Started":
            self.content["actual_start_utc"] = stamp
        elif state == "Processed":
            self.content["actual_end_utc"] = stamp
        elif state == "Canceled":
            self.content["cancelled_utc"] = stamp if odd < 0.95 else None
            self.content["cancellation_reason"] = self.rng.choice(REASONS)
        elif self.rng.random() < 0.5:
            self.content["cancelled_utc"] = None


def _changes(life: Life, day: date) -> Callable[[], None]:
    """Choose a change that is none of the state."""

    def move_dates() -> None:
        life.place(day + timedelta(days=life.rng.randrange(-4, 9)), life.rng.randrange(0, 6))

    def move_hotel() -> None:
        life.hotel = life.rng.choice(life.hotels)
        life.book()

    def upgrade() -> None:
        category = life.rng.choice(life.hotel.stay_categories)
        life.content["requested_resource_category_id"] = category

    def lose_something() -> None:
        lost = ("service_id", "requested_resource_category_id", "scheduled_end_utc")
        life.content[life.rng.choice(lost)] = None

    def move_space() -> None:
        life.assign(life.content["requested_resource_category_id"])

    def stay_for_ever() -> None:
        life.content["scheduled_end_utc"] = datetime(2036, 1, 1, tzinfo=UTC)

    changes = [move_dates] * 4 + [move_hotel] * 2 + [upgrade, life.count_persons] * 2
    return life.rng.choice([*changes, move_space, move_space, lose_something, stay_for_ever])


def _begin(rng: random.Random, hotels: tuple[Hotel, ...], number: int, created: datetime) -> Life:
    hotel = rng.choice(hotels)
    content: Row = {
        "id": f"r{number:02}",
        "created_utc": created if rng.random() < 0.97 else None,
        "group_id": f"g{number // 3}",
        "rate_id": "rate",
        "origin": rng.choice(ORIGINS),
        "commander_origin": rng.choice((None, "Phone")),
        "released_utc": created + timedelta(days=3) if rng.random() < 0.3 else None,
        "reservation_state": rng.choice(
            ("Confirmed", "Confirmed", "Confirmed", "Optional", "Optional", "Inquired", *STATES)
        ),
    }
    life = Life(rng, hotels, hotel, content)
    life.book()
    if rng.random() < 0.03:
        content["service_id"] = "unheard-of"
    if rng.random() < 0.05:
        content["reservation_state"] = rng.choice(("Waitlisted", None))
    return life


def reservation(
    rng: random.Random,
    hotels: tuple[Hotel, ...],
    number: int,
    span: tuple[datetime, datetime],
) -> list[tuple[Row, dict[str, int]]]:
    """Return all versions of a random reservation created and changed within a span."""
    first, last = span
    minutes = int((last - first).total_seconds()) // 60
    created = first + timedelta(minutes=rng.randrange(minutes))
    life = _begin(rng, hotels, number, created)
    day = created.date() + timedelta(days=rng.randrange(0, 25))
    if str(life.content["service_id"]).endswith("meeting"):
        life.place_hours(day)
    else:
        life.place(day, rng.choice((0, 0, 1, 1, 2, 3, 4, 7, -1)))
    life.count_persons()
    at = created
    life.enter(life.content["reservation_state"], at)
    life.note(at)
    for _ in range(rng.randrange(0, 8)):
        # Versions with the same UpdatedUtc are ordered by landing
        at += timedelta(minutes=rng.choice((0, 45, 400, 1440, 1441, 5000, 12000)))
        if at > last:
            break
        state = life.content["reservation_state"]
        if rng.random() < 0.55:
            following = NEXT.get(state, ()) if rng.random() < 0.8 else STATES
            if following:
                life.enter(rng.choice(following), at)
        if rng.random() < 0.45:
            _changes(life, day)()
        life.note(at)
    return life.versions


def order(rng: random.Random, hotels: tuple[Hotel, ...], number: int, at: datetime) -> list[Row]:
    """Return all versions of a random product service order created at an instant."""
    hotel = rng.choice(hotels)
    states = ("Confirmed", "Confirmed", "Optional", "Processed", "Canceled", "Odd", None)
    state = rng.choice(states)
    content: Row = {
        "id": f"o{number:02}",
        "service_id": rng.choice((f"{hotel.id}-bar", f"{hotel.id}-bar", "unheard-of", None)),
        "linked_reservation_id": rng.choice((None, f"r{number:02}")),
        "created_utc": at,
        "state": state,
        "cancelled_utc": at if state == "Canceled" else None,
    }
    versions = [{**content, "updated_utc": at}]
    for _ in range(rng.randrange(0, 4)):
        at += timedelta(minutes=rng.choice((30, 1000, 3000)))
        content["state"] = rng.choice(("Confirmed", "Processed", "Canceled", "Optional"))
        if content["state"] == "Canceled":
            content["cancelled_utc"] = at - timedelta(minutes=rng.choice((0, 0, 20, 9000)))
        versions.append({**content, "updated_utc": at})
    return versions
