"""The simulation: hotels over a span of days, every life whole, deterministic from a seed."""

from datetime import date
from random import Random

from mews_pipeline.sandbox.hotels import identity
from mews_pipeline.sandbox.hotels.demand import Days, Demand
from mews_pipeline.sandbox.hotels.identity import Ids
from mews_pipeline.sandbox.hotels.inventory import Property, build_property
from mews_pipeline.sandbox.hotels.orders import OrderDemand
from mews_pipeline.sandbox.hotels.references import reference_records
from mews_pipeline.sandbox.hotels.reservations import ProductServiceOrder, Reservation, ServiceOrder
from mews_pipeline.sandbox.hotels.table import ReferenceRecord, Table
from mews_pipeline.sandbox.hotels.world import World


def simulate(seed: int, start: date, end: date, properties: int = 3, scale: float = 1.0) -> World:
    """Simulate hotels from `start` to `end`, both included; the same arguments, the same world.

    Nothing happens from the end of `end` (UTC) on. Before `start`, bookings were made for up to
    200 days: what lives then is edited once more on the first day, so that whoever looks for
    updates from `start` on sees every stay that ends after it. `properties` are taken in turn
    from eight kinds, the first three being west of UTC with DST, east with it and east without;
    `scale` multiplies their spaces (about 40 each) and so their bookings.
    Raises ValueError where `end` lies before `start`, or nothing would be simulated.
    """
    if end < start or properties < 1 or scale <= 0:
        raise ValueError("a world needs days, properties and a scale, all positive")
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
        demand, ordered = Demand(prop, days, rng), OrderDemand(prop, days, rng)
        for reservation in demand.reservations():
            reservations.append(reservation)
            orders.extend(ordered.for_stay(reservation))
        orders.extend(ordered.walk_ins())
        for table, records in reference_records(prop, start, end).items():
            references.setdefault(table, []).extend(records)
        references.setdefault("resource_blocks", []).extend(demand.blocks.records)
    _number(reservations)
    _number(orders)
    _name_examples(ids, reservations, orders)
    tables: dict[str, Table[ServiceOrder] | Table[ReferenceRecord]] = {
        "reservations": Table[ServiceOrder](reservations),
        "product_service_orders": Table[ServiceOrder](orders),
        **{table: Table(records) for table, records in references.items()},
    }
    return World(days, hotels, tables)


def _number(records: list[Reservation] | list[ProductServiceOrder]) -> None:
    """Give confirmation numbers, counted per hotel by creation."""
    counters: dict[str, int] = {}
    for record in sorted(records, key=lambda record: (record.created, record.id)):
        counters[record.enterprise_id] = counters.get(record.enterprise_id, 0) + 1
        record.number = str(counters[record.enterprise_id])


def _name_examples(
    ids: Ids, reservations: list[Reservation], orders: list[ProductServiceOrder]
) -> None:
    """Give the ids of the seeds' example records to records of the first hotel."""
    first = reservations[0].prop
    stays = [r for r in reservations if r.prop is first and r.service is first.stay]
    stays.sort(key=lambda stay: stay.created)
    for stay, example in zip(stays[51:] or stays, identity.EXAMPLE_RESERVATIONS, strict=False):
        stay.id = example
    named = stays[51:52] or stays[:1]
    for stay in named:
        ids.pin("account", stay.account, identity.EXAMPLE_ACCOUNT)
        ids.pin("group", stay.group, identity.EXAMPLE_GROUP)
    treatments = [o for o in orders if o.prop is first and o.service is first.spa]
    treatments.sort(key=lambda order: order.created)
    # the cursor is the id of the item one newer than those to be returned
    examples = (identity.EXAMPLE_ORDER, identity.EXAMPLE_ORDER_CURSOR)
    for order, example in zip(treatments, examples, strict=False):
        order.id = example
