"""What hotel totals count: each space once, a dormitory as its beds or as one room."""

from collections import defaultdict
from datetime import date
from functools import lru_cache

from mews_pipeline_tests.models.brute_force import expected_spaces as spaces
from mews_pipeline_tests.models.brute_force.facts import Facts

Night = tuple[str, date]


@lru_cache(maxsize=4)
def units(facts: Facts) -> dict[tuple[str, str], frozenset[str]]:
    """Return the units that each space of a lodging service counts as in hotel totals.

    A dormitory counts as its beds at level sellable_units, a bed as its dormitory at level rooms.
    """
    resources = facts.latest("resources")
    beds: defaultdict[str, set[str]] = defaultdict(set)
    for key, row in resources.items():
        if row["parent_resource_id"]:
            beds[row["parent_resource_id"]].add(key)
    found = {}
    for offer in spaces.offers(facts):
        if not offer.service.is_lodging:
            continue
        space = offer.space_id
        if offer.service.level == "sellable_units":
            stands_for = frozenset(beds.get(space) or {space})
        else:
            stands_for = frozenset({resources[space]["parent_resource_id"] or space})
        found[offer.service.id, space] = stands_for
    return found


@lru_cache(maxsize=4)
def active(facts: Facts) -> dict[Night, set[str]]:
    """Return the units that were active themselves, whichever services sell them."""
    found: defaultdict[Night, set[str]] = defaultdict(set)
    for (service_id, _, night), listed in spaces.offered(facts).items():
        enterprise_id = facts.services[service_id].enterprise_id
        for space in listed:
            if space in units(facts).get((service_id, space), ()):
                found[enterprise_id, night].add(space)
    return found


@lru_cache(maxsize=4)
def _offered(facts: Facts) -> defaultdict[Night, set[str]]:
    """Return the spaces that each service offers in each night, whatever their category."""
    offered: defaultdict[Night, set[str]] = defaultdict(set)
    for (service_id, _, night), listed in spaces.offered(facts).items():
        offered[service_id, night] |= listed
    return offered


def _out_of_order_spaces(facts: Facts) -> dict[tuple[str, date], set[str]]:
    """Return the spaces out of order among those that a service offered in a night."""
    broken: defaultdict[tuple[str, date], set[str]] = defaultdict(set)
    for (service_id, space, night), kinds in spaces.blocked(facts).items():
        if "OutOfOrder" in kinds and space in _offered(facts)[service_id, night]:
            broken[service_id, night].add(space)
    return broken


def house_use(facts: Facts) -> dict[Night, set[str]]:
    """Return the active units in house use and not out of order."""
    found: defaultdict[Night, set[str]] = defaultdict(set)
    broken = out_of_order(facts)
    for (service_id, space, night), kinds in spaces.blocked(facts).items():
        stands_for = units(facts).get((service_id, space), frozenset())
        service = facts.services[service_id]
        # A bed does not take the dormitory that it is a part of
        is_part = service.level == "rooms" and space not in stands_for
        is_offered = space in _offered(facts)[service_id, night]
        if kinds == {"InternalUse"} and is_offered and not is_part:
            key = service.enterprise_id, night
            found[key] |= (stands_for & active(facts).get(key, set())) - broken.get(key, set())
    return found


def out_of_order(facts: Facts) -> dict[Night, set[str]]:
    """Return the active units out of order: a dormitory takes its beds, and all beds it."""
    found: defaultdict[Night, set[str]] = defaultdict(set)
    for (service_id, night), broken in _out_of_order_spaces(facts).items():
        service = facts.services[service_id]
        for space in broken:
            stands_for = units(facts).get((service_id, space), frozenset())
            is_part = service.level == "rooms" and space not in stands_for
            if is_part:
                (room,) = stands_for
                if not _beds(facts, service_id, room, night) <= broken:
                    continue
            found[service.enterprise_id, night] |= stands_for
    return {key: listed & active(facts).get(key, set()) for key, listed in found.items()}


def _beds(facts: Facts, service_id: str, room: str, night: date) -> set[str]:
    """Return the beds of a dormitory that a service offers in a night."""
    return {
        offer.space_id
        for offer in spaces.offers(facts)
        if offer.service.id == service_id
        and offer.space_id != room
        and room in units(facts).get((service_id, offer.space_id), ())
        and offer.holds(night)
    }
