"""The items of one order and the ways in which they change."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from mews_pipeline.sandbox.hotels.catalogue import BY_KEY, Catalogue
from mews_pipeline.sandbox.hotels.order_items import (
    OTHER_REBATE,
    REBATES,
    OrderItem,
    OrderItemVersion,
)
from mews_pipeline.sandbox.hotels.prices import Price
from mews_pipeline.sandbox.hotels.service_orders import ServiceOrder

_SECOND = timedelta(seconds=1)


class ItemBook:
    """The items of one order. Nothing happens to them at or after the horizon."""

    def __init__(self, order: ServiceOrder, catalogue: Catalogue, horizon: datetime) -> None:
        self.order, self.catalogue, self._horizon = order, catalogue, horizon
        self.items: list[OrderItem] = []
        # Items of an optional reservation are inactive until it is confirmed
        self.is_optional = False

    def add(  # noqa: PLR0913
        self,
        at: datetime,
        kind: str,
        price: Price,
        *,
        consumed: datetime,
        category: str | None,
        count: int = 1,
        product: str | None = None,
        start: datetime | None = None,
        root: OrderItem | None = None,
    ) -> OrderItem | None:
        """Add an item; return None if that would be after the horizon."""
        at = _whole(at)
        if at >= self._horizon:
            return None
        item_id = self.order.prop.ids("order item", (self.order.id, len(self.items)))
        item = OrderItem(
            item_id, at, self.order, self.catalogue, type=kind, category=category, consumed=consumed
        )
        item.product, item.start, item.root = product, start, root
        item.append(OrderItemVersion(self._open_state(price), price, count), at)
        self.items.append(item)
        return item

    def add_product(
        self, at: datetime, key: str, consumed: datetime, *, count: int = 1
    ) -> OrderItem | None:
        """Add an item of a product with a fixed price."""
        product = BY_KEY[key]
        price = self.catalogue.price(product.cents or 0, product.taxes)
        return self.add(
            at, "ProductOrder", price,
            consumed=consumed, category=product.category, count=count, product=key,
        )  # fmt: skip

    def change(self, item: OrderItem, at: datetime, **changes: object) -> None:
        """Add a version; one that would be no later than the newest one comes a second after it."""
        at = _whole(at)
        newest = item.versions[-1]
        if at <= newest.at:
            at = newest.at + _SECOND
        if at >= self._horizon:
            return
        # Timestamps of the change are the instant of the version
        stamped = {name: at if value is Ellipsis else value for name, value in changes.items()}
        item.append(newest.following(stamped), at)

    def reprice(self, item: OrderItem, at: datetime, price: Price, count: int) -> None:
        """Change the price of an item that is not closed; nothing happens if it is the same."""
        last = item.last
        if last.state in {"Open", "Inactive"} and (last.price, last.count) != (price, count):
            self.change(item, at, price=price, count=count, state=self._open_state(price))

    def settle(self, at: datetime) -> None:
        """Make open items inactive or the reverse, after the order became optional or ceased so."""
        for item in self.live():
            state = item.last.state
            wanted = self._open_state(item.last.price)
            if state not in {"Closed", wanted}:
                self.change(item, at, state=wanted)

    def live(self) -> list[OrderItem]:
        """Return the items that are not canceled."""
        return [item for item in self.items if item.is_live]

    def close(self, at: datetime, items: Iterable[OrderItem] | None = None, bill: int = 1) -> None:
        """Close the bill of open items."""
        for item in self.live() if items is None else items:
            if item.last.state == "Open":
                self.change(item, at, state="Closed", closed=..., bill=bill)

    def move(self, at: datetime, items: Iterable[OrderItem], bill: int) -> None:
        """Move open items to another bill, which changes no amount."""
        for item in items:
            if item.last.state == "Open":
                self.change(item, at, bill=bill)

    def remove(self, item: OrderItem, at: datetime, *, with_order: bool = False) -> None:
        """Cancel an item, or rebate it in full if it is closed already."""
        if not item.is_live:
            return
        if item.last.state == "Closed":
            self.rebate(item, at, item.last.amount.times(-1))
        else:
            self.change(item, at, state="Canceled", canceled=..., is_canceled_with_order=with_order)

    def rebate(self, item: OrderItem, at: datetime, price: Price) -> OrderItem | None:
        """Add a rebate of an item, which may be a rebate itself. It is consumed when it is made."""
        at = max(at, item.last.at + _SECOND)
        is_rebate = item.type.endswith("Rebate")
        kind = item.type if is_rebate else REBATES.get(item.type, OTHER_REBATE)
        return self.add(
            at, kind, price,
            consumed=_whole(at), category=item.category, product=item.product,
            root=item,
        )  # fmt: skip

    def _open_state(self, price: Price) -> str:
        """Return the state of an item that is neither closed nor canceled."""
        return "Inactive" if self.is_optional or not price.gross else "Open"


def _whole(at: datetime) -> datetime:
    """Cut an instant to whole seconds, as the API shows it."""
    return at.replace(microsecond=0) if at.microsecond else at
