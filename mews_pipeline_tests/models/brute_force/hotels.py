"""The reference data of a random world: hotels, services, rooms, blocks, ages; their changes."""

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from mews_pipeline_tests.models.brute_force.rows import Landing, Row

# Half-hour zones, a change of the clock by half an hour, and changes at midnight
ZONES = (
    "Asia/Kolkata",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Europe/Prague",
    "Europe/London",
    "America/New_York",
    "Asia/Kathmandu",
    "Asia/Tokyo",
    "Asia/Beirut",
    "America/Santiago",
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
        """Return the service that sells its rooms."""
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
            created = LONG_AGO
            if rng.random() < 0.15:
                # Or so it seems, when a clock was wrong
                hours = rng.choice((-11, -11, 149))
                created = landing.at + timedelta(hours=hours)
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
            assign(landing, space, category)
    if rng.random() < 0.5:
        # The day service sells a room that the stay service sells too
        assign(landing, f"{hotel}-double2", f"{hotel}-cabin")
    return spaces


def assign(landing: Landing, space: str, category: str, *, is_active: bool = True) -> None:
    """Land the assignment of a space to a category."""
    landing.add(
        "resource_category_assignments",
        id=f"{space}>{category}",
        resource_id=space,
        category_id=category,
        is_active=is_active,
        created_utc=LONG_AGO if is_active else landing.at,
        updated_utc=landing.at,
    )


def ages(landing: Landing, hotel: str, names: tuple[str, ...]) -> None:
    """Land age categories of a hotel."""
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


def enterprise(landing: Landing, hotel: str, zone: str | None, closing: str | None) -> None:
    """Land the hotel itself."""
    landing.add(
        "enterprises",
        id=hotel,
        chain_id="chain",
        name=f"Hotel {hotel}",
        short_name=hotel,
        time_zone_identifier=zone,
        business_day_closing_offset=closing,
        operational_editable_history_interval="P0M7D",
        accounting_editable_history_interval="P0M3D" if hotel == "h1" else "P0M9DT0H0M0S",
        group_names="[]",
        created_utc=LONG_AGO,
        updated_utc=LONG_AGO,
    )


def build(landing: Landing, name: str, zone: str, rng: random.Random) -> Hotel:
    """Land a hotel as it is first seen."""
    enterprise(landing, name, zone, rng.choice((None, "PT3H", "P0M0DT4H30M0S")))
    _services(landing, name, rng)
    spaces = _spaces(landing, name, rng)
    ages(landing, name, ("adult", "child", "guest", "other"))
    categories = tuple(f"{name}-{one}" for one in ("double", "suite", "dorm", "bed"))
    return Hotel(name, ZoneInfo(zone), categories, spaces)


def build_strange(landing: Landing, name: str, rng: random.Random) -> Hotel:
    """Land a hotel with an unknown zone or without offsets, and without rooms."""
    zone, has_offsets = rng.choice((("Mars/Base", True), (None, True), ("Europe/Prague", False)))
    enterprise(landing, name, zone, "PT3H")
    _services(landing, name, rng)
    if not has_offsets:
        for row in landing.tables["services"]:
            if row["enterprise_id"] == name:
                row["data_value_occupancy_end_offset"] = None
    categories = tuple(f"{name}-{one}" for one in ("double", "suite", "dorm", "bed"))
    return Hotel(name, ZoneInfo("UTC"), categories, {})
