"""All order items of some hotels, generated from their reservations and orders."""

import gc
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from mews_pipeline.sandbox.hotels.catalogue import Catalogue
from mews_pipeline.sandbox.hotels.inventory import Property
from mews_pipeline.sandbox.hotels.item_book import ItemBook
from mews_pipeline.sandbox.hotels.order_items import OrderItem
from mews_pipeline.sandbox.hotels.product_service_orders import ProductServiceOrder
from mews_pipeline.sandbox.hotels.reservations import Reservation
from mews_pipeline.sandbox.hotels.stay_items import StayItems
from mews_pipeline.sandbox.hotels.table import Table

_CLOSED_AFTER = timedelta(seconds=20)


def order_item_table(
    reservations: Iterable[Reservation],
    orders: Iterable[ProductServiceOrder],
    properties: Iterable[Property],
    horizon: datetime,
) -> Table[OrderItem]:
    """Return the items of all reservations and orders. The same records give the same items."""
    catalogues = {prop.id: Catalogue(prop) for prop in properties}
    items: list[OrderItem] = []
    was_enabled = gc.isenabled()
    # Nothing here is garbage, and looking for it would take a third of the time
    gc.disable()
    try:
        for stay in reservations:
            items += StayItems(stay, catalogues[stay.enterprise_id], horizon).live()
        for order in orders:
            items += _items_of_order(order, catalogues[order.enterprise_id], horizon)
        return Table(items)
    finally:
        if was_enabled:
            gc.enable()


def _items_of_order(
    order: ProductServiceOrder, catalogue: Catalogue, horizon: datetime
) -> list[OrderItem]:
    rng = Random(f"items of {order.id}")  # noqa: S311
    book = ItemBook(order, catalogue, horizon)
    key = "treatment" if order.service is order.prop.spa else "drinks"
    consumed = (order.created + timedelta(hours=2)).replace(microsecond=0)
    for _ in range(rng.randint(1, 2)):
        book.add_product(order.created, key, consumed, count=rng.randint(1, 2))
    for version in order.versions[1:]:
        if version.state == "Canceled":
            for item in book.live():
                book.remove(item, version.at, with_order=True)
        elif version.state == "Processed":
            book.close(version.at + _CLOSED_AFTER)
    return book.items
