"""Compute what was on the books at an instant by brute force, to compare the pipeline's with it.

Nothing here is shared with the pipeline. Amounts are exact decimals.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from mews_pipeline.sandbox.hotels import truth
from mews_pipeline.sandbox.hotels.order_items import OrderItem, OrderItemVersion
from mews_pipeline.sandbox.hotels.table import Table

# What the state of an item's order makes of it; a canceled order keeps what it owes.
BUCKETS = truth.BUCKETS | {"Canceled": "definite"}


class ItemOnTheBooks(NamedTuple):
    """One order item that counts at an instant, on the local date of its revenue."""

    order_item_id: str
    enterprise_id: str
    service_id: str
    service_order_id: str
    accounting_category_id: str | None
    classification: str | None
    item_type: str
    revenue_date: date
    bucket: str
    currency: str
    net: Decimal
    gross: Decimal


class Cell(NamedTuple):
    """What items are added up by: amounts of two currencies never are."""

    service_id: str
    revenue_date: date
    item_type: str
    classification: str | None
    bucket: str
    currency: str


def revenue_date(item: OrderItem) -> date:
    """Return the hotel's local date of an item: of a rebate, that of the root of its chain."""
    root = item.origin
    at = root.consumed
    if root.type == "SpaceOrder" and root.start is not None:
        at = root.start
    return root.order.prop.day_of(at)


def bucket(version: OrderItemVersion, at: datetime) -> str | None:
    """Return how an item counts at an instant, None if it does not."""
    item: OrderItem = version.record
    order = item.order.current(at)
    held = BUCKETS[order.state] if order is not None else "definite"
    if version.state in {"Open", "Closed"}:
        return held
    # Items of an option are inactive until it is confirmed
    return held if version.state == "Inactive" and held == "optional" else None


def on_the_books(items: Table[Any], at: datetime) -> Iterator[ItemOnTheBooks]:
    """Yield each item that counts at an instant."""
    for version in items.current(at):
        held = bucket(version, at)
        if held is None or not (version.amount.net or version.amount.gross):
            continue
        item: OrderItem = version.record
        yield ItemOnTheBooks(
            item.id,
            item.enterprise_id,
            item.order.service.id,
            item.order.id,
            item.catalogue.category_id(item.category),
            item.catalogue.classification(item.category),
            item.type,
            revenue_date(item),
            held,
            version.price.currency,
            version.amount.net,
            version.amount.gross,
        )


def totals(items: Iterator[ItemOnTheBooks]) -> dict[Cell, tuple[Decimal, Decimal]]:
    """Add up net and gross amounts by service, date, type, classification, bucket and currency."""
    found: defaultdict[Cell, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for item in items:
        cell = Cell(
            item.service_id, item.revenue_date, item.item_type, item.classification, item.bucket,
            item.currency,
        )  # fmt: skip
        found[cell][0] += item.net
        found[cell][1] += item.gross
    return {cell: (net, gross) for cell, (net, gross) in found.items()}
