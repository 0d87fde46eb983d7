"""Hotel totals and the total of all hotels: lodging services, each space once."""

from collections import defaultdict
from datetime import date
from functools import lru_cache

from mews_pipeline_tests.models.brute_force import expected_occupancy as occupancy
from mews_pipeline_tests.models.brute_force import expected_spaces as spaces
from mews_pipeline_tests.models.brute_force import expected_units as hotel_units
from mews_pipeline_tests.models.brute_force.expected_units import Night
from mews_pipeline_tests.models.brute_force.facts import Facts, Version
from mews_pipeline_tests.models.brute_force.rows import Row

SUMMED = ("rooms_occupied", "rooms_optional", "guests", "arrivals", "departures", "stay_overs")


def taken(facts: Facts, *buckets: str) -> dict[Night, int]:
    """Count the units taken: two stays on one in one night are one; each without a space adds."""
    distinct: defaultdict[Night, set[str]] = defaultdict(set)
    unassigned: defaultdict[Night, int] = defaultdict(int)
    for version in occupancy.latest(facts):
        service = version.service
        if (
            version.bucket not in (buckets or ("definite",))
            or service is None
            or not service.is_lodging
        ):
            continue
        units = hotel_units.units(facts).get((service.id, version.row["assigned_resource_id"]))
        for night in version.nights:
            key = service.enterprise_id, night
            if units:
                distinct[key] |= units
            else:
                unassigned[key] += _worth(facts, version)
    return {
        key: len(distinct.get(key, ())) + unassigned.get(key, 0) for key in {*distinct, *unassigned}
    }


def _worth(facts: Facts, version: Version) -> int:
    """Count the units that a stay of a category takes: of a dormitory its beds, at most."""
    sizes = [
        len(hotel_units.units(facts)[offer.service.id, offer.space_id])
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
    active = hotel_units.active(facts)
    broken = hotel_units.out_of_order(facts)
    house_use = hotel_units.house_use(facts)
    occupied, held = taken(facts), taken(facts, "definite", "optional")
    expected = {}
    for key, summed in sums.items():
        known = spaces.known(facts, key[0])
        has_blocks = known.spaces and known.blocks
        expected[key] = {
            **summed,
            "units": _counted_in(_lodging_units(facts, key[0])),
            "spaces_occupied": occupied.get(key, 0),
            "spaces_optional": held.get(key, 0) - occupied.get(key, 0),
            "spaces_active": len(active.get(key, ())) if known.spaces else None,
            "spaces_out_of_order": len(broken.get(key, ())) if has_blocks else None,
            "spaces_house_use": len(house_use.get(key, ())) if has_blocks else None,
        }
    return expected


def _lodging_units(facts: Facts, *enterprise_ids: str) -> list[str]:
    """Return what the lodging services of some properties count."""
    return [
        service.counting_unit
        for service in facts.services.values()
        if service.is_lodging and service.enterprise_id in enterprise_ids
    ]


def _counted_in(several: list[str]) -> str:
    """Return what a total counts in: what all its parts count in, else both."""
    return several[0] if len(set(several)) == 1 else "rooms and beds"


def _total(facts: Facts, hotels: list[Row]) -> Row:
    names = (*SUMMED, "spaces_occupied", "spaces_optional")
    total: Row = {name: sum(h[name] for h in hotels) for name in names}
    lodging = {s.enterprise_id for s in facts.services.values() if s.is_lodging}
    total["units"] = _counted_in(_lodging_units(facts, *lodging))
    known = [spaces.known(facts, enterprise_id) for enterprise_id in lodging]
    everywhere = {
        "spaces_active": all(one.spaces for one in known),
        **dict.fromkeys(
            ("spaces_out_of_order", "spaces_house_use"),
            all(one.spaces and one.blocks for one in known),
        ),
    }
    for name, is_known in everywhere.items():
        values = [hotel[name] for hotel in hotels]
        total[name] = sum(values) if is_known else None
    return total


def portfolio_daily(facts: Facts) -> list[Row]:
    """Expect rpt_portfolio_daily."""
    hotels = _hotels(facts)
    by_night: defaultdict[date, list[Row]] = defaultdict(list)
    for (_, night), row in hotels.items():
        by_night[night].append(row)
    rows = dict(hotels)
    for night, several in by_night.items():
        rows["all", night] = _total(facts, several)
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
                "rooms_left": None
                if usable is None
                else usable
                - sum(row[f"spaces_{name}"] for name in ("house_use", "occupied", "optional")),
                "occupancy_mews": occupancy.ratio(row["spaces_occupied"], usable),
                "occupancy_usali": occupancy.ratio(row["spaces_occupied"], active),
            }
        )
    return expected
