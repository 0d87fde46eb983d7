"""What happens to the items of a stay between the versions of its reservation."""

from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from random import Random
from typing import NamedTuple

from mews_pipeline.sandbox.hotels.chance import happens, moment
from mews_pipeline.sandbox.hotels.item_book import ItemBook
from mews_pipeline.sandbox.hotels.order_items import OrderItem
from mews_pipeline.sandbox.hotels.prices import Price
from mews_pipeline.sandbox.hotels.rare_items import add_allowance, add_rare
from mews_pipeline.sandbox.hotels.reservations import Reservation

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_UPGRADE_CENTS, _DEPOSIT_CENTS = 2500, 10_000
_LATE_BILL = 7


class Event(NamedTuple):
    """Something that happens to the items at an instant."""

    at: datetime
    apply: Callable[[datetime], None]


class ItemEvents:
    """The events of one stay. `prices` receives the prices of nights that somebody changed."""

    def __init__(
        self, book: ItemBook, stay: Reservation, rng: Random, prices: dict[date, Price]
    ) -> None:
        self.book, self.stay, self.rng, self.prices = book, stay, rng, prices
        self.catalogue = book.catalogue
        last = stay.versions[-1]
        self.start, self.end = last.start, last.end
        self.started = self._entered("Started")
        self.left = self._entered("Processed")

    def _entered(self, state: str) -> datetime | None:
        instants = [version.at for version in self.stay.versions if version.state == state]
        return instants[0] if instants else None

    def events(self) -> Iterator[Event]:
        """Yield the events of this stay, in any order."""
        created, rng = self.stay.created + _MINUTE, self.rng
        yield from self._drawn(0.08, created, self.start, self._reprice)
        yield from self._drawn(0.15, created, self.start, self._prepay)
        yield from self._drawn(0.03, created, self.start, self._deposit)
        yield from self._drawn(0.06, created, self.end, self._move)
        if self.stay.service is not self.stay.prop.stay or self.started is None:
            return
        started, end = self.started + _MINUTE, max(self.end, self.started + _HOUR)
        if self.stay.versions[-1].space.category is not self.stay.versions[-1].category:
            yield from self._drawn(0.6, started, started + _HOUR, self._upgrade)
        yield from self._drawn(0.18, started, end, self._dine)
        yield from self._drawn(0.03, started, end, lambda at: add_rare(self.book, at, rng))
        yield from self._drawn(0.01, started, end, lambda at: add_allowance(self.book, at))
        yield from self._rebates(started, end + _DAY)
        if self.left is not None:
            yield from self._after_check_out(self.left)

    def _drawn(
        self, share: float, first: datetime, last: datetime, apply: Callable[[datetime], None]
    ) -> Iterator[Event]:
        at = moment(self.rng, first, last) if happens(self.rng, share) else None
        if at is not None:
            yield Event(at, apply)

    def _after_check_out(self, left: datetime) -> Iterator[Event]:
        """Yield the closing of the bill, and what was forgotten until then."""
        rng = self.rng
        yield Event(left + timedelta(seconds=rng.randrange(90)), self.book.close)
        for at in [event.at for event in self._drawn(0.04, left + _HOUR, left + 5 * _DAY, _none)]:
            yield Event(at, self._find_minibar)
            yield Event(at + 30 * _MINUTE, lambda at: self.book.close(at, bill=_LATE_BILL))
        for at in [event.at for event in self._drawn(0.015, left + _HOUR, left + 12 * _DAY, _none)]:
            yield Event(at, lambda at: self._rebate_night(at, 1.0))
            yield Event(at + 5 * _MINUTE, lambda at: self.book.close(at, bill=_LATE_BILL))

    def _rebates(self, first: datetime, last: datetime) -> Iterator[Event]:
        """Yield a rebate of a night, and in some cases a rebate of that rebate."""
        rng = self.rng
        share = rng.choice((0.1, 0.25, 0.25, 1.0))
        for event in self._drawn(0.04, first, last, lambda at: self._rebate_night(at, share)):
            yield event
            again = event.at + timedelta(seconds=rng.randrange(600, 172_800))
            if happens(rng, 0.35):
                yield Event(again, self._take_rebate_back)

    def _nights(self) -> list[OrderItem]:
        return [item for item in self.book.live() if item.type == "SpaceOrder"]

    def _reprice(self, at: datetime) -> None:
        """Change the price of some open nights, which does not touch the reservation."""
        percent = self.rng.choice((75, 85, 90, 105, 120))
        nights = [item for item in self._nights() if item.last.state in {"Open", "Inactive"}]
        for item in nights[: self.rng.randint(1, 4)]:
            price = self._share_of(item.last.price, percent)
            self.book.reprice(item, at, price, 1)
            if item.start is not None:
                self.prices[self.stay.prop.day_of(item.start)] = price

    def _prepay(self, at: datetime) -> None:
        self.book.close(at, bill=3)

    def _move(self, at: datetime) -> None:
        self.book.move(at, self.book.live(), bill=2)

    def _deposit(self, at: datetime) -> None:
        price = self.catalogue.price(_DEPOSIT_CENTS, "none")
        self.book.add(at, "Deposit", price, consumed=at, category="Deposits")

    def _upgrade(self, at: datetime) -> None:
        nights = max(1, len(self._nights()))
        price = self.catalogue.price(_UPGRADE_CENTS, "room")
        self.book.add(
            at, "ResourceUpgradeFee", price, consumed=at, category="Accommodation", count=nights
        )

    def _dine(self, at: datetime) -> None:
        self.book.add_product(at, "dinner", at, count=self.rng.randint(1, 3))

    def _find_minibar(self, at: datetime) -> None:
        """Add what was consumed on the evening before the departure."""
        consumed = self.stay.prop.at(self.stay.prop.day_of(self.end) - _DAY, 21)
        self.book.add_product(at, "minibar", consumed, count=self.rng.randint(1, 4))

    def _rebate_night(self, at: datetime, share: float) -> None:
        nights = [item for item in self._nights() if item.last.price.gross]
        if nights:
            night = self.rng.choice(nights)
            amount = night.last.amount
            price = amount if share == 1 else self._share_of(amount, round(share * 100))
            self.book.rebate(night, at, price.times(-1))

    def _take_rebate_back(self, at: datetime) -> None:
        rebates = [item for item in self.book.live() if item.type == "NightRebate"]
        if rebates:
            rebate = rebates[-1]
            self.book.rebate(rebate, at, rebate.last.amount.times(-1))

    def _share_of(self, price: Price, percent: int) -> Price:
        amount = price.gross if self.catalogue.taxation("room").is_gross else price.net
        return self.catalogue.price(int(amount * percent), "room", price.currency)


def _none(at: datetime) -> None:
    del at
