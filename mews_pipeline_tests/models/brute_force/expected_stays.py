"""Definite stays: their states, lengths, and the categories booked and stayed in."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date

from mews_pipeline_tests.models.brute_force import expected_occupancy as occupancy
from mews_pipeline_tests.models.brute_force.expected_reports import grouped
from mews_pipeline_tests.models.brute_force.expected_reservations import reservations
from mews_pipeline_tests.models.brute_force.facts import Facts, Version
from mews_pipeline_tests.models.brute_force.rows import Row

HELD_IN = {"Confirmed": "confirmed", "Started": "in_house", "Processed": "departed"}
STATE_COUNTS = (
    "rooms_confirmed", "rooms_in_house", "rooms_departed", "arrivals_due", "arrivals_done",
    "departures_due", "departures_done",
)  # fmt: skip


def _definite(facts: Facts) -> list[Version]:
    return [
        version
        for version in occupancy.latest(facts)
        if version.bucket == "definite" and version.is_placed
    ]


def rooms_by_state(facts: Facts) -> list[Row]:
    """Expect rpt_rooms_by_state."""
    found: defaultdict[tuple[str, str, date | None], Counter[str]] = defaultdict(Counter)
    for version in _definite(facts):
        owner = version.enterprise_id, version.service_id
        for night in version.nights:
            found[*owner, night][f"rooms_{HELD_IN[version.state]}"] += 1
        arrival = found[*owner, version.local_date(version.row["scheduled_start_utc"])]
        arrival["arrivals_due"] += 1
        arrival["arrivals_done"] += version.state != "Confirmed"
        departure = found[*owner, version.local_date(version.row["scheduled_end_utc"])]
        departure["departures_due"] += 1
        departure["departures_done"] += version.state == "Processed"
    return [
        {
            **dict(zip(("enterprise_id", "service_id", "stay_date"), key, strict=True)),
            **{name: counts[name] for name in STATE_COUNTS},
        }
        for key, counts in found.items()
        if key[2] and facts.days[0] <= key[2] <= facts.days[-1]
    ]


def length_of_stay(facts: Facts) -> list[Row]:
    """Expect rpt_length_of_stay."""
    stays = [
        {**row, "arrival_month": row["arrival_date"].replace(day=1)}
        for row in reservations(facts)
        if row["bucket"] == "definite" and row["is_placed"] and row["nights"]
    ]
    names = ("arrival_month", "enterprise_id", "service_id", "nights")
    months = grouped(stays, lambda row: tuple(row[name] for name in names[:3]))
    return [
        {
            **dict(zip(names, key, strict=True)),
            "stays": len(rows),
            "room_nights": sum(row["nights"] for row in rows),
            "share_of_stays": len(rows) / len(months[key[:3]]),
        }
        for key, rows in grouped(stays, lambda row: tuple(row[name] for name in names)).items()
    ]


def _nights(facts: Facts) -> Iterator[tuple[Version, str, date]]:
    """Yield each definite night that reports cover, with the category stayed in."""
    for version in _definite(facts):
        for night in version.nights:
            if facts.days[0] <= night <= facts.days[-1]:
                yield version, occupancy.stayed(facts, version, night), night


def moved_daily(facts: Facts) -> list[Row]:
    """Expect fct_moved_daily."""
    names = ("service_id", "resource_category_id", "stayed_resource_category_id", "stay_date")
    counts = Counter(
        (version.service_id, version.category_id, stayed, night)
        for version, stayed, night in _nights(facts)
        if stayed != version.category_id
    )
    return [{**dict(zip(names, key, strict=True)), "rooms": n} for key, n in counts.items()]


def booked_by_stayed(facts: Facts) -> list[Row]:
    """Expect rpt_booked_by_stayed."""
    names = (
        "stay_month", "enterprise_id", "service_id", "resource_category_id",
        "stayed_resource_category_id",
    )  # fmt: skip
    counts = Counter(
        (
            night.replace(day=1),
            version.enterprise_id,
            version.service_id,
            version.category_id,
            stayed,
        )
        for version, stayed, night in _nights(facts)
    )
    return [{**dict(zip(names, key, strict=True)), "room_nights": n} for key, n in counts.items()]
