"""The items of a reservation: each night, what goes with it, and what happens to them later.

Items follow the versions of the reservation and have a life of their own between them: prices
change, bills are closed, guests get rebates. Their random draws are their own, so that they change
nothing of the reservations.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from mews_pipeline.sandbox.hotels.catalogue import BY_KEY, Catalogue
from mews_pipeline.sandbox.hotels.chance import happens
from mews_pipeline.sandbox.hotels.item_book import ItemBook
from mews_pipeline.sandbox.hotels.item_events import Event, ItemEvents
from mews_pipeline.sandbox.hotels.order_items import OrderItem
from mews_pipeline.sandbox.hotels.prices import Price
from mews_pipeline.sandbox.hotels.reservations import Reservation, ReservationVersion
from mews_pipeline.sandbox.hotels.truth import nights

_DAY, _SECOND = timedelta(days=1), timedelta(seconds=1)
_CITY_TAX_CENTS = 250
# Until how long before the arrival a cancellation is free, and for which reasons always
_FREE_UNTIL = timedelta(days=3)
_FREE_REASONS = frozenset({"BookingAbandoned", "ConfirmationMissed", "InputError", "Update"})


class Line(NamedTuple):
    """What should be sold for a night: an item's type, price, number of units and category."""

    type: str
    price: Price
    units: int
    category: str
    product: str | None
    consumed: datetime


Lines = dict[tuple[str, date], Line]


