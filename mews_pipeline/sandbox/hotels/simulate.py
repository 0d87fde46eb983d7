"""Simulate hotels over some days, with the full history of each booking, from a seed."""

from datetime import date
from random import Random
from typing import Any

from mews_pipeline.sandbox.hotels import identity
from mews_pipeline.sandbox.hotels.demand import Days, Demand
from mews_pipeline.sandbox.hotels.identity import Ids
from mews_pipeline.sandbox.hotels.inventory import Property, build_property
from mews_pipeline.sandbox.hotels.money_tables import money_tables
from mews_pipeline.sandbox.hotels.product_service_orders import OrderDemand, ProductServiceOrder
from mews_pipeline.sandbox.hotels.references import reference_records
from mews_pipeline.sandbox.hotels.reservations import Reservation
from mews_pipeline.sandbox.hotels.table import ReferenceRecord, Table
from mews_pipeline.sandbox.hotels.world import Tables, World


def simulate(seed: int, start: date, end: date, properties: int = 3, scale: float = 1.0) -> World:
    """Simulate hotels from `start` to `end` inclusive. The same arguments give the same world.

    Nothing happens after the end of `end` (UTC). Bookings go back up to 200 days before `start`.
    Nobody touches most of them until the guests arrive, so that a search for updates since `start`
    finds every stay that is over, but few of the future ones. Those that nothing would ever happen
    to are edited on the first day. The hotels cycle through eight plans, of which the first three
    are west of UTC with DST, east with DST and east without. `scale` multiplies their spaces
    (about 40 each), and so their bookings.
    Raises ValueError if `end` is before `start`, or if nothing would be simulated.
    """
    if end < start or properties < 1 or scale <= 0:
        raise ValueError("the numbers of days and properties and the scale must be positive")
    days = Days(start, end)
    ids = Ids(seed)
    identity.pin_examples(ids)
    hotels: list[Property] = []
    reservations: list[Reservation] = []
    orders: list[ProductServiceOrder] = []
    references: dict[str, list[ReferenceRecord]] = {}
    for number in range(properties):
        prop = build_property(number, ids, start, end, scale)
        hotels.append(prop)
        rng = Random(f"{seed}:{number}")  # noqa: S311
        demand, order_demand = Demand(prop, days, rng), OrderDemand(prop, days, rng)
        for reservation in demand.reservations():
            reservations.append(reservation)
            orders.extend(order_demand.for_stay(reservation))
        orders.extend(order_demand.walk_ins())
        for table, records in reference_records(prop, start, end).items():
            references.setdefault(table, []).extend(records)
        references.setdefault("resource_blocks", []).extend(demand.blocks.records)
    _assign_numbers(reservations)
    _assign_numbers(orders)
    _assign_example_ids(ids, reservations, orders)
    tables: dict[str, Table[Any]] = {
        "reservations": Table(reservations),
        "product_service_orders": Table(orders),
        **{table: Table(records) for table, records in references.items()},
    }
    money = money_tables(reservations, orders, hotels, days)
    return World(days, hotels, Tables(tables, money))


def _assign_numbers(records: list[Reservation] | list[ProductServiceOrder]) -> None:
    """Assign confirmation numbers, counted per hotel by creation."""
    counters: dict[str, int] = {}
    for record in sorted(records, key=lambda record: (record.created, record.id)):
        counters[record.enterprise_id] = counters.get(record.enterprise_id, 0) + 1
        record.number = str(counters[record.enterprise_id])


def _assign_example_ids(
    ids: Ids, reservations: list[Reservation], orders: list[ProductServiceOrder]
) -> None:
    """Assign the ids of the vendor's example records to records of the first hotel."""
    first = reservations[0].prop
    stays = [r for r in reservations if r.prop is first and r.service is first.stay]
    stays.sort(key=lambda stay: stay.created)
    example_stays = stays[51:52] or stays[:1]
    for stay in example_stays:
        stay.id = identity.EXAMPLE_RESERVATION
        ids.pin("account", stay.account, identity.EXAMPLE_ACCOUNT)
        ids.pin("group", stay.group, identity.EXAMPLE_GROUP)
    treatments = [o for o in orders if o.prop is first and o.service is first.spa]
    treatments.sort(key=lambda order: order.created)
    # The example's cursor is the id of the item just newer than the first one returned
    examples = (identity.EXAMPLE_ORDER, identity.EXAMPLE_ORDER_CURSOR)
    for order, example in zip(treatments, examples, strict=False):
        order.id = example
