"""The reports that count reservations as they are now."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date, datetime, timedelta
from statistics import mean, median

from mews_pipeline_tests.models.brute_force.expected_occupancy import latest
from mews_pipeline_tests.models.brute_force.expected_reservations import nights_of, reservations
from mews_pipeline_tests.models.brute_force.expected_transitions import reservation_transitions
from mews_pipeline_tests.models.brute_force.facts import Facts, Version
from mews_pipeline_tests.models.brute_force.rows import Row

UNCLEAN = ("NoShow", "InputError", "Update", "BookingAbandoned", "ConfirmationMissed")


def is_clean(row: Row) -> bool:
    """Return whether a firm booking was cancelled: no correction, no no-show, no option."""
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


def _how_cancelled(steps: list[Row]) -> tuple[str, str, bool]:
    """Return the state before the last cancellation, its basis, and if a room was ever held."""
    last = [step for step in steps if step["to_state"] == "Canceled"][-1]
    held = {"Optional", "Confirmed", "Started", "Processed"}
    return last["from_state"], last["basis"], any(step["to_state"] in held for step in steps)


def cancellations(facts: Facts) -> list[Row]:
    """Expect rpt_cancellations."""
    names = (
        "cancelled_month", "enterprise_id", "service_id", "lead_bucket", "cancellation_reason",
        "origin", "from_state", "basis", "held_room",
    )  # fmt: skip
    ways = grouped(reservation_transitions(facts), lambda row: (row["reservation_id"],))
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
            *_how_cancelled(ways[row["reservation_id"],]),
        ),
    )
    return [
        {
            **dict(zip(names, key, strict=True)),
            "cancellations": len(several),
            "room_nights": key[-1] and sum(row["nights"] or 0 for row in several),
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
            counts = {"arrivals": due, "no_shows": missed, "no_show_rate": missed / (due + missed)}
            expected.append({**dict(zip(names, key, strict=True)), **counts})
    return expected


def _profile(rows: list[Row]) -> Row:
    stays = [row for row in rows if row["bucket"] == "definite" and row["nights"]]
    # Who came as an import was created when it was imported
    booked = [row for row in stays if row["origin"] != "Import" and row["created_date"]]
    leads = [max((row["arrival_date"] - row["created_date"]).days, 0) for row in booked]
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
        "day_use": sum(
            row["bucket"] == "definite" and row["arrival_date"] == row["departure_date"]
            for row in rows
        ),
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
    return [{**dict(zip(names, key, strict=True)), **_profile(rows)} for key, rows in found.items()]


def _hours_since(facts: Facts, version: Version, instant: datetime) -> int:
    return int((facts.now_of(version.enterprise_id) - instant) / timedelta(hours=1))


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
