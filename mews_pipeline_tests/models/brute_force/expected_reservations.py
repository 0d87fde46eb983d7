"""Reservations as they are now, how they were changed, and the reports that count them."""

from datetime import datetime
from itertools import pairwise

from mews_pipeline_tests.models.brute_force.expected_occupancy import latest
from mews_pipeline_tests.models.brute_force.facts import Facts, Version
from mews_pipeline_tests.models.brute_force.rows import Row

AS_THEY_ARE = (
    "group_id", "rate_id", "business_segment_id", "travel_agency_id", "partner_company_id",
    "origin", "commander_origin", "cancellation_reason", "created_utc", "updated_utc",
    "cancelled_utc", "released_utc", "scheduled_start_utc", "scheduled_end_utc",
    "actual_start_utc", "actual_end_utc", "assigned_resource_id",
)  # fmt: skip


def _local(version: Version, name: str) -> datetime | None:
    instant = version.row[name]
    if instant is None or version.service is None or version.service.zone is None:
        return None
    return version.service.local(instant)


def nights_of(version: Version) -> int | None:
    """Count the nights of a version, None if they are unknown."""
    return len(version.nights) if version.is_placed else None


def _described(versions: list[Version]) -> Row:
    now = versions[-1]
    start, end = _local(now, "scheduled_start_utc"), _local(now, "scheduled_end_utc")
    return {
        "reservation_id": now.row["id"],
        "enterprise_id": now.enterprise_id,
        "service_id": now.service_id,
        "resource_category_id": now.category_id,
        "reservation_state": now.state,
        "bucket": now.bucket,
        **{name: now.row.get(name) for name in AS_THEY_ARE},
        "is_placed": now.is_placed,
        "time_unit": now.service.unit if now.service else None,
        "start_local": start,
        "end_local": end,
        "arrival_date": start and start.date(),
        "departure_date": end and end.date(),
        "first_night": min(now.nights, default=None),
        "last_night": max(now.nights, default=None),
        "nights": nights_of(now),
        **dict(zip(("guests", "adults", "children"), now.persons, strict=True)),
        "created_date": now.local_date(now.row["created_utc"]),
        "cancelled_date": now.local_date(now.row.get("cancelled_utc")),
        "first_seen_utc": versions[0].at,
        "versions_seen": len(versions),
    }


def reservations(facts: Facts) -> list[Row]:
    """Expect fct_reservations."""
    return [_described(versions) for versions in facts.reservations.values()]


def _less(newer: int | None, older: int | None) -> int | None:
    return None if newer is None or older is None else newer - older


def _modification(older: Version, newer: Version) -> Row | None:
    """Return what a version changed of what was booked; None where that is nothing."""
    compared = {
        "service_id": (older.service_id, newer.service_id),
        "resource_category_id": (older.category_id, newer.category_id),
        **{
            name: (older.row[name], newer.row[name])
            for name in ("assigned_resource_id", "scheduled_start_utc", "scheduled_end_utc")
        },
    }
    changed = {name for name, (one, other) in compared.items() if one != other}
    flags = {
        "is_service_changed": "service_id" in changed,
        "is_category_changed": "resource_category_id" in changed,
        "is_space_changed": "assigned_resource_id" in changed,
        "are_dates_changed": bool({"scheduled_start_utc", "scheduled_end_utc"} & changed),
        "are_persons_changed": older.persons[:2] != newer.persons[:2],
    }
    if not any(flags.values()):
        return None
    sides: Row = {}
    for name, (one, other) in compared.items():
        sides |= {f"from_{name}": one, f"to_{name}": other}
    sides["service_id"] = sides.pop("to_service_id")
    return {
        "reservation_id": newer.row["id"],
        "version_number": newer.number,
        "enterprise_id": newer.enterprise_id,
        "at_lower": older.at,
        "at_upper": newer.at,
        "reservation_state": newer.state,
        "is_state_changed": older.state != newer.state,
        **flags,
        **sides,
        "nights_change": _less(nights_of(newer), nights_of(older)),
        "guests_change": newer.persons[0] - older.persons[0],
    }


def modifications(facts: Facts) -> list[Row]:
    """Expect fct_reservation_modifications."""
    found = []
    for versions in facts.reservations.values():
        for older, newer in pairwise(versions):
            row = _modification(older, newer)
            if row:
                found.append(row)
    return found


def _problem(facts: Facts, version: Version) -> str | None:
    """Return why a reservation cannot be counted under its nights and state, None if it can."""
    service = version.service
    if service is None:
        return "service not known"
    if service.zone is None:
        return "time zone not known"
    if not service.is_placeable:
        return "occupancy offsets not known"
    if not version.is_placed:
        return "planned start or end missing"
    if version.bucket == "unknown":
        return "state not known"
    is_cut = facts.within_window(version.nights) != version.nights
    return "outside_window" if is_cut and version.bucket else None


def unplaced_reservations(facts: Facts) -> list[Row]:
    """Expect rpt_unplaced_reservations."""
    return [
        {
            "reservation_id": version.row["id"],
            "service_id": version.service_id,
            "enterprise_id": version.enterprise_id,
            "reservation_state": version.state,
            "updated_utc": version.at,
            "problem": problem,
        }
        for version in latest(facts)
        if (problem := _problem(facts, version))
    ]
