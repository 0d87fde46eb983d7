"""Reservations as they are now, how they were changed, and the reports that count them."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import mean, median

from mews_pipeline_tests.models.brute_force.expected_occupancy import latest
from mews_pipeline_tests.models.brute_force.facts import Facts, Version
from mews_pipeline_tests.models.brute_force.rows import Row
from mews_pipeline_tests.models.brute_force.rules import Rules

AS_THEY_ARE = (
    "group_id", "rate_id", "business_segment_id", "travel_agency_id", "partner_company_id",
    "origin", "commander_origin", "cancellation_reason", "created_utc", "updated_utc",
    "cancelled_utc", "released_utc", "scheduled_start_utc", "scheduled_end_utc",
    "actual_start_utc", "actual_end_utc", "assigned_resource_id",
)  # fmt: skip
UNCLEAN = ("NoShow", "InputError", "Update", "BookingAbandoned", "ConfirmationMissed")


def _local(version: Version, name: str) -> datetime | None:
    instant = version.row[name]
    if instant is None or version.service is None or version.service.zone is None:
        return None
    return version.service.local(instant)


def nights_of(version: Version) -> int | None:
    """Count the nights of a version, None where they cannot be told."""
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
    """Give what a version changed of what was booked; None where that is nothing."""
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
    """Tell why a reservation does not stand under its nights and state; None where it does."""
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


def is_clean(row: Row) -> bool:
    """Whether a firm booking was cancelled: no correction, no no-show, no option."""
    return bool(
        row["reservation_state"] == "Canceled"
        and row["released_utc"] is None
        and row["cancellation_reason"] not in UNCLEAN
    )


def grouped(
    rows: list[Row], key: Callable[[Row], tuple[object, ...]]
) -> dict[tuple[object, ...], list[Row]]:
    """Gather rows by a key."""
    found: defaultdict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _month(day: date | None) -> date | None:
    return day and day.replace(day=1)


def _lead_bucket(arrival: date | None, cancelled: date | None) -> str:
    if arrival is None or cancelled is None:
        return "not known"
    days = (arrival - cancelled).days
    for most, name in (
        (0, "00 days"), (1, "01 day"), (3, "02-03 days"), (7, "04-07 days"), (14, "08-14 days"),
        (30, "15-30 days"), (60, "31-60 days"), (90, "61-90 days"),
    ):  # fmt: skip
        if days <= most:
            return name
    return "91 days and more"


def cancellations(facts: Facts) -> list[Row]:
    """Expect rpt_cancellations."""
    names = (
        "cancelled_month", "enterprise_id", "service_id", "lead_bucket", "cancellation_reason",
        "origin",
    )  # fmt: skip
    rows = [row for row in reservations(facts) if row["reservation_state"] == "Canceled"]
    found = grouped(
        rows,
        lambda row: (
            _month(row["cancelled_date"]),
            row["enterprise_id"],
            row["service_id"],
            _lead_bucket(row["arrival_date"], row["cancelled_date"]),
            row["cancellation_reason"] or "not given",
            row["origin"] or "not given",
        ),
    )
    return [
        {
            **dict(zip(names, key, strict=True)),
            "cancellations": len(several),
            "room_nights": sum(row["nights"] or 0 for row in several),
        }
        for key, several in found.items()
    ]


def no_shows(facts: Facts) -> list[Row]:
    """Expect rpt_no_shows."""
    placed = [row for row in reservations(facts) if row["is_placed"]]
    names = ("arrival_date", "enterprise_id", "service_id")
    expected = []
    for key, rows in grouped(placed, lambda row: tuple(row[name] for name in names)).items():
        due = sum(row["bucket"] == "definite" for row in rows)
        missed = sum(
            row["reservation_state"] == "Canceled" and row["cancellation_reason"] == "NoShow"
            for row in rows
        )
        if due or missed:
            told = {"arrivals": due, "no_shows": missed, "no_show_rate": missed / (due + missed)}
            expected.append({**dict(zip(names, key, strict=True)), **told})
    return expected


def _profile(rows: list[Row], rules: Rules) -> Row:
    stays = [row for row in rows if row["bucket"] == "definite" and row["nights"]]
    # Who came as an import was created when it was imported
    booked = [row for row in stays if row["origin"] != "Import"]
    if rules.lead_needs_creation:
        booked = [row for row in booked if row["created_date"]]
    leads = [
        max((row["arrival_date"] - (row["created_date"] or row["arrival_date"])).days, 0)
        for row in booked
    ]
    nights = sum(row["nights"] for row in stays)
    cancelled = sum(row["reservation_state"] == "Canceled" for row in rows)
    return {
        "reservations": len(rows),
        "stays": len(stays),
        "room_nights": nights,
        "average_nights": nights / len(stays) if stays else None,
        "average_lead_days": mean(leads) if leads else None,
        "median_lead_days": median(leads) if leads else None,
        "guests_per_room": sum(r["guests"] * r["nights"] for r in stays) / nights
        if stays
        else None,
        "day_use": sum(row["bucket"] == "definite" and row["nights"] == 0 for row in rows),
        "cancelled": cancelled,
        "cancelled_clean": sum(is_clean(row) for row in rows),
        "cancellation_rate": cancelled / len(rows),
    }


def stay_profile(facts: Facts) -> list[Row]:
    """Expect rpt_stay_profile."""
    placed = [row for row in reservations(facts) if row["is_placed"]]
    found = grouped(
        placed, lambda row: (_month(row["arrival_date"]), row["enterprise_id"], row["service_id"])
    )
    names = ("arrival_month", "enterprise_id", "service_id")
    return [
        {**dict(zip(names, key, strict=True)), **_profile(rows, facts.rules)}
        for key, rows in found.items()
    ]


def _hours_since(facts: Facts, version: Version, instant: datetime) -> int:
    now = facts.now_of(version.enterprise_id)
    if facts.rules.hours_passed:
        return int((now - instant) / timedelta(hours=1))
    strokes = [moment.replace(minute=0, second=0, microsecond=0) for moment in (instant, now)]
    return int((strokes[1] - strokes[0]) / timedelta(hours=1))


def options_past_release(facts: Facts) -> list[Row]:
    """Expect rpt_options_past_release."""
    expected = []
    for version in latest(facts):
        released = version.row["released_utc"]
        now = facts.now_of(version.enterprise_id)
        if version.state == "Optional" and released and released < now:
            expected.append(
                {
                    "reservation_id": version.row["id"],
                    "enterprise_id": version.enterprise_id,
                    "service_id": version.service_id,
                    "resource_category_id": version.category_id,
                    "arrival_date": version.local_date(version.row["scheduled_start_utc"]),
                    "nights": nights_of(version),
                    "released_utc": released,
                    "hours_past_release": _hours_since(facts, version, released),
                }
            )
    return expected


def overdue(facts: Facts) -> list[Row]:
    """Expect rpt_overdue."""
    awaited = {
        "Confirmed": ("arrival", "scheduled_start_utc"),
        "Started": ("departure", "scheduled_end_utc"),
    }
    expected = []
    for version in latest(facts):
        if version.state not in awaited:
            continue
        what, name = awaited[version.state]
        due = version.row[name]
        if due and due < facts.now_of(version.enterprise_id):
            expected.append(
                {
                    "reservation_id": version.row["id"],
                    "enterprise_id": version.enterprise_id,
                    "service_id": version.service_id,
                    "resource_category_id": version.category_id,
                    "assigned_resource_id": version.row["assigned_resource_id"],
                    "overdue": what,
                    "due_utc": due,
                    "hours_overdue": _hours_since(facts, version, due),
                }
            )
    return expected
