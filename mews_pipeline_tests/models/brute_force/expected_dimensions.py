"""The dimensions, what was fetched, and the reconciliation with Mews' availability."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise

from mews_pipeline_tests.models.brute_force.expected_books import room_night_ledger
from mews_pipeline_tests.models.brute_force.facts import LODGING, Facts
from mews_pipeline_tests.models.brute_force.rows import Row
from mews_pipeline_tests.models.brute_force.services import DAY, duration, first_name

HOUR = timedelta(hours=1)


def enterprises(facts: Facts) -> list[Row]:
    """Expect dim_enterprise."""
    return [
        {
            "enterprise_id": key,
            "chain_id": row["chain_id"],
            "enterprise_name": row["name"],
            "enterprise_short_name": row["short_name"],
            "time_zone_identifier": row["time_zone_identifier"],
            "business_day_closing_offset": duration(row["business_day_closing_offset"]),
            "operational_editable_history": duration(row["operational_editable_history_interval"]),
            "created_utc": row["created_utc"],
        }
        for key, row in facts.latest("enterprises").items()
    ]


def services(facts: Facts) -> list[Row]:
    """Expect dim_service."""
    return [
        {
            "service_id": key,
            "enterprise_id": service.enterprise_id,
            "service_name": service.row["name"] or first_name(service.row["names"]),
            "service_kind": service.row["data_discriminator"],
            "is_active": service.row["is_active"],
            "time_unit": service.unit,
            "occupancy_start_offset": service.opens,
            "occupancy_end_offset": service.closes,
            "time_zone": service.zone.key if service.zone else None,
            "business_day_closing_offset": service.day_closing,
            "is_lodging": service.is_lodging,
            "counting_level": service.level,
            "counting_unit": service.counting_unit,
            "is_placeable": service.is_placeable,
        }
        for key, service in facts.services.items()
    ]


def resource_categories(facts: Facts) -> list[Row]:
    """Expect dim_resource_category."""
    kept = ("enterprise_id", "service_id", "is_active", "ordering", "capacity", "extra_capacity")
    return [
        {
            "resource_category_id": key,
            "resource_category_name": first_name(row["names"]),
            "resource_category_short_name": first_name(row["short_names"]),
            "resource_category_type": row["type"],
            "is_lodging_type": row["type"] in LODGING,
            **{name: row[name] for name in kept},
        }
        for key, row in facts.latest("resource_categories").items()
    ]


def age_categories(facts: Facts) -> list[Row]:
    """Expect dim_age_category."""
    kept = (
        "enterprise_id", "service_id", "classification", "minimal_age", "maximal_age", "is_active",
    )  # fmt: skip
    return [
        {
            "age_category_id": key,
            "age_category_name": first_name(row["names"]),
            **{name: row[name] for name in kept},
        }
        for key, row in facts.latest("age_categories").items()
    ]


def accounting_categories(facts: Facts) -> list[Row]:
    """Expect dim_accounting_category."""
    return [
        {
            "accounting_category_id": key,
            "category_name": row["name"],
            **{name: row[name] for name in ("enterprise_id", "classification", "is_active")},
        }
        for key, row in facts.latest("accounting_categories").items()
    ]


def dates(facts: Facts) -> list[Row]:
    """Expect dim_date."""
    return [
        {
            "date_day": day,
            "calendar_year": day.year,
            "calendar_quarter": (day.month + 2) // 3,
            "calendar_month": day.month,
            "month_start": day.replace(day=1),
            "iso_year": day.isocalendar().year,
            "iso_week": day.isocalendar().week,
            "iso_weekday": day.isoweekday(),
            "weekday_name": f"{day:%A}",
            "is_weekend_night": f"{day:%a}" in {"Fri", "Sat"},
            "same_weekday_last_year": day - 52 * 7 * DAY,
        }
        for day in facts.days
    ]


def _spans(windows: list[Row]) -> list[tuple[datetime, datetime]]:
    """Join windows that touch or overlap."""
    spans: list[tuple[datetime, datetime]] = []
    for row in sorted(windows, key=lambda row: row["window_start_utc"]):
        opens, closes = row["window_start_utc"], row["fetched_through_utc"]
        if spans and opens <= spans[-1][1]:
            spans[-1] = spans[-1][0], max(spans[-1][1], closes)
        else:
            spans.append((opens, closes))
    return spans


def coverage(facts: Facts) -> list[Row]:
    """Expect rpt_coverage."""
    found: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in facts.windows():
        for owner in facts.opened(row):
            found[row["operation"], owner].append(row)
    expected = []
    for (operation, owner), windows in found.items():
        spans = _spans(windows)
        gaps = [(one[1], other[0]) for one, other in pairwise(spans)]
        expected.append(
            {
                "operation": operation,
                "enterprise_id": owner,
                "service_ids": None,
                "fetches": len(windows),
                "covered_from_utc": spans[0][0],
                "covered_through_utc": spans[-1][1],
                "observed_since_utc": min(row["finished_utc"] for row in windows),
                "gaps": len(gaps),
                "gap_hours": sum(((b - a) / HOUR for a, b in gaps), 0.0),
                "first_gap_utc": gaps[0][0] if gaps else None,
            }
        )
    return expected


METRICS = {
    "ConfirmedReservations": "mews_confirmed",
    "OptionalReservations": "mews_optional",
    "Occupied": "mews_occupied",
}


def availability(facts: Facts) -> list[Row]:
    """Expect rpt_availability_reconciliation: each service's latest snapshot, from its day on."""
    rows = facts.rows("availability")
    last: dict[str, datetime] = {}
    for row in rows:
        last[row["service_id"]] = max(
            row["snapshot_utc"], last.get(row["service_id"], facts.start_utc)
        )
    ledger = room_night_ledger(facts)
    cells: dict[tuple[str, str, date], Row] = {}
    for row in rows:
        service, at = facts.services[row["service_id"]], last[row["service_id"]]
        night = service.local(row["time_unit_start_utc"]).date()
        if row["snapshot_utc"] != at or night < service.local(at).date() or service.zone is None:
            continue
        key = service.id, row["resource_category_id"], night
        cell = cells.setdefault(key, dict.fromkeys(METRICS.values()))
        cell |= {"enterprise_id": service.enterprise_id, "snapshot_utc": at}
        cell[METRICS[row["metric"]]] = row["value"]
    for key, cell in cells.items():
        names = ("service_id", "resource_category_id", "stay_date")
        cell |= dict(zip(names, key, strict=True))
        for bucket, ours, theirs, difference in (
            ("definite", "rooms_occupied", "mews_confirmed", "definite_difference"),
            ("optional", "rooms_optional", "mews_optional", "optional_difference"),
        ):
            cell[ours] = sum(
                posted["rooms"]
                for posted in ledger
                if posted["bucket"] == bucket
                and tuple(posted[name] for name in names) == key
                and posted["posted_at"] <= cell["snapshot_utc"]
            )
            cell[difference] = cell[ours] - cell[theirs]
    return list(cells.values())
