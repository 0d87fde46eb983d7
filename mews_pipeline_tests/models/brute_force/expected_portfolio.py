"""Hotel totals and the total of all hotels: lodging services, each space once."""

from collections import defaultdict
from datetime import date
from functools import lru_cache

from mews_pipeline_tests.models.brute_force import expected_occupancy as occupancy
from mews_pipeline_tests.models.brute_force import expected_spaces as spaces
from mews_pipeline_tests.models.brute_force.facts import Facts, Version
from mews_pipeline_tests.models.brute_force.rows import Row

Night = tuple[str, date]
SUMMED = ("rooms_occupied", "rooms_optional", "guests", "arrivals", "departures", "stay_overs")


def _active(facts: Facts) -> dict[Night, set[str]]:
    """Give the units that were active themselves, whichever services sell them."""
    found: defaultdict[Night, set[str]] = defaultdict(set)
    units = spaces.units(facts)
    for (service_id, _, night), active in spaces.offered(facts).items():
        enterprise_id = facts.services[service_id].enterprise_id
        for space in active:
            if space in units.get((service_id, space), ()):
                found[enterprise_id, night].add(space)
    return found


def _out_of_order(facts: Facts, active: dict[Night, set[str]]) -> dict[Night, set[str]]:
    """Give the units out of order: of themselves, or by what they stand for."""
    itself: defaultdict[Night, set[str]] = defaultdict(set)
    parts: defaultdict[Night, set[tuple[str, str]]] = defaultdict(set)
    offered: defaultdict[tuple[str, date], set[str]] = defaultdict(set)
    for (service_id, _, night), listed in spaces.offered(facts).items():
        offered[service_id, night] |= listed
    ever_units = {unit for listed in active.values() for unit in listed}
    for (service_id, space, night), kinds in spaces.blocked(facts).items():
        units = spaces.units(facts).get((service_id, space))
        if units is None or "OutOfOrder" not in kinds or space not in offered[service_id, night]:
            continue
        key = facts.services[service_id].enterprise_id, night
        if space in units:
            itself[key].add(space)
        elif space not in ever_units and len(units) > 1:
            itself[key] |= units
        else:
            parts[key] |= {(unit, space) for unit in units}
    for key, blocked in parts.items():
        for unit in {unit for unit, _ in blocked}:
            if _all_blocked(facts, unit, key, {s for u, s in blocked if u == unit}, offered):
                itself[key].add(unit)
    return {key: blocked & active.get(key, set()) for key, blocked in itself.items()}


def _all_blocked(
    facts: Facts,
    unit: str,
    key: Night,
    blocked: set[str],
    offered: dict[tuple[str, date], set[str]],
) -> bool:
    if not facts.rules.dormitory_by_all_beds:
        return True
    enterprise_id, night = key
    beds = {
        space
        for (service_id, space), units in spaces.units(facts).items()
        if unit in units
        and space != unit
        and facts.services[service_id].enterprise_id == enterprise_id
        and space in offered.get((service_id, night), ())
    }
    return beds <= blocked


def _taken(facts: Facts) -> dict[Night, int]:
    """Count the units taken: two stays on one in one night are one; each without a space adds."""
    distinct: defaultdict[Night, set[str]] = defaultdict(set)
    unassigned: defaultdict[Night, int] = defaultdict(int)
    for version in occupancy.latest(facts):
        service = version.service
        if version.bucket != "definite" or service is None or not service.is_lodging:
            continue
        units = spaces.units(facts).get((service.id, version.row["assigned_resource_id"]))
        for night in version.nights:
            key = service.enterprise_id, night
            if units:
                distinct[key] |= units
            else:
                unassigned[key] += _worth(facts, version)
    return {
        key: len(distinct.get(key, ())) + unassigned.get(key, 0)
        for key in {*distinct, *unassigned}
    }


def _worth(facts: Facts, version: Version) -> int:
    """Count the units that a stay of a category takes: of a dormitory its largest number of beds."""
    sizes = [
        len(spaces.units(facts)[offer.service.id, offer.space_id])
        for offer in spaces.offers(facts)
        if offer.service.id == version.service_id and offer.category_id == version.category_id
    ]
    return max(sizes, default=1)


@lru_cache(maxsize=4)
def _hotels(facts: Facts) -> dict[Night, Row]:
    sums: defaultdict[Night, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMMED, 0))
    for row in occupancy.occupancy_daily(facts):
        service = facts.services.get(row["service_id"])
        if service and service.is_lodging and row["stay_date"]:
            cell = sums[service.enterprise_id, row["stay_date"]]
            for name in SUMMED:
                cell[name] += row[name]
    active = _active(facts)
    broken = _out_of_order(facts, active)
    taken = _taken(facts)
    expected = {}
    for key, summed in sums.items():
        known = spaces.known(facts, key[0])
        has_blocks = known.spaces and known.blocks
        expected[key] = {
            **summed,
            "spaces_occupied": taken.get(key, 0),
            "spaces_active": len(active.get(key, ())) if known.spaces else None,
            "spaces_out_of_order": len(broken.get(key, ())) if has_blocks else None,
        }
    return expected


def _total(facts: Facts, night: date, hotels: list[Row]) -> Row:
    told: Row = {name: sum(h[name] for h in hotels) for name in (*SUMMED, "spaces_occupied")}
    lodging = {s.enterprise_id for s in facts.services.values() if s.is_lodging}
    known = [spaces.known(facts, enterprise_id) for enterprise_id in lodging]
    everywhere = {
        "spaces_active": all(one.spaces for one in known),
        "spaces_out_of_order": all(one.spaces and one.blocks for one in known),
    }
    for name, is_known in everywhere.items():
        values = [hotel[name] for hotel in hotels]
        unknown = None in values or (facts.rules.total_unknown_throughout and not is_known)
        told[name] = None if unknown else sum(values)
    return told


def portfolio_daily(facts: Facts) -> list[Row]:
    """Expect rpt_portfolio_daily."""
    hotels = _hotels(facts)
    by_night: defaultdict[date, list[Row]] = defaultdict(list)
    for (_, night), row in hotels.items():
        by_night[night].append(row)
    rows = dict(hotels)
    for night, several in by_night.items():
        rows["all", night] = _total(facts, night, several)
    expected = []
    for (enterprise_id, night), row in rows.items():
        active, broken = row["spaces_active"], row["spaces_out_of_order"]
        usable = active - broken if None not in {active, broken} else None
        expected.append(
            {
                "enterprise_id": enterprise_id,
                "stay_date": night,
                **row,
                "spaces_usable": usable,
                "occupancy_mews": occupancy.ratio(row["spaces_occupied"], usable),
                "occupancy_usali": occupancy.ratio(row["spaces_occupied"], active),
            }
        )
    return expected
