"""What a hotel sells: its accounting categories, products, taxes and the prices of its nights."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import NamedTuple

from mews_pipeline.sandbox.hotels.inventory import Category, Property
from mews_pipeline.sandbox.hotels.prices import Price, Taxation, TaxPart, price

# By name: the classification of each accounting category; the last one has none.
CLASSIFICATIONS: dict[str, str | None] = {
    "Accommodation": "Accommodation",
    "Packages": "Accommodation",
    "Food and beverage": "FoodAndBeverage",
    "City tax": "Taxes",
    "Wellness": "Wellness",
    "Parking": "Facilities",
    "Cancellation fees": "Accommodation",
    "Other income": "SundryIncome",
    "Deposits": "Payments",
    "Miscellaneous": None,
}
_PROFILES = 6
# Half of the hotels keep cancellation fees out of the accommodation.
_FEES_APART = "SundryIncome"

_NIGHTS = {"STD": 110, "SUP": 150, "STE": 260, "DRM": 150, "BED": 32, "PRK": 18}
_RATE_PERCENT = (100, 90, 85, 110)
_BUSY = {"leisure": frozenset({4, 5}), "business": frozenset({1, 2})}
_SUMMER = frozenset({6, 7, 8})

_GROSS_TAXES = {
    "room": (TaxPart("EU-R", Decimal("0.10")),),
    "food": (TaxPart("EU-S", Decimal("0.20")),),
    # A dinner: the food at one rate, the drinks at another
    "dinner": (
        TaxPart("EU-R", Decimal("0.10"), Decimal("0.7")),
        TaxPart("EU-S", Decimal("0.20"), Decimal("0.3")),
    ),
}
_NET_TAXES = {
    # Two taxes on the same amount
    "room": (TaxPart("US-S", Decimal("0.08875")), TaxPart("US-O", Decimal("0.05875"))),
    "food": (TaxPart("US-S", Decimal("0.08875")),),
    "dinner": (TaxPart("US-S", Decimal("0.08875")),),
}
_UNTAXED = (TaxPart(None, Decimal(0)),)


class Product(NamedTuple):
    """A product of a service: what it costs per unit, and when it is consumed.

    `is_default` is the product of a night itself; `cents` is None for prices that vary.
    """

    key: str
    service: str
    name: str
    category: str | None
    taxes: str
    cents: int | None
    charging: str = "Once"
    moment: str = "PostingTimeUnit"
    is_default: bool = False


PRODUCTS = (
    Product("night", "stay", "Night", "Accommodation", "room", None, "PerTimeUnit",
            is_default=True),
    Product("inside", "stay", "Breakfast in the rate", "Food and beverage", "food", 1500,
            "PerPersonPerTimeUnit", "NextTimeUnit"),
    Product("deduction", "stay", "Breakfast taken out of the rate", "Packages", "room", -1500,
            "PerPersonPerTimeUnit", "PostingTimeUnit"),
    Product("outside", "stay", "Breakfast", "Food and beverage", "food", 1850,
            "PerPersonPerTimeUnit", "NextTimeUnit"),
    Product("dinner", "stay", "Dinner", "Food and beverage", "dinner", 4590),
    Product("minibar", "stay", "Minibar", "Food and beverage", "food", 725),
    Product("allowance", "stay", "Dining allowance", "Deposits", "none", 5000,
            "Once", "ServiceOrderStart"),
    Product("parking night", "parking", "Night of parking", "Parking", "food", None,
            "PerTimeUnit", is_default=True),
    Product("treatment", "spa", "Treatment", "Wellness", "food", 7900),
    Product("drinks", "terrace", "Drinks", "Food and beverage", "dinner", 1240),
)  # fmt: skip
BY_KEY = {product.key: product for product in PRODUCTS}


@dataclass(frozen=True)
class Catalogue:
    """The catalogue of one hotel."""

    prop: Property

    @property
    def currency(self) -> str:
        """The hotel's default currency."""
        return self.prop.plan.currency

    @property
    def other_currency(self) -> str:
        """The currency of a few of its items."""
        return "USD" if self.currency == "EUR" else "EUR"

    @property
    def has_city_tax(self) -> bool:
        """Whether guests pay a city tax."""
        return self.prop.plan.pricing == "Gross"

    @property
    def includes_city_tax(self) -> bool:
        """Whether the price of a night includes the city tax."""
        return self.prop.number % 2 == 1

    def category_id(self, name: str | None) -> str | None:
        """Return the id of an accounting category."""
        return None if name is None else self._category_ids[name]

    def classification(self, name: str | None) -> str | None:
        """Return the classification of an accounting category."""
        if name == "Cancellation fees" and self.prop.number % 2:
            return _FEES_APART
        return None if name is None else CLASSIFICATIONS[name]

    def product_id(self, key: str) -> str:
        """Return the id of a product."""
        return self._product_ids[key]

    def profile_id(self, number: int) -> str:
        """Return the id of one of the employees who edit items."""
        return self._profile_ids[number % len(self._profile_ids)]

    @cached_property
    def _category_ids(self) -> dict[str, str]:
        return self._ids("accounting category", CLASSIFICATIONS)

    @cached_property
    def _product_ids(self) -> dict[str, str]:
        return self._ids("product", BY_KEY)

    @cached_property
    def _profile_ids(self) -> list[str]:
        return [self.prop.ids("profile", (self.prop.number, one)) for one in range(_PROFILES)]

    def _ids(self, kind: str, keys: Iterable[str]) -> dict[str, str]:
        return {key: self.prop.ids(kind, (self.prop.number, key)) for key in keys}

    def taxation(self, taxes: str) -> Taxation:
        """Return how something is taxed: as a room, as food, as a dinner, or not at all."""
        is_gross = self.prop.plan.pricing == "Gross"
        known = _GROSS_TAXES if is_gross else _NET_TAXES
        return Taxation(is_gross, known.get(taxes, _UNTAXED))

    def price(self, cents: int, taxes: str, currency: str | None = None) -> Price:
        """Return a price of this hotel."""
        return price(cents, currency or self.currency, self.taxation(taxes))

    def night_cents(self, category: Category, day: date, rate: int) -> int:
        """Return what a night costs, in cents: by weekday, season and rate."""
        amount = _NIGHTS[category.key] + 5 * (self.prop.number % 7)
        if day.weekday() in _BUSY[self.prop.plan.style]:
            amount += 20
        if day.month in _SUMMER:
            amount += 15
        return amount * _RATE_PERCENT[rate % len(_RATE_PERCENT)]
