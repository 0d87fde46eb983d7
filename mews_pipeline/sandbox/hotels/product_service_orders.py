"""Simulate product service orders: what hotel guests and walk-in customers order.

Their transitions are undocumented. Confirmed, then Processed or Canceled, is expected
(docs/mews-api.md, "Product service orders").
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from mews_pipeline.sandbox.hotels.chance import happens, moment, soon
from mews_pipeline.sandbox.hotels.demand import Days
from mews_pipeline.sandbox.hotels.inventory import Property, Service
from mews_pipeline.sandbox.hotels.reservations import Reservation
from mews_pipeline.sandbox.hotels.service_orders import (
    CHECKED_IN_STATES,
    ServiceOrder,
    ServiceOrderVersion,
    draw_traits,
)

_DAY = timedelta(days=1)


class ProductServiceOrder(ServiceOrder):
    """An order of something other than a stay; `stay` is the reservation it is linked to."""

    __slots__ = ("stay",)

    def __init__(self, record_id: str, created: datetime, prop: Property, service: Service) -> None:
        super().__init__(record_id, created, prop, service)
        self.stay: Reservation | None = None


class ProductServiceOrderVersion(ServiceOrderVersion):
    """A version of a product service order."""

    __slots__ = ()

    def payload(self) -> dict[str, Any]:
        """Return the version as the API shows it, with the newer field LinkedReservationId."""
        order = self.record
        fields: dict[str, Any] = order.common_fields(self)
        fields["LinkedReservationId"] = order.stay.id if order.stay else None
        return fields


class OrderDemand:
    """The demand for product service orders at one hotel."""

    def __init__(self, prop: Property, days: Days, rng: Random) -> None:
        self._prop, self._days, self._rng = prop, days, rng
        self._ordered = 0

    def for_stay(self, stay: Reservation) -> Iterator[ProductServiceOrder]:
        """Yield the spa order of some guests during their stay, in most cases linked to it."""
        last = stay.versions[-1]
        if last.state not in CHECKED_IN_STATES or not happens(self._rng, 0.14):
            return
        ordered = moment(self._rng, last.actual_start, last.end)
        if ordered is None or ordered >= self._days.horizon:
            return
        order = self._order(self._prop.spa, ordered)
        order.account = stay.account
        if happens(self._rng, 0.85):
            order.stay = stay
        yield order

    def walk_ins(self) -> Iterator[ProductServiceOrder]:
        """Yield orders without a stay on each day, the first few for a service that has closed."""
        for number in range((self._days.end - self._days.start).days + 1):
            day = self._days.start + number * _DAY
            service = self._prop.terrace if number < 4 else self._prop.spa  # noqa: PLR2004
            for _ in range(1 + int(happens(self._rng, 0.4))):
                ordered = self._prop.at(day, 9 + 11 * self._rng.random())
                if ordered < self._days.horizon:
                    yield self._order(service, ordered)

    def _order(self, service: Service, ordered: datetime) -> ProductServiceOrder:
        prop, rng = self._prop, self._rng
        self._ordered += 1
        order_id = prop.ids("order", (prop.number, self._ordered))
        order = ProductServiceOrder(order_id, ordered, prop, service)
        draw_traits(order, rng)
        version = ProductServiceOrderVersion("Confirmed")
        version.updater = order.traits % 6
        order.append(version, ordered)
        for at, changes in self._changes(ordered):
            if at >= self._days.horizon:
                break
            version = version.following(changes)  # type: ignore[assignment]
            order.append(version, at)
        return order

    def _changes(self, ordered: datetime) -> Iterator[tuple[datetime, dict[str, object]]]:
        rng = self._rng
        at = ordered
        if happens(rng, 0.2):
            at = soon(rng, at, 5)
            yield at, {"updater": rng.randrange(6)}
        if happens(rng, 0.1):
            at = soon(rng, at, 12)
            yield at, {"state": "Canceled", "cancelled": at, "updater": rng.randrange(6)}
        elif not happens(rng, 0.05):
            at = soon(rng, at, 20)
            yield at, {"state": "Processed", "updater": rng.randrange(6)}