class StayItems:
    """The items of one reservation."""

    def __init__(self, stay: Reservation, catalogue: Catalogue, horizon: datetime) -> None:
        self.stay, self.catalogue = stay, catalogue
        self.rng = rng = Random(f"items of {stay.id}")  # noqa: S311
        self.book = ItemBook(stay, catalogue, horizon)
        self.is_stay = stay.service is stay.prop.stay
        self.board = rng.choices((None, "inside", "outside"), (58, 20, 22))[0]
        self.free_share = rng.choices((0.0, 1.0, 0.3), (975, 13, 12))[0]
        self.currency = catalogue.other_currency if happens(rng, 0.004) else catalogue.currency
        # The items in force by what and which night they are, and prices that somebody changed
        self.placed: dict[tuple[str, date], OrderItem] = {}
        self.prices: dict[date, Price] = {}
        self._wanted: object = None
        self._state = ""

    def live(self) -> list[OrderItem]:
        """Let everything happen in order; return all items."""
        following = [Event(version.at, self._follower(version)) for version in self.stay.versions]
        own = ItemEvents(self.book, self.stay, self.rng, self.prices).events()
        for event in sorted([*following, *own], key=lambda event: event.at):
            event.apply(event.at)
        return self.book.items

    def _follower(self, version: ReservationVersion) -> Callable[[datetime], None]:
        return lambda at: self._follow(version, at)

    def _follow(self, version: ReservationVersion, at: datetime) -> None:
        """Bring the items in line with a version of the reservation."""
        if version.state == "Canceled":
            if self._state != "Canceled":
                self._cancel(version, at)
        else:
            self.book.is_optional = version.state == "Optional"
            wanted = version.start, version.end, version.category, version.persons
            if wanted != self._wanted or self._state == "Canceled":
                self._wanted = wanted
                self._sell(self._lines(version), at)
            if self._state == "Optional" != version.state:
                # The items of a reservation are confirmed some time after it
                at += timedelta(seconds=self.rng.choice((0, 1, 2, 40, 600)))
            self.book.settle(at)
        self._state = version.state

    def _cancel(self, version: ReservationVersion, at: datetime) -> None:
        for item in self.book.live():
            self.book.remove(item, at, with_order=True)
        first = min((key for key in self.placed if key[0] == "night"), default=None)
        price = self.placed[first].last.price if first else None
        self.placed.clear()
        self.book.is_optional = False
        if price is not None and price.gross and self._pays_fee(version, at):
            fee = self.catalogue.price(int(price.gross * 100), "none", price.currency)
            self.book.add(
                at, "CancellationFee", fee, consumed=at.replace(microsecond=0),
                category="Cancellation fees",
            )  # fmt: skip

    def _pays_fee(self, version: ReservationVersion, at: datetime) -> bool:
        """Tell whether a cancellation costs a fee; never one that a channel manager made."""
        if self.stay.origin == "ChannelManager" or self._state not in {"Confirmed", "Started"}:
            return False
        if version.reason in _FREE_REASONS:
            return False
        is_late = at > version.start - _FREE_UNTIL
        return happens(self.rng, 0.75 if version.reason == "NoShow" else 0.5 * is_late)

    def _sell(self, wanted: Lines, at: datetime) -> None:
        """Remove what is no longer wanted, add what is missing, and change the prices of the rest.

        Removing a closed item rebates it.
        """
        for key in [key for key in self.placed if key not in wanted]:
            self.book.remove(self.placed.pop(key), at)
        for key, line in wanted.items():
            item = self.placed.get(key)
            if item is not None and item.is_live:
                self.book.reprice(item, at, line.price, line.units)
                continue
            start = self.stay.prop.at(key[1]) if key[0] == "night" else None
            item = self.book.add(
                at, line.type, line.price, consumed=line.consumed, category=line.category,
                count=line.units, product=line.product, start=start,
            )  # fmt: skip
            if item is not None:
                self.placed[key] = item

    def _lines(self, version: ReservationVersion) -> Lines:
        """Return what a version of the reservation sells."""
        lines: Lines = {}
        service = self.stay.service
        held = nights(self.stay.prop, service.occupancy, version.start, version.end)
        for number, day in enumerate(held):
            lines["night", day] = self._night(version, day, number, len(held))
            if self.is_stay:
                self._add_board(lines, version, day)
                self._add_city_tax(lines, version, day)
        return lines

    def _night(self, version: ReservationVersion, day: date, number: int, many: int) -> Line:
        # As in the vendor's example; west of UTC this is the local day before the night
        consumed = datetime(day.year, day.month, day.day, tzinfo=version.start.tzinfo)
        cents = self.catalogue.night_cents(version.category, day, self.stay.traits)
        if number >= many - round(many * self.free_share):
            cents = 0
        price = self.prices.get(day) or self.catalogue.price(cents, "room", self.currency)
        category, product = ("Accommodation", "night")
        if not self.is_stay:
            category, product = ("Parking", "parking night")
        return Line("SpaceOrder", price, 1, category, product, consumed)

    def _add_board(self, lines: Lines, version: ReservationVersion, day: date) -> None:
        """Add breakfast: inside the rate, a product and its deduction; outside, one product."""
        if self.board is None:
            return
        keys = ("inside", "deduction") if self.board == "inside" else ("outside",)
        for key in keys:
            product = BY_KEY[key]
            on = day + _DAY if product.moment == "NextTimeUnit" else day
            price = self.catalogue.price(product.cents or 0, product.taxes, self.currency)
            persons = sum(version.persons)
            consumed = self.stay.prop.at(on, 8)
            category = product.category or ""
            lines[key, day] = Line("ProductOrder", price, persons, category, key, consumed)

    def _add_city_tax(self, lines: Lines, version: ReservationVersion, day: date) -> None:
        """Add the city tax of the adults; where the rate includes it, its discount too."""
        catalogue, adults = self.catalogue, version.persons[0]
        if not catalogue.has_city_tax:
            return
        consumed = self.stay.prop.at(day, 20)
        tax = catalogue.price(_CITY_TAX_CENTS, "none", self.currency)
        lines["city tax", day] = Line("CityTax", tax, adults, "City tax", None, consumed)
        if catalogue.includes_city_tax:
            discount = catalogue.price(-_CITY_TAX_CENTS, "room", self.currency)
            lines["city tax discount", day] = Line(
                "CityTaxDiscount", discount, adults, "Accommodation", None, consumed
            )
