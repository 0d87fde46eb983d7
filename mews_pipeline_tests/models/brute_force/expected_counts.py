"""The counts behind occupancy, pace and totals, and the freshness of each property."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta

from mews_pipeline_tests.models.brute_force import expected_occupancy as occupancy
from mews_pipeline_tests.models.brute_force import expected_portfolio as portfolio
from mews_pipeline_tests.models.brute_force.expected_books import room_night_ledger
from mews_pipeline_tests.models.brute_force.expected_pickup import STEPS
from mews_pipeline_tests.models.brute_force.expected_transitions import reservation_transitions
from mews_pipeline_tests.models.brute_force.facts import Facts
from mews_pipeline_tests.models.brute_force.rows import Row

BOOKED = (
    "rooms_occupied", "rooms_optional", "rooms_pipeline", "rooms_unknown", "guests",
    "guests_adults", "guests_children", "arrivals", "day_use", "departures", "rooms_departing",
    "rooms_begun",
)  # fmt: skip


def booked_daily(facts: Facts) -> list[Row]:
    """Expect fct_booked_daily."""
    return [
        {
            "service_id": service_id,
            "resource_category_id": category_id,
            "stay_date": night,
            **{name: counts[name] for name in BOOKED},
            "hours_occupied": counts["minutes"] / 60,
        }
        for (service_id, category_id, night), counts in occupancy.counted(facts).items()
    ]


def booked_by_lead(facts: Facts) -> list[Row]:
    """Expect fct_booked_by_lead."""
    found: defaultdict[tuple[str, date, int], list[Row]] = defaultdict(list)
    for row in room_night_ledger(facts):
        if row["bucket"] == "definite" and row["posting_date"] <= row["stay_date"]:
            lead = (row["stay_date"] - row["posting_date"]).days
            step = max(step for step in STEPS if step <= lead)
            found[row["service_id"], row["stay_date"], step].append(row)
    return [
        {
            **dict(zip(("service_id", "stay_date", "days_before"), key, strict=True)),
            **{name: sum(row[name] for row in rows) for name in ("rooms", "guests")},
        }
        for key, rows in found.items()
    ]


def spaces_occupied_daily(facts: Facts) -> list[Row]:
    """Expect fct_spaces_occupied_daily."""
    definite = portfolio.taken(facts)
    return [
        {
            "enterprise_id": key[0],
            "stay_date": key[1],
            "spaces_occupied": definite.get(key, 0),
            "spaces_optional": held - definite.get(key, 0),
        }
        for key, held in portfolio.taken(facts, "definite", "optional").items()
        if facts.days[0] <= key[1] <= facts.days[-1]
    ]


def _through(facts: Facts, enterprise_id: str) -> datetime | None:
    """Return up to when both reservations and orders of a property are known."""
    known: defaultdict[str, list[datetime]] = defaultdict(list)
    for row in facts.windows():
        if enterprise_id in facts.opened(row):
            known[row["operation"]].append(row["fetched_through_utc"])
    return min((max(several) for several in known.values()), default=None)


def _is_stopped(facts: Facts, through: datetime | None) -> bool:
    """Return whether a property is known 30 days less far than another one."""
    return through is not None and through < facts.now - timedelta(days=30)


def _all_through(facts: Facts) -> datetime | None:
    """Return up to when every property is known that is still fetched."""
    several = [_through(facts, key) for key in facts.latest("enterprises")]
    return min((one for one in several if one and not _is_stopped(facts, one)), default=None)


def _complete_since(facts: Facts, enterprise_id: str) -> datetime | None:
    """Return since when the stays of a property, or of all, were all searched for."""
    if enterprise_id == "all":
        several = [_complete_since(facts, key) for key in facts.latest("enterprises")]
        known = [one for one in several if one]
        return max(known) if known and len(known) == len(several) else None
    windows = [
        row
        for row in facts.rows("fetches")
        if row["operation"] == "reservations_by_stay"
        and not row["refused"]
        and enterprise_id in facts.opened(row)
    ]
    if not windows:
        return None
    windows.sort(key=lambda row: row["stays_start_utc"])
    first = reached = windows[0]["stays_start_utc"]
    for row in windows:
        if row["stays_start_utc"] > reached:
            return None
        reached = max(reached, row["stays_end_utc"])
    is_complete = reached - first >= timedelta(days=738)
    return max(row["finished_utc"] for row in windows) if is_complete else None


def freshness(facts: Facts) -> list[Row]:
    """Expect rpt_freshness."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    owners = {key: service.enterprise_id for key, service in facts.services.items()}
    for versions in facts.reservations.values():
        for owner in (versions[-1].enterprise_id, "all"):
            counts[owner]["reservations"] += 1
            counts[owner]["reservation_versions"] += len(versions)
    for name, rows in (
        ("postings", room_night_ledger(facts)),
        ("transitions", reservation_transitions(facts)),
    ):
        for row in rows:
            for owner in (owners.get(row["service_id"], "unknown"), "all"):
                counts[owner][name] += 1
    enterprises = facts.latest("enterprises")
    everybody = {"name": "All properties", "time_zone_identifier": None}
    expected = []
    for key, row in {**enterprises, "all": everybody}.items():
        expected.append(
            {
                "enterprise_id": key,
                "enterprise_name": row["name"],
                "time_zone": row["time_zone_identifier"],
                "as_of_utc": facts.now if key == "all" else facts.now_of(key),
                "fetched_through_utc": _all_through(facts)
                if key == "all"
                else _through(facts, key),
                "is_stopped": key != "all" and _is_stopped(facts, _through(facts, key)),
                "books_complete_since_utc": _complete_since(facts, key),
                **{
                    name: counts[key][name]
                    for name in ("reservations", "reservation_versions", "postings", "transitions")
                },
            }
        )
    return expected
