"""The reference data of a random world: hotels, services, rooms, blocks, ages; their changes."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mews_pipeline_tests.models.brute_force.rows import Landing, Row
from mews_pipeline_tests.models.brute_force.rules import Rules

# Half-hour zones, a change of the clock by half an hour, and changes at other hours
ZONES = (
    "Asia/Kolkata",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Europe/Prague",
    "Europe/London",
    "America/New_York",
    "Asia/Kathmandu",
    "Asia/Tokyo",
)
OFFSETS = (
    ("P0M0DT15H0M0S", "P0M0DT12H0M0S"),
    ("P0M0DT18H0M0S", "P0M0DT8H0M0S"),
    ("P0DT14H30M", "P0DT11H"),
    ("PT15H", "PT0S"),
)
LONG_AGO = datetime(2019, 5, 1, 8, tzinfo=UTC)


@dataclass(frozen=True)
class Hotel:
    """One hotel of a world: what reservations need to know of it."""

    id: str
    zone: ZoneInfo
    stay_categories: tuple[str, ...]
    spaces: dict[str, tuple[str, ...]]

    @property
    def stay(self) -> str:
        """The service that sells its rooms."""
        return f"{self.id}-stay"


def _services(landing: Landing, hotel: str, rng: random.Random) -> list[Row]:
    opens, closes = rng.choice(OFFSETS)
    monthly = "Month" if rng.random() < 0.15 else "Day"
    sold = (
        ("stay", "Bookable", opens, closes, monthly),
        ("parking", "Bookable", "PT12H", "PT10H", "Day"),
        ("day", "Bookable", "PT9H", "-PT7H", "Day"),
        ("meeting", "Bookable", "PT0H", "PT0H", "Hour"),
        ("bar", "Additional", None, None, None),
    )
    return [
        landing.add(
            "services",
            id=f"{hotel}-{name}",
            enterprise_id=hotel,
            is_active=True,
            name=name if rng.random() < 0.5 else None,
            names=json.dumps({"en-US": f"The {name}"}),
            data_discriminator=kind,
            data_value_occupancy_start_offset=opening,
            data_value_occupancy_end_offset=closing,
            data_value_time_unit_period=unit,
            data_value_time_unit="Day" if unit else None,
            created_utc=LONG_AGO,
            updated_utc=LONG_AGO,
        )
        for name, kind, opening, closing, unit in sold
    ]


CATEGORIES = (
    ("double", "stay", "Room", 4),
    ("suite", "stay", "Suite", 2),
    ("dorm", "stay", "Dorm", 1),
    ("bed", "stay", "Bed", 4),
    ("place", "parking", "ParkingSpot", 2),
    ("cabin", "day", "Room", 1),
    ("hall", "meeting", "MeetingRoom", 2),
    ("odd", "parking", "Spaceship", 1),
)


def _spaces(landing: Landing, hotel: str, rng: random.Random) -> dict[str, tuple[str, ...]]:
    spaces: dict[str, tuple[str, ...]] = {}
    for order, (name, service, kind, many) in enumerate(CATEGORIES):
        category = f"{hotel}-{name}"
        landing.add(
            "resource_categories",
            id=category,
            enterprise_id=hotel,
            service_id=f"{hotel}-{service}",
            is_active=True,
            type=kind,
            names=json.dumps({"cs-CZ": f"cs {name}", "en-US": f"en {name}"}),
            short_names=json.dumps({"en-US": name[:2]}),
            ordering=order,
            capacity=2,
            extra_capacity=rng.choice((None, 1)),
        )
        spaces[category] = tuple(f"{category}{number}" for number in range(1, many + 1))
        for space in spaces[category]:
            # Some were built within the time that the reports cover
            created = LONG_AGO if rng.random() < 0.85 else landing.at + timedelta(days=6, hours=5)
            landing.add(
                "resources",
                id=space,
                enterprise_id=hotel,
                is_active=True,
                parent_resource_id=f"{hotel}-dorm1" if name == "bed" else None,
                name=space,
                state="Inspected",
                data_discriminator="Space",
                created_utc=created,
                updated_utc=created,
            )
            _assign(landing, space, category)
    if rng.random() < 0.5:
        # The day service sells a room that the stay service sells too
        _assign(landing, f"{hotel}-double2", f"{hotel}-cabin")
    return spaces


def _assign(landing: Landing, space: str, category: str, *, is_active: bool = True) -> None:
    landing.add(
        "resource_category_assignments",
        id=f"{space}>{category}",
        resource_id=space,
        category_id=category,
        is_active=is_active,
        created_utc=LONG_AGO if is_active else landing.at,
        updated_utc=landing.at,
    )


def _ages(landing: Landing, hotel: str, names: tuple[str, ...]) -> None:
    for name in names:
        landing.add(
            "age_categories",
            id=f"{hotel}-{name}",
            enterprise_id=hotel,
            service_id=f"{hotel}-{'day' if name == 'guest' else 'stay'}",
            classification={"child": "Child", "infant": "Child", "other": None}.get(name, "Adult"),
            minimal_age=0,
            maximal_age=99,
            names=json.dumps({"en-US": name}),
            is_active=True,
            created_utc=LONG_AGO,
            updated_utc=LONG_AGO,
        )


def _enterprise(landing: Landing, hotel: str, zone: str | None, closing: str | None) -> None:
    landing.add(
        "enterprises",
        id=hotel,
        chain_id="chain",
        name=f"Hotel {hotel}",
        short_name=hotel,
        time_zone_identifier=zone,
        business_day_closing_offset=closing,
        operational_editable_history_interval="P0M7D",
        group_names="[]",
        created_utc=LONG_AGO,
        updated_utc=LONG_AGO,
    )


def build(landing: Landing, name: str, zone: str, rng: random.Random) -> Hotel:
    """Land a hotel as it is first seen."""
    _enterprise(landing, name, zone, rng.choice((None, "PT3H", "P0M0DT4H30M0S")))
    _services(landing, name, rng)
    spaces = _spaces(landing, name, rng)
    _ages(landing, name, ("adult", "child", "guest", "other"))
    categories = tuple(f"{name}-{one}" for one in ("double", "suite", "dorm", "bed"))
    return Hotel(name, ZoneInfo(zone), categories, spaces)


def block(landing: Landing, hotel: Hotel, start: date, rng: random.Random) -> None:
    """Land blocks of the hotel's spaces: out of order, house use, a deleted one, an odd one."""
    for number in range(6):
        category = rng.choice(hotel.stay_categories)
        at = datetime.combine(start + timedelta(days=rng.randrange(38)), time(), hotel.zone)
        opens = at + timedelta(hours=rng.choice((7, 12, 15, 18, 23)))
        created = landing.at - timedelta(days=rng.randrange(1, 20))
        content: Row = {
            "id": f"{hotel.id}-block{number}",
            "enterprise_id": hotel.id,
            "assigned_resource_id": rng.choice(hotel.spaces[category]),
            "type": rng.choice(("OutOfOrder", "OutOfOrder", "InternalUse")),
            "start_utc": opens.astimezone(UTC),
            "end_utc": (opens + timedelta(hours=rng.choice((0, 2, 20, 50, 200)))).astimezone(UTC),
            "is_active": True,
            "created_utc": created,
            "updated_utc": created,
        }
        landing.add("resource_blocks", **content)


