"""The order items of a random world: nights, products and rebates, sensible and senseless."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from mews_pipeline_tests.models.brute_force.hotels import LONG_AGO, Hotel
from mews_pipeline_tests.models.brute_force.rows import Landing, Row
from mews_pipeline_tests.models.brute_force.services import DAY

CATEGORIES = (
    ("rooms", "Accommodation"),
    ("food", "FoodAndBeverage"),
    ("tax", "Taxes"),
    ("fees", "SundryIncome"),
    ("none", None),
    ("odd", "Casino"),
)
OTHER_TYPES = (
    "ProductOrder", "ProductOrder", "CityTax", "CityTaxDiscount", "CancellationFee", "CustomItem",
    "ResourceUpgradeFee", "Deposit", "AllowanceBreakage", "Mystery", None,
)  # fmt: skip
REBATES = ("NightRebate", "ProductOrderRebate", "AdditionalExpenseRebate", "AllowanceDiscount")
AMOUNTS = tuple(
    Decimal(text) for text in ("100", "93.46", "80.5", "0", "0.01", "61.333333", "-12.25")
)
LOST = ("service_id", "consumed_utc", "amount_currency", "accounting_category_id")
STATES = ("Open", "Open", "Closed", "Inactive", "Canceled", "Frozen", None)


@dataclass
class Sold:
    """One item: what it is now, and the versions written so far."""

    rng: random.Random
    hotel: str
    content: Row
    versions: list[Row]
    is_steady: bool = False

    def note(self, at: datetime) -> None:
        """Keep what the item is now as a version of that instant."""
        self.versions.append({**self.content, "updated_utc": at})

    def price(self, amount: Decimal) -> None:
        """Set the amounts; a few are missing, as those that are no number land."""
        gross = (amount * Decimal("1.1")).quantize(Decimal("0.000001"))
        odd = self.rng.random()
        self.content["amount_net_value"] = None if odd < 0.03 else amount
        self.content["amount_gross_value"] = None if 0.02 < odd < 0.05 else gross
        parts = [{"TaxRateCode": "A", "TaxValue": float(gross - amount)}]
        if odd > 0.9:
            parts.append({"TaxRateCode": "B", "TaxValue": 1})
        self.content["amount_breakdown"] = json.dumps({"Items": parts})

    def enter(self, state: str | None, at: datetime) -> None:
        """Take a state, with the stamp of a cancellation, some of them senseless."""
        self.content["accounting_state"] = state
        if state == "Canceled":
            odd = self.rng.choice((0, 0, 0, 30, -30, 900))
            self.content["canceled_utc"] = at - timedelta(hours=odd) if odd != 900 else None
        elif self.rng.random() < 0.7:
            self.content["canceled_utc"] = None

    def change(self, at: datetime) -> None:
        """Change something, or nothing that counts."""
        rng, content = self.rng, self.content
        names = [name for name, _ in CATEGORIES]
        changes: tuple[Callable[[], None], ...] = (
            lambda: self.enter(rng.choice(STATES), at),
            lambda: self.enter(rng.choice(STATES), at),
            lambda: self.price(rng.choice(AMOUNTS)),
            self.move,
            lambda: content.update(accounting_category_id=f"{self.hotel}-{rng.choice(names)}"),
            lambda: content.update(bill_id=f"bill {rng.randrange(9)}"),
            lambda: content.update(type=rng.choice(("SpaceOrder", *OTHER_TYPES))),
            lambda: content.update({rng.choice(LOST): None}),
        )
        rng.choice(changes)()

    def move(self) -> None:
        """Move the item to another date."""
        for name, hours in (("consumed_utc", (-30, 5, 24)), ("start_utc", (-24, 24))):
            if self.content[name]:
                self.content[name] += timedelta(hours=self.rng.choice(hours))


def references(landing: Landing, hotel: str, rng: random.Random) -> None:
    """Land the accounting categories of a hotel and its currencies."""
    for name, classification in CATEGORIES:
        category(landing, hotel, name, classification)
    default = {"h2": "USD", "h4": None}.get(hotel, "EUR")
    for currency in ("EUR", "USD"):
        landing.add(
            "enterprise_currencies",
            id=f"{hotel}/{currency}",
            enterprise_id=hotel,
            currency=currency,
            is_default=currency == default,
            is_enabled=rng.random() < 0.9,
        )


def category(landing: Landing, hotel: str, name: str, classification: str | None) -> None:
    """Land an accounting category."""
    landing.add(
        "accounting_categories",
        id=f"{hotel}-{name}",
        enterprise_id=hotel,
        is_active=True,
        name=name,
        classification=classification,
        created_utc=LONG_AGO,
        updated_utc=landing.at,
    )


def change_references(landing: Landing, hotel: str, rng: random.Random) -> None:
    """Land another classification of a category, which moves items to another stream."""
    if rng.random() < 0.6:
        category(landing, hotel, "none", rng.choice(("Wellness", "Payments", "Events")))
    if rng.random() < 0.3:
        category(landing, hotel, "food", rng.choice((None, "Accommodation")))


def _begin(rng: random.Random, hotel: Hotel, order: Row, number: str, kind: str | None) -> Sold:
    start = order.get("scheduled_start_utc") or order["created_utc"] or order["updated_utc"]
    at = order["created_utc"] or order["updated_utc"]
    content: Row = {
        "id": number,
        "enterprise_id": rng.choice((hotel.id,) * 20 + (None, "nowhere")),
        "service_id": rng.choice((order["service_id"],) * 20 + ("unheard-of", None)),
        "service_order_id": rng.choice((order["id"],) * 20 + ("unheard-of", None)),
        "account_id": f"guest {number}",
        "accounting_category_id": rng.choice(
            [f"{hotel.id}-{name}" for name, _ in CATEGORIES] + ["unheard-of", None]
        ),
        "type": kind,
        "revenue_type": "Additional",
        "unit_count": 1,
        "amount_currency": rng.choice(("EUR",) * 8 + ("USD", "USD", None)),
        "created_utc": at,
        "consumed_utc": start + timedelta(hours=rng.choice((0, 5, 20))),
        "start_utc": None,
        "canceled_utc": None,
        "options_canceled_with_reservation": False,
        "bill_id": None,
        "data": None,
    }
    sold = Sold(rng, hotel.id, content, [])
    sold.price(rng.choice(AMOUNTS))
    sold.enter(rng.choice(("Open", "Open", "Open", "Inactive", *STATES)), at)
    return sold


def _live(sold: Sold, last: datetime) -> None:
    """Write the versions of an item, the first of them perhaps some time after its creation."""
    rng, created = sold.rng, sold.content["created_utc"]
    at = created + timedelta(minutes=rng.choice((0, 0, 0, 5, 3000)))
    if rng.random() < 0.05:
        sold.content["created_utc"] = rng.choice((None, at + DAY))
    while at <= last:
        sold.note(at)
        if sold.is_steady or len(sold.versions) > rng.choice((0, 0, 1, 1, 2, 3)):
            break
        # Versions with the same UpdatedUtc are ordered by landing
        at += timedelta(minutes=rng.choice((0, 45, 1440, 5000)))
        sold.change(at)


def _nights(rng: random.Random, hotel: Hotel, order: Row, number: str) -> list[Sold]:
    start, end = order.get("scheduled_start_utc"), order.get("scheduled_end_utc")
    if start is None or end is None or rng.random() < 0.25:
        return []
    first, last = (instant.astimezone(hotel.zone).date() for instant in (start, end))
    found = []
    for place in range(min(max((last - first).days, 1), 5)):
        if rng.random() < 0.1:
            continue
        midnight = datetime.combine(first + place * DAY, time(), hotel.zone)
        sold = _begin(rng, hotel, order, f"{number}n{place}", "SpaceOrder")
        sold.content["start_utc"] = midnight.astimezone(UTC) if rng.random() < 0.9 else None
        sold.content["consumed_utc"] = datetime.combine(midnight.date(), time(), UTC)
        sold.content["accounting_category_id"] = f"{hotel.id}-rooms"
        if rng.random() < 0.6:
            # Most nights are sold as they are booked
            sold.price(rng.choice(AMOUNTS[:4]))
            sold.enter(rng.choice(("Open", "Closed")), sold.content["created_utc"])
            sold.is_steady = True
        found.append(sold)
    return found


def _rebate(rng: random.Random, hotel: Hotel, order: Row, number: str, root: str) -> Sold:
    kind = rng.choice(REBATES)
    sold = _begin(rng, hotel, order, number, kind)
    sold.content["created_utc"] += timedelta(hours=rng.randrange(1, 300))
    link = {"Rebate": {"RebatedItemId": root}}
    if kind == "AllowanceDiscount":
        link = {"AllowanceDiscount": {"DiscountedOrderItemId": root}}
    sold.content["data"] = json.dumps(link)
    sold.price(-rng.choice(AMOUNTS))
    return sold


def items(
    rng: random.Random, hotels: tuple[Hotel, ...], orders: list[Row], last: datetime
) -> list[list[Row]]:
    """Return the versions of the items of some orders; a circle of rebates is among them."""
    by_id = {hotel.id: hotel for hotel in hotels}
    found: list[Sold] = []
    for place, order in enumerate(orders):
        hotel = by_id.get(str(order["service_id"]).split("-")[0], hotels[0])
        number = f"i{place:03}"
        own = _nights(rng, hotel, order, number)
        for more in range(rng.choice((0, 0, 1, 1, 2))):
            own.append(_begin(rng, hotel, order, f"{number}p{more}", rng.choice(OTHER_TYPES)))
        for sold in list(own):
            root = sold.content["id"]
            while rng.random() < 0.25:
                name = f"{root}r"
                target = rng.choice((root,) * 12 + ("unheard-of", name))
                own.append(_rebate(rng, hotel, order, name, target))
                root = name
        found += own
    for sold in found:
        _live(sold, last)
    return [sold.versions for sold in found if sold.versions]
