"""Random worlds: a few hotels over some forty days, as raw rows in two landings."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from mews_pipeline_tests.models.brute_force import changes, fetches, lives, sold_items
from mews_pipeline_tests.models.brute_force import hotels as reference
from mews_pipeline_tests.models.brute_force.fetches import REFUSABLE
from mews_pipeline_tests.models.brute_force.rows import Landing, Row

# Forty days each, with a change of the clocks in them for one zone or another
STARTS = (date(2026, 3, 1), date(2026, 10, 5), date(2025, 10, 8), date(2026, 6, 1))
RESERVATIONS = 150


@dataclass(frozen=True)
class World:
    """What lands, in order, and with which settings the models are built."""

    start: date
    first: tuple[Landing, ...]
    later: tuple[Landing, ...]
    counting_levels: dict[str, str]


def _at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), UTC)


def _reservations(
    rng: random.Random,
    known: tuple[reference.Hotel, ...],
    landings: tuple[Landing, Landing],
    start: date,
) -> list[Row]:
    """Spread the versions over the two landings: some are never seen, some come out of order.

    Return the first version of each, seen or not.
    """
    first, later = landings
    begun = []
    span = _at(start, 0) - timedelta(days=15), later.at - timedelta(minutes=5)
    for number in range(RESERVATIONS):
        versions = lives.reservation(rng, known, number, span)
        begun.append(versions[0][0])
        seen = rng.choice((0.0, 0.5, 1.0, 1.0))
        for place, (row, persons) in enumerate(versions):
            is_last = place == len(versions) - 1
            if not is_last and rng.random() > seen:
                continue
            late = row["updated_utc"] > first.at or (not is_last and rng.random() < 0.1)
            landing = later if late else first
            content = {
                "state" if name == "reservation_state" else name: value
                for name, value in row.items()
            }
            landed = landing.add("reservations", **content)
            landing.add_persons(landed, persons)
    return begun


def _orders(
    rng: random.Random,
    known: tuple[reference.Hotel, ...],
    first: Landing,
    later: Landing,
) -> list[Row]:
    begun = []
    for number in range(12):
        at = first.at - timedelta(days=rng.randrange(0, 20), minutes=rng.randrange(1000))
        versions = lives.order(rng, known, number, at)
        begun.append(versions[0])
        for row in versions:
            if rng.random() < 0.8 and row["updated_utc"] <= later.at:
                (first if row["updated_utc"] <= first.at else later).add(
                    "product_service_orders", **row
                )
    return begun


def _items(
    rng: random.Random,
    known: tuple[reference.Hotel, ...],
    orders: list[Row],
    seen: list[Landing],
) -> None:
    """Spread the versions of items as those of reservations."""
    *_, first, later = seen
    for hotel in known:
        sold_items.references(seen[0], hotel.id, rng)
        sold_items.change_references(later, hotel.id, rng)
    for versions in sold_items.items(rng, known, orders, later.at - timedelta(minutes=5)):
        chance = rng.choice((0.0, 0.5, 1.0, 1.0))
        for place, row in enumerate(versions):
            is_last = place == len(versions) - 1
            if is_last or rng.random() < chance:
                late = row["updated_utc"] > first.at or (not is_last and rng.random() < 0.1)
                (later if late else first).add("order_items", **row)


def _availability(landing: Landing, known: tuple[reference.Hotel, ...], rng: random.Random) -> None:
    for hotel in known[:3]:
        for ahead in range(-1, 4):
            day = landing.at.astimezone(hotel.zone).date() + timedelta(days=ahead)
            opens = datetime.combine(day, time(), hotel.zone).astimezone(UTC)
            for metric in ("ConfirmedReservations", "OptionalReservations", "Occupied"):
                landing.add(
                    "availability",
                    service_id=hotel.stay,
                    resource_category_id=f"{hotel.id}-double",
                    time_unit_start_utc=opens,
                    metric=metric,
                    value=rng.randrange(3),
                    snapshot_utc=landing.at,
                )


def make(seed: int) -> World:
    """Make the world of a seed."""
    rng = random.Random(seed)  # noqa: S311
    start = STARTS[seed % len(STARTS)]
    seen = [
        Landing(_at(start + timedelta(days=days), hour, 20))
        for days, hour in ((1, 6), (17, 13), (32, 9), (36, 21))
    ]
    zones = rng.sample(reference.ZONES, 3)
    names = [f"h{number}" for number in range(1, 4)]
    known = tuple(
        reference.build(seen[0], name, zone, rng) for name, zone in zip(names, zones, strict=True)
    )
    refused = {(rng.choice(REFUSABLE), name) for name in names if rng.random() < 0.2}
    if rng.random() < 0.2:
        refused.add((REFUSABLE[0], "group"))
        refused |= {(REFUSABLE[0], "every")} if rng.random() < 0.3 else set()
    answered_later = {one for one in refused if rng.random() < 0.3}
    for hotel in known:
        changes.block(seen[1], hotel, start, rng)
        changes.change(seen[1], seen[0], hotel, rng)
        changes.change_late(seen[3], seen[0], hotel, rng)
    if rng.random() < 0.6:
        names.append("h4")
        known = (*known, reference.build_strange(seen[0], "h4", rng))
    changes.unblock(seen[3], seen[1], rng)
    begun = _reservations(rng, known, (seen[2], seen[3]), start)
    begun += _orders(rng, known, seen[2], seen[3])
    # Draws of their own, so that the rest of the world is the same with items and without
    _items(random.Random(f"items of {seed}"), known, begun, seen)  # noqa: S311
    for landing in seen[2:]:
        still = refused - answered_later if landing is seen[-1] else refused
        fetches.record(landing, names, rng, still)
        _availability(landing, known, rng)
    levels = {"h1-stay": "rooms"} if seed % 2 else {}
    return World(start, tuple(seen[:3]), (seen[3],), levels)


def rows(landings: tuple[Landing, ...], table: str) -> list[Row]:
    """Return all rows of a table that the landings brought."""
    return [row for landing in landings for row in landing.tables[table]]