def unblock(landing: Landing, earlier: Landing, rng: random.Random) -> None:
    """Land later versions of some blocks: deleted, prolonged, moved to another space."""
    for row in earlier.tables["resource_blocks"]:
        changed = {name: value for name, value in row.items() if not name.startswith("_")}
        changed["updated_utc"] = landing.at - timedelta(hours=rng.randrange(1, 30))
        fate = rng.random()
        if fate < 0.3:
            changed["is_active"] = False
            changed["deleted_utc"] = changed["updated_utc"]
        elif fate < 0.5:
            changed["end_utc"] += timedelta(hours=rng.choice((5, 30, 70)))
        else:
            continue
        landing.add("resource_blocks", **changed)


def _again(landing: Landing, earlier: Landing, table: str, key: str, **changes: object) -> None:
    for row in earlier.tables[table]:
        if row["id"] == key:
            kept = {name: value for name, value in row.items() if not name.startswith("_")}
            landing.add(table, **{**kept, **changes})


def _recategorise(landing: Landing, earlier: Landing, hotel: str) -> None:
    """Make a double a suite: Mews ends the one assignment and adds another."""
    space = f"{hotel}-double1"
    _again(
        landing,
        earlier,
        "resource_category_assignments",
        f"{space}>{hotel}-double",
        is_active=False,
    )
    landing.add(
        "resource_category_assignments",
        id=f"{space}>{hotel}-suite",
        resource_id=space,
        category_id=f"{hotel}-suite",
        is_active=True,
        created_utc=landing.at,
        updated_utc=landing.at,
    )


def change(landing: Landing, earlier: Landing, hotel: Hotel, rng: random.Random) -> None:
    """Land what changed of the rooms of a hotel since it was first seen."""
    name = hotel.id
    changes: list[Callable[[], None]] = [
        lambda: _recategorise(landing, earlier, name),
        lambda: _again(landing, earlier, "resources", f"{name}-double3", is_active=False),
        lambda: _again(landing, earlier, "resources", f"{name}-double4", name="renamed"),
        lambda: _again(
            landing, earlier, "resource_categories", f"{name}-suite", names='{"a": "b"}'
        ),
        lambda: _again(landing, earlier, "resources", f"{name}-bed2", is_active=False),
        lambda: _again(landing, earlier, "resource_categories", f"{name}-place", is_active=False),
        lambda: _again(landing, earlier, "resources", f"{name}-bed3", parent_resource_id=None),
        lambda: _assign(landing, f"{name}-double2", f"{name}-suite"),
    ]
    for one in changes:
        if rng.random() < 0.35:
            one()


def change_late(
    landing: Landing, earlier: Landing, hotel: Hotel, rng: random.Random, rules: Rules
) -> None:
    """Land changes that move every night of a hotel: another zone, other offsets, other ages."""
    name = hotel.id
    if rng.random() < 0.35:
        _enterprise(landing, name, rng.choice(ZONES), "PT2H")
    if rng.random() < 0.35:
        _again(
            landing,
            earlier,
            "services",
            f"{name}-stay",
            data_value_occupancy_start_offset="PT17H",
        )
    if rng.random() < 0.5 and rules.ages_wherever_they_belong:
        _ages(landing, name, ("infant",))


def build_strange(landing: Landing, name: str, rng: random.Random) -> Hotel:
    """Land a hotel of which little can be told: an unheard-of zone, no offsets, no rooms."""
    zone, has_offsets = rng.choice((("Mars/Base", True), (None, True), ("Europe/Prague", False)))
    _enterprise(landing, name, zone, "PT3H")
    _services(landing, name, rng)
    if not has_offsets:
        for row in landing.tables["services"]:
            if row["enterprise_id"] == name:
                row["data_value_occupancy_end_offset"] = None
    categories = tuple(f"{name}-{one}" for one in ("double", "suite", "dorm", "bed"))
    return Hotel(name, ZoneInfo("UTC"), categories, {})
