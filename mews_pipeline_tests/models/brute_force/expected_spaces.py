"""The spaces on offer in each night, and the blocked ones among them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from mews_pipeline_tests.models.brute_force.facts import EVER, FOREVER, Facts
from mews_pipeline_tests.models.brute_force.rows import Row
from mews_pipeline_tests.models.brute_force.services import Service

Period = tuple[datetime, datetime]


@dataclass(frozen=True)
class Offer:
    """A space that a service sells under a category, and when."""

    service: Service
    category_id: str
    space_id: str
    begins: datetime
    ends: datetime

    def holds(self, night: date) -> bool:
        """Return whether it held when the occupancy period of the night opened."""
        return self.begins <= self.service.opening(night) < self.ends


@lru_cache(maxsize=4)
def offers(facts: Facts) -> list[Offer]:
    """Return what was offered while space, category and their assignment were all active."""
    found = []
    active = {
        table: [(a, b, row) for a, b, row in facts.periods(table) if row["is_active"]]
        for table in ("resources", "resource_categories", "resource_category_assignments")
    }
    for a_from, a_to, assigned in active["resource_category_assignments"]:
        for r_from, r_to, space in active["resources"]:
            if space["id"] != assigned["resource_id"]:
                continue
            for c_from, c_to, category in active["resource_categories"]:
                service = facts.services.get(category["service_id"])
                if category["id"] != assigned["category_id"] or service is None:
                    continue
                begins, ends = max(a_from, r_from, c_from), min(a_to, r_to, c_to)
                if service.is_placeable and begins < ends:
                    found.append(Offer(service, category["id"], space["id"], begins, ends))
    return found


@lru_cache(maxsize=4)
def offered(facts: Facts) -> dict[tuple[str, str, date], set[str]]:
    """Return the active spaces by service, category and night."""
    found: defaultdict[tuple[str, str, date], set[str]] = defaultdict(set)
    for offer in offers(facts):
        for night in facts.days:
            if offer.holds(night):
                found[offer.service.id, offer.category_id, night].add(offer.space_id)
    return found


def _standing(versions: list[Row]) -> list[tuple[datetime, datetime, Row]]:
    """Return the period in which each version of a block was in force.

    The block's dates decide its nights, so the first version is always in force, and later versions
    from UpdatedUtc. A block first seen deleted was in force from its creation to its deletion.
    """
    found = []
    for place, row in enumerate(versions):
        following = versions[place + 1]["updated_utc"] if place + 1 < len(versions) else FOREVER
        deleted = row.get("deleted_utc")
        begins = row["updated_utc"] if place else row["created_utc"] if deleted else EVER
        if row["is_active"] or deleted:
            found.append((begins, min(following, deleted or following), row))
    return found


@lru_cache(maxsize=4)
def blocked(facts: Facts) -> dict[tuple[str, str, date], set[str]]:
    """Return the types of the blocks in force, by service, space and night."""
    sold_by = defaultdict(set)
    for offer in offers(facts):
        sold_by[offer.space_id].add(offer.service.id)
    found: defaultdict[tuple[str, str, date], set[str]] = defaultdict(set)
    for versions in facts.histories("resource_blocks").values():
        for begins, ends, row in _standing(versions):
            space_id = row["assigned_resource_id"]
            for service_id in sold_by[space_id]:
                service = facts.services[service_id]
                if service.unit == "Hour":
                    continue
                for night in service.nights(row["start_utc"], row["end_utc"]):
                    if begins <= service.opening(night) < ends:
                        found[service_id, space_id, night].add(row["type"])
    return found


@dataclass(frozen=True)
class Known:
    """What of an enterprise's capacity is known."""

    spaces: bool
    blocks: bool


def _concerns(facts: Facts, fetch: Row, enterprise_id: str) -> bool:
    """Return whether a fetch is of an enterprise; of every one where its token's are not known."""
    ids = facts.opened(fetch)
    return not ids or enterprise_id in ids


@lru_cache(maxsize=64)
def known(facts: Facts, enterprise_id: str) -> Known:
    """Return what is known: nothing that a token was refused each time it asked."""
    asked: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in facts.rows("fetches"):
        asked[row["operation"], row["token_key"]].append(row)
    refused = {
        operation
        for (operation, _), rows in asked.items()
        if all(row["refused"] for row in rows) and _concerns(facts, rows[-1], enterprise_id)
    }
    has_any = any(offer.service.enterprise_id == enterprise_id for offer in offers(facts))
    spaces = {"resources", "resource_categories", "resource_category_assignments"}
    return Known(has_any and not spaces & refused, "resource_blocks" not in refused)
