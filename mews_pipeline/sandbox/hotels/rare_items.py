"""Items that few stays have: allowances, fees and corrections of every other documented type."""

from datetime import datetime
from random import Random
from typing import NamedTuple

from mews_pipeline.sandbox.hotels.chance import happens
from mews_pipeline.sandbox.hotels.item_book import ItemBook
from mews_pipeline.sandbox.hotels.order_items import OrderItem


class Rare(NamedTuple):
    """A rare item; one without a category is in none."""

    type: str
    category: str | None
    cents: int
    taxes: str


RARE = (
    Rare("CustomItem", "Miscellaneous", 1500, "food"),
    Rare("CustomItem", None, 2300, "food"),
    Rare("Surcharge", "Other income", 350, "none"),
    Rare("ServiceCharge", "Other income", 1200, "food"),
    Rare("InvoiceFee", "Other income", 500, "none"),
    Rare("TaxCorrection", "Miscellaneous", 2, "none"),
    Rare("ExchangeRateDifference", "Miscellaneous", -13, "none"),
    Rare("MulticurrencyFee", "Other income", 420, "none"),
)
_ALLOWANCE_PARTS = (
    ("AllowanceDiscount", -3000),
    ("AllowanceBreakage", -2500),
    ("AllowanceContraBreakage", 500),
)


def add_rare(book: ItemBook, at: datetime, rng: Random) -> None:
    """Add an item of a rare type; a few are in another currency than the hotel's."""
    rare, catalogue = rng.choice(RARE), book.catalogue
    is_foreign = happens(rng, 0.25)
    currency = catalogue.other_currency if is_foreign else catalogue.currency
    price = catalogue.price(rare.cents, rare.taxes, currency)
    item = book.add(at, rare.type, price, consumed=at, category=rare.category)
    if item is not None and is_foreign:
        item.original = catalogue.price(rare.cents * 11 // 10, rare.taxes)
    if item is not None:
        item.is_exempt = rare.taxes == "none"


def add_allowance(book: ItemBook, at: datetime) -> None:
    """Add an allowance with a dinner that it pays for in part; what is left lapses.

    The product, its discounts and what lapses add up to zero.
    """
    dinner = book.add_product(at, "dinner", at)
    allowance = book.add_product(at, "allowance", at)
    if dinner is None or allowance is None:
        return
    for kind, cents in _ALLOWANCE_PARTS:
        price = book.catalogue.price(cents, "none")
        item = book.add(at, kind, price, consumed=at, category="Deposits")
        if item is not None:
            _describe(item, dinner, allowance)


def _describe(item: OrderItem, dinner: OrderItem, allowance: OrderItem) -> None:
    link = {"AllowanceProductOrderItemId": allowance.id}
    if item.type == "AllowanceDiscount":
        item.root = dinner
        item.data = {
            "Discriminator": "AllowanceDiscount",
            "AllowanceDiscount": {"DiscountedOrderItemId": dinner.id, **link},
        }
        return
    kind = item.type.removeprefix("Allowance")
    item.data = {
        "Discriminator": "AllowanceProfits",
        "AllowanceProfits": {"AllowanceProfitType": kind, **link},
    }
