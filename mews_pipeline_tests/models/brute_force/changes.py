"""What changes of a hotel after it was first seen: blocks, rooms, categories, zones, offsets."""

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from mews_pipeline_tests.models.brute_force.hotels import ZONES, Hotel, ages, assign, enterprise
from mews_pipeline_tests.models.brute_force.rows import Landing, Row


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
        lambda: assign(landing, f"{name}-double2", f"{name}-suite"),
    ]
    for one in changes:
        if rng.random() < 0.35:
            one()


def change_late(landing: Landing, earlier: Landing, hotel: Hotel, rng: random.Random) -> None:
    """Land changes that move every night of a hotel: another zone, other offsets, other ages."""
    name = hotel.id
    if rng.random() < 0.35:
        enterprise(landing, name, rng.choice(ZONES), "PT2H")
    if rng.random() < 0.35:
        _again(
            landing,
            earlier,
            "services",
            f"{name}-stay",
            data_value_occupancy_start_offset="PT17H",
        )
    if rng.random() < 0.5:
        ages(landing, name, ("infant",))
