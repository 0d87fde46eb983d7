"""What is odd about items and nights."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal

from mews_pipeline_tests.models.brute_force import expected_occupancy as occupancy
from mews_pipeline_tests.models.brute_force.expected_performance import item_nights, paid_nights
from mews_pipeline_tests.models.brute_force.facts import Facts, Version
from mews_pipeline_tests.models.brute_force.item_versions import Items, Says, seed, stream
from mews_pipeline_tests.models.brute_force.rows import Row

KEYS = ("enterprise_id", "order_item_id", "service_order_id", "revenue_date", "exception")
HALF_A_CENT = Decimal("0.005")
Night = tuple[str, date | None]


def _tax_differs(row: Row) -> bool:
    net, gross = row["amount_net_value"], row["amount_gross_value"]
    if net is None or gross is None:
        return False
    parts = json.loads(row["amount_breakdown"] or "{}").get("Items", [])
    taxes = [Decimal(str(part["TaxValue"])) for part in parts]
    return bool(taxes) and abs(gross - net - sum(taxes)) >= HALF_A_CENT


def _stray(facts: Facts) -> set[Night]:
    """Return the nights with an amount, after rebates, that no definite reservation holds.

    Services by the hour or month have items of their own length.
    """
    other = {
        version.row["id"]
        for version in occupancy.latest(facts)
        if version.service and version.service.unit != "Day"
    }
    held: set[Night] = {(version.row["id"], night) for version, night in _definite(facts)}
    return {night for night in paid_nights(facts) if night not in held and night[0] not in other}


def _odd(facts: Facts, items: Items, item_id: str, stray: set[Night]) -> Iterator[str]:
    """Yield what is odd about an item as it is now."""
    row, says = items.rows[item_id][-1], items.says[item_id][-1]
    enterprise_id, service_id, order_id, _, item_type, classification, currency = says.where
    day, service = items.stands_on(item_id), facts.services.get(service_id)
    is_type_known = item_type in {one["item_type"] for one in seed("revenue_streams")} - {"*"}
    is_unmapped = stream(enterprise_id, item_type, classification) == "unmapped"
    is_night = item_type == "SpaceOrder" and bool(row["amount_net_value"]) and day is not None
    conditions = {
        "amount_not_a_number": None in {row["amount_net_value"], row["amount_gross_value"]},
        "no_currency": currency == "unknown",
        "no_date": day is None,
        "unknown_item_type": not is_type_known,
        "unknown_classification": is_type_known and is_unmapped,
        "unknown_service": service is None,
        "rebate_without_root": says.is_rebate and items.root(item_id) is None,
        "tax_differs": _tax_differs(row),
        "item_without_night": is_night and _is_definite(items, says) and (order_id, day) in stray,
    }
    yield from (name for name, holds in conditions.items() if holds)


def _is_definite(items: Items, says: Says) -> bool:
    steps = items.steps.get(says.where[2], ())
    bucket = steps[-1].bucket if steps else "definite"
    return says.state in {"Open", "Closed"} and bucket == "definite"


def _definite(facts: Facts) -> list[tuple[Version, date]]:
    """Return the definite nights of all reservations that are placed."""
    return [
        (version, night)
        for version in occupancy.latest(facts)
        if version.bucket == "definite"
        for night in facts.within_window(version.nights)
    ]


def revenue_exceptions(facts: Facts) -> list[Row]:
    """Expect rpt_revenue_exceptions, without the details in words."""
    items, definite, expected = Items(facts), _definite(facts), []
    stray = _stray(facts)
    alive = {key: says[-1] for key, says in items.says.items() if says[-1].state != "Canceled"}
    for item_id, says in alive.items():
        order_id = says.where[2]
        for name in _odd(facts, items, item_id, stray):
            values = (
                says.where[0], item_id, None if order_id == "unknown" else order_id,
                items.stands_on(item_id), name,
            )  # fmt: skip
            net = items.rows[item_id][-1]["amount_net_value"]
            row = dict(zip(KEYS, values, strict=True))
            expected.append({**row, "currency": says.where[6], "net": net})
    known_from: dict[str, datetime] = {}
    for says in alive.values():
        known_from[says.where[0]] = min(says.at, known_from.get(says.where[0], says.at))
    with_item, paid = item_nights(facts), paid_nights(facts)
    for version, night in definite:
        service, key = version.service, (version.row["id"], night)
        if service is None or not service.is_lodging or service.unit != "Day":
            continue
        since, created = known_from.get(service.enterprise_id), version.row["created_utc"]
        odd = "night_below_zero" if key in with_item else "night_without_item"
        if key not in with_item and since and created and created < since:
            # Items that were not changed since then were never fetched
            odd = "night_before_items"
        if since and (key not in with_item or paid.get(key) is False):
            row = dict(zip(KEYS, (service.enterprise_id, None, *key, odd), strict=True))
            expected.append({**row, "currency": None, "net": None})
    return expected
