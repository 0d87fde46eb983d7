"""Occupancy by service, category and night, and hotel totals."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from mews_pipeline_tests.models.brute_force import expected_spaces as spaces
from mews_pipeline_tests.models.brute_force.facts import Facts, Version
from mews_pipeline_tests.models.brute_force.rows import Row
from mews_pipeline_tests.models.brute_force.services import DAY, Service

Cell = tuple[str, str, date | None]
COUNTS = (
    "rooms_occupied", "rooms_optional", "rooms_pipeline", "rooms_unknown", "rooms_occupied_stayed",
    "guests", "guests_adults", "guests_children", "arrivals", "departures", "day_use", "stay_overs",
)  # fmt: skip


def latest(facts: Facts) -> list[Version]:
    """Return each reservation as it is now."""
    return [versions[-1] for versions in facts.reservations.values()]


def stayed(facts: Facts, version: Version, night: date) -> str:
    """Return the category of the space assigned, the booked one where there is none."""
    own = [
        offer
        for offer in spaces.offers(facts)
        if offer.service.id == version.service_id
        and offer.space_id == version.row["assigned_resource_id"]
    ]
    now = sorted({offer.category_id for offer in own if offer.holds(night)})
    if len(now) > 1:
        return max(now, key=lambda category_id: _since(facts, own, category_id, night))
    last = max(own, key=lambda offer: offer.begins, default=None)
    return now[0] if now else last.category_id if last else version.category_id


def _since(facts: Facts, own: list[spaces.Offer], category_id: str, night: date) -> date:
    """Return the first of the nights without a break in which a space is in a category."""
    offers = [offer for offer in own if offer.category_id == category_id]
    while night > facts.start - 3 * DAY and any(offer.holds(night - DAY) for offer in offers):
        night -= DAY
    return night


def _hours(facts: Facts, version: Version) -> Iterator[tuple[date, float]]:
    """Return the hours of each local day that a stay takes."""
    service = version.service
    start, end = version.row["scheduled_start_utc"], version.row["scheduled_end_utc"]
    if service is None or end <= start:
        return
    day, last = (service.local(instant).date() for instant in (start, end))
    while day <= last:
        opens, closes = (
            datetime.combine(midnight, time(), service.zone).astimezone(UTC)
            for midnight in (day, day + DAY)
        )
        hours = (min(end, closes) - max(start, opens)) / timedelta(hours=1)
        if hours > 0 and facts.within_window([day]):
            yield day, hours
        day += DAY


def _count_nights(facts: Facts, version: Version, found: dict[Cell, Counter[str]]) -> None:
    cell = version.service_id, version.category_id
    if version.bucket is None:
        return
    if not version.is_placed:
        found[*cell, None]["rooms_unknown"] += 1
        return
    column = "occupied" if version.bucket == "definite" else version.bucket
    for night in facts.within_window(version.nights):
        found[*cell, night][f"rooms_{column}"] += 1
        if version.bucket == "definite":
            category_id = stayed(facts, version, night)
            found[version.service_id, category_id, night]["rooms_occupied_stayed"] += 1
            names = ("guests", "guests_adults", "guests_children")
            found[*cell, night].update(dict(zip(names, version.persons, strict=True)))


def _count_days(facts: Facts, version: Version, found: dict[Cell, Counter[str]]) -> None:
    if version.bucket != "definite" or not version.is_placed:
        return
    cell = version.service_id, version.category_id
    arrival = version.local_date(version.row["scheduled_start_utc"])
    departure = version.local_date(version.row["scheduled_end_utc"])
    found[*cell, arrival]["arrivals"] += 1
    found[*cell, departure]["departures"] += 1
    found[*cell, arrival]["day_use"] += arrival == departure
    for night in version.nights:
        stays_on = night - DAY in version.nights and night != departure
        found[*cell, night]["stay_overs"] += stays_on
        found[*cell, night]["rooms_begun"] += night == version.nights[0]
        found[*cell, night]["rooms_departing"] += night == departure != version.nights[0]
    if version.service and version.service.unit == "Hour":
        for day, hours in _hours(facts, version):
            found[*cell, day]["minutes"] += round(hours * 60)


@lru_cache(maxsize=4)
def counted(facts: Facts) -> dict[Cell, Counter[str]]:
    """Count what is booked by service, category and date, whenever that is."""
    found: defaultdict[Cell, Counter[str]] = defaultdict(Counter)
    for version in latest(facts):
        _count_nights(facts, version, found)
        _count_days(facts, version, found)
    return {cell: counts for cell, counts in found.items() if any(counts.values())}


def _spaces(facts: Facts, service: Service | None, category_id: str, night: date | None) -> Row:
    """Count the spaces of a category in a night; what is not known is None."""
    names = ("spaces_active", "spaces_out_of_order", "spaces_house_use", "spaces_usable")
    counts: Row = dict.fromkeys(names)
    if service is None:
        return counts
    is_known = spaces.known(facts, service.enterprise_id)
    active = spaces.offered(facts).get((service.id, category_id, night), set()) if night else set()
    kinds = [spaces.blocked(facts).get((service.id, s, night), set()) for s in active if night]
    if is_known.spaces:
        counts["spaces_active"] = len(active)
    if is_known.spaces and is_known.blocks:
        counts["spaces_out_of_order"] = sum("OutOfOrder" in kind for kind in kinds)
        counts["spaces_house_use"] = sum(kind == {"InternalUse"} for kind in kinds)
        counts["spaces_usable"] = counts["spaces_active"] - counts["spaces_out_of_order"]
    return counts


def ratio(number: float, of: int | None) -> float | None:
    """Divide, giving None where there is nothing to divide by."""
    return number / of if of else None


@lru_cache(maxsize=4)
def _occupancy(facts: Facts) -> dict[Cell, Row]:
    booked = {
        cell: counts
        for cell, counts in counted(facts).items()
        if cell[2] is None or facts.days[0] <= cell[2] <= facts.days[-1]
    }
    expected = {}
    for service_id, category_id, night in {*booked, *spaces.offered(facts)}:
        counts = booked.get((service_id, category_id, night), Counter())
        service = facts.services.get(service_id)
        row: Row = {
            "enterprise_id": service.enterprise_id if service else "unknown",
            "service_id": service_id,
            "resource_category_id": category_id,
            "stay_date": night,
            **{name: counts[name] for name in COUNTS},
            "hours_occupied": None,
            **_spaces(facts, service, category_id, night),
        }
        taken = row["rooms_occupied"]
        if service and service.unit == "Hour":
            row["hours_occupied"] = counts["minutes"] / 60
            taken = row["hours_occupied"] / 24
        row["rooms_left"] = _left(row)
        row["occupancy_mews"] = ratio(taken, row["spaces_usable"])
        row["occupancy_usali"] = ratio(taken, row["spaces_active"])
        expected[service_id, category_id, night] = row
    return expected


def _left(row: Row) -> int | None:
    """Count what is left to sell, None where spaces or blocks are not known, and by the hour."""
    if None in {row["spaces_usable"], row["stay_date"]} or row["hours_occupied"] is not None:
        return None
    taken = row["rooms_occupied"] + row["rooms_optional"] + row["spaces_house_use"]
    left: int = row["spaces_usable"] - taken
    return left


def occupancy_daily(facts: Facts) -> list[Row]:
    """Expect fct_occupancy_daily."""
    return list(_occupancy(facts).values())
