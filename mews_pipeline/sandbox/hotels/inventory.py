"""The inventory of the hotels: their time zones, services, categories and spaces."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from mews_pipeline.sandbox.hotels.identity import Ids

# Hotels opened long before the simulation starts.
OPENED_BEFORE = timedelta(days=900)


@dataclass(frozen=True)
class Plan:
    """A kind of hotel. Hours are local; `closing` is the hour that ends the business day.

    `style` is leisure (busy at weekends, booked early, long stays) or business. `currency` is the
    hotel's default, and `pricing` says whether its prices are set with tax (Gross) or without.
    """

    name: str
    zone: str
    occupancy: tuple[int, int]
    arrival: int
    departure: int
    closing: int
    style: str
    has_dormitory: bool = False
    currency: str = "EUR"
    pricing: str = "Gross"


# West of UTC with DST, east with DST, east without; then unusual time zones.
PLANS = (
    Plan(
        "Hudson House", "America/New_York", (15, 12), 15, 12, 3, "leisure",
        currency="USD", pricing="Net",
    ),
    Plan("Vltava Palace", "Europe/Prague", (18, 8), 15, 11, 5, "leisure", has_dormitory=True),
    Plan("Sumida Inn", "Asia/Tokyo", (15, 11), 15, 11, 0, "business"),
    Plan("Creek Tower", "Asia/Dubai", (14, 12), 14, 12, 4, "business"),
    Plan("Thames Yard", "Europe/London", (15, 11), 15, 11, 2, "business"),
    Plan(
        "Mission Court", "America/Los_Angeles", (16, 11), 16, 11, 3, "leisure",
        currency="USD", pricing="Net",
    ),
    Plan("Lagoon Lodge", "Australia/Lord_Howe", (14, 10), 14, 10, 4, "leisure"),
    Plan("Stupa View", "Asia/Kathmandu", (14, 12), 14, 12, 5, "leisure"),
)  # fmt: skip


@dataclass(eq=False, slots=True)
class Service:
    """A service of a hotel; `occupancy` is the offsets of a bookable service, in hours."""

    id: str
    key: str
    name: str
    is_bookable: bool
    is_active: bool = True
    occupancy: tuple[int, int] = (0, 0)
    ages: tuple[str, str] = ("", "")


@dataclass(eq=False, slots=True)
class Category:
    """A category of spaces of a service; `occupancy` is the average share that is sold."""

    id: str
    key: str
    service: Service
    type: str
    name: str
    persons: int
    occupancy: float
    spaces: list["Space"] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Space:
    """A resource, which is sold from `opened` until `closed` (None means that it is still open)."""

    id: str
    name: str
    category: Category
    opened: datetime
    closed: datetime | None = None
    parent: "Space | None" = None
    children: list["Space"] = field(default_factory=list)
    # The first local day on which no booking or block so far occupies it
    free_from: date = date.min


@dataclass(eq=False, slots=True)
class Property:
    """One enterprise with its services and spaces."""

    number: int
    id: str
    plan: Plan
    zone: ZoneInfo
    ids: Ids
    opened: datetime
    stay: Service
    parking: Service
    spa: Service
    terrace: Service
    categories: list[Category] = field(default_factory=list)

    def at(self, day: date, hours: float = 0.0) -> datetime:
        """Return the instant of a local day and hour, in UTC."""
        clock = datetime.combine(day, time.min) + timedelta(seconds=round(hours * 3600))
        return clock.replace(tzinfo=self.zone).astimezone(UTC)

    def day_of(self, instant: datetime) -> date:
        """Return the local day of an instant."""
        return instant.astimezone(self.zone).date()

    @property
    def services(self) -> tuple[Service, ...]:
        """All services, the stay first."""
        return self.stay, self.parking, self.spa, self.terrace

    @property
    def spaces(self) -> list[Space]:
        """All spaces of all categories."""
        return [space for category in self.categories for space in category.spaces]


def build_property(number: int, ids: Ids, start: date, end: date, scale: float) -> Property:
    """Build one hotel. `scale` multiplies its spaces; each category has at least one."""
    plan = PLANS[number % len(PLANS)]
    prop = Property(
        number=number,
        id=ids("enterprise", number),
        plan=plan,
        zone=ZoneInfo(plan.zone),
        ids=ids,
        opened=datetime.combine(start, time(9), UTC) - OPENED_BEFORE,
        stay=Service(ids("stay", number), "stay", "Stay", True, occupancy=plan.occupancy),
        parking=Service(ids("parking", number), "parking", "Parking", True, occupancy=(14, 11)),
        spa=Service(ids("spa", number), "spa", "Spa", False),
        terrace=Service(ids("terrace", number), "terrace", "Terrace", False, is_active=False),
    )
    for service in (prop.stay, prop.parking):
        service.ages = (
            ids("age category", (number, service.key, "Adult")),
            ids("age category", (number, service.key, "Child")),
        )
    _add_categories(prop, scale)
    _change_spaces(prop, Random(ids("space changes", number)), start, end)  # noqa: S311
    return prop


def _add_categories(prop: Property, scale: float) -> None:
    stay, ids, number = prop.stay, prop.ids, prop.number

    def category(key: str, kind: str, name: str, persons: int, occupancy: float) -> Category:
        service = prop.parking if kind == "ParkingSpot" else stay
        added = Category(
            ids("category", (number, key)), key, service, kind, name, persons, occupancy
        )
        prop.categories.append(added)
        return added

    def fill(target: Category, count: float, floor: int) -> None:
        for index in range(max(1, round(count * scale))):
            name = f"{floor + index // 10}{index % 10:02d}"
            key = (number, len(prop.spaces))
            target.spaces.append(Space(ids("space", key), name, target, prop.opened))

    fill(category("STD", "Room", "Standard", 2, 0.73), 20, 1)
    fill(category("SUP", "Room", "Superior", 3, 0.72), 12, 4)
    fill(category("STE", "Suite", "Suite", 4, 0.64), 6, 7)
    fill(category("PRK", "ParkingSpot", "Parking spot", 1, 0.45), 10, 0)
    if prop.plan.has_dormitory:
        dorms = category("DRM", "Dorm", "Dormitory", 6, 0.55)
        beds = category("BED", "Bed", "Bed in dormitory", 1, 0.68)
        fill(dorms, max(2, round(3 * scale)) / scale, 9)
        _add_beds(prop, dorms, beds)


def _add_beds(prop: Property, dorms: Category, beds: Category) -> None:
    for dorm in dorms.spaces:
        for index in range(dorms.persons):
            bed_id = prop.ids("space", (prop.number, len(prop.spaces)))
            bed = Space(bed_id, f"{dorm.name}-{index + 1}", beds, prop.opened, parent=dorm)
            dorm.children.append(bed)
            beds.spaces.append(bed)


def _change_spaces(prop: Property, rng: Random, start: date, end: date) -> None:
    """Open a room in the first third of the days, and close another in the second half."""
    days = max(1, (end - start).days)
    standard, superior = prop.categories[0], prop.categories[1]
    opened = prop.at(start + timedelta(days=rng.randrange(1 + days // 3)), 10)
    space_id = prop.ids("space", (prop.number, "added"))
    standard.spaces.append(Space(space_id, "Annexe 1", standard, opened))
    closed = prop.at(start + timedelta(days=days // 2 + rng.randrange(1 + days // 3)), 10)
    superior.spaces[-1].closed = closed
