"""Revenue against the sandbox's own truth, in the warehouse of test_marts_in_the_sandbox.py."""

import csv
import random
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.sandbox import World
from mews_pipeline.sandbox.hotels.truth_money import ItemOnTheBooks, on_the_books
from mews_pipeline_tests.models.test_marts_in_the_sandbox import (
    START,
    now,
    warehouse,
    world,
)
from mews_pipeline_tests.support.built_marts import at_midnight

__all__ = ["now", "warehouse", "world"]

SEEDS = Path(__file__).parents[2] / "dbt_project" / "seeds"
LODGING = {"Room", "Suite", "Dorm", "Bed"}
DEFINITIONS = ("mews_manager", "by_category", "usali")
Sums = dict[tuple[Any, ...], tuple[Decimal, ...]]

pytestmark = pytest.mark.slow


def _rows(warehouse: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(query, values).fetchall()


def _rule(seed: str, item: ItemOnTheBooks, definition: str = "") -> dict[str, str]:
    """Return the row of a seed for an item: one that names its type before any other."""
    with (SEEDS / f"{seed}.csv").open(encoding="utf-8") as file:
        rows = [
            row
            for row in csv.DictReader(file)
            if row["item_type"] in {"*", item.item_type}
            and row["classification"] in {"*", item.classification or "unknown"}
            and row.get("definition", "") == definition
        ]
    named = {"stream": "unmapped", "in_room_revenue": "", "in_total_revenue": ""}
    order = ("item_type", "classification")
    return min(rows, key=lambda row: [row[name] == "*" for name in order], default=named)


def _mapped(world: World, at: datetime) -> list[tuple[ItemOnTheBooks, dict[str, str]]]:
    """Return what was on the books at an instant, with the stream and the definitions of each."""
    known: dict[tuple[str, str | None], dict[str, str]] = {}
    found = []
    for item in on_the_books(world.tables["order_items"], at):
        key = item.item_type, item.classification
        if key not in known:
            known[key] = {"stream": _rule("revenue_streams", item)["stream"]}
            for definition in DEFINITIONS:
                rule = _rule("revenue_definitions", item, definition)
                known[key][f"{definition} room"] = rule["in_room_revenue"]
                known[key][f"{definition} total"] = rule["in_total_revenue"]
        found.append((item, known[key]))
    return found


def _added(rows: list[tuple[tuple[Any, ...], tuple[Decimal, ...]]]) -> Sums:
    found: dict[tuple[Any, ...], list[Decimal]] = {}
    for key, amounts in rows:
        sums = found.setdefault(key, [Decimal(0)] * len(amounts))
        for place, amount in enumerate(amounts):
            sums[place] += amount
    return {key: tuple(sums) for key, sums in found.items() if any(sums)}


def test_every_cell_of_revenue_is_what_the_items_truly_hold(
    warehouse: Path, world: World, now: datetime
) -> None:
    truth = _added(
        [
            (
                (
                    item.enterprise_id, item.service_id, item.revenue_date,
                    item.accounting_category_id or "unknown", item.classification or "unknown",
                    item.item_type, rule["stream"], item.bucket, item.currency,
                ),
                (item.net, item.gross, item.gross - item.net),
            )
            for item, rule in _mapped(world, now)
        ]
    )  # fmt: skip

    daily = {
        tuple(row[:9]): tuple(row[9:])
        for row in _rows(
            warehouse,
            "select enterprise_id, service_id, revenue_date, accounting_category_id,"
            " classification, item_type, stream, bucket, currency, net, gross, tax"
            " from marts.fct_revenue_daily",
        )
    }

    assert len(truth) > 1000
    assert daily == truth


@pytest.mark.parametrize("number", range(5))
def test_the_revenue_on_the_books_at_any_instant_is_what_items_held_then(
    warehouse: Path, world: World, now: datetime, number: int
) -> None:
    begin = at_midnight(START)
    instant = begin + (now - begin) * random.Random(number).random()  # noqa: S311
    truth = _added(
        [
            (
                (item.service_id, item.revenue_date, rule["stream"], item.currency),
                (item.net, item.gross),
            )
            for item, rule in _mapped(world, instant)
            if item.bucket == "definite"
        ]
    )

    books = {
        tuple(row[:4]): tuple(row[4:])
        for row in _rows(warehouse, "from marts.revenue_on_the_books(?)", instant)
    }

    assert truth
    assert books == truth


def _sold(world: World, at: datetime) -> dict[tuple[str, date], list[int]]:
    """Count the definite nights of lodging: occupied, sold, complimentary."""
    money: defaultdict[tuple[str, date, str], Decimal] = defaultdict(Decimal)
    for item in on_the_books(world.tables["order_items"], at):
        if item.bucket == "definite" and item.item_type in {"SpaceOrder", "NightRebate"}:
            money[item.service_order_id, item.revenue_date, item.currency] += item.net
    paid = {(order, day) for (order, day, _), net in money.items() if net > 0}
    found: defaultdict[tuple[str, date], list[int]] = defaultdict(lambda: [0, 0, 0])
    for night in world.occupied_nights(at):
        prop, category = world.category(night.requested_category_id)
        if night.bucket == "definite" and category.type in LODGING:
            is_sold = (night.reservation_id, night.stay_date) in paid
            counts = found[prop.id, night.stay_date]
            for place, count in enumerate((1, is_sold, not is_sold)):
                counts[place] += count
    return found


def test_every_cell_of_performance_is_what_rooms_and_items_truly_earn(
    warehouse: Path, world: World, now: datetime
) -> None:
    counts, mapped = _sold(world, now), _mapped(world, now)
    defaults = {prop.id: prop.plan.currency for prop in world.properties}
    earned: defaultdict[tuple[str, date, str, str], list[Decimal]] = defaultdict(
        lambda: [Decimal(0), Decimal(0)]
    )
    for item, rule in mapped:
        if item.bucket == "definite":
            for definition in DEFINITIONS:
                cell = earned[item.enterprise_id, item.revenue_date, definition, item.currency]
                cell[0] += item.net * (rule[f"{definition} room"] == "true")
                cell[1] += item.net * (rule[f"{definition} total"] == "true")
    # Capacity is judged elsewhere, against the same truth
    spaces = {
        (enterprise_id, day): {"usali": active, "mews_manager": usable, "by_category": usable}
        for enterprise_id, day, active, usable in _rows(
            warehouse,
            "select enterprise_id, stay_date, spaces_active, spaces_usable"
            " from marts.rpt_portfolio_daily",
        )
    }
    rows = _rows(
        warehouse,
        "select enterprise_id, stay_date, definition, currency, rooms_available, rooms_occupied,"
        " rooms_sold, rooms_complimentary, room_revenue, total_revenue, adr, revpar, trevpar"
        " from marts.rpt_performance_daily where enterprise_id != 'all'",
    )

    assert {tuple(row[:4]) for row in rows} >= {key for key in earned if key[1] >= START}
    sold_at_all = 0
    for enterprise_id, day, definition, currency, *figures in rows:
        room, total = earned.get(
            (enterprise_id, day, definition, currency), (Decimal(0), Decimal(0))
        )
        assert figures[4:6] == [room, total], (enterprise_id, day, definition, currency)
        if currency != defaults[enterprise_id]:
            assert figures[:4] + figures[6:] == [None] * 7
            continue
        available = spaces.get((enterprise_id, day), {}).get(definition, 0)
        nights = counts.get((enterprise_id, day), [0, 0, 0])
        assert figures[:4] == [available, *nights], (enterprise_id, day)
        for figure, money, rooms in (
            (figures[6], room, nights[1]), (figures[7], room, available),
            (figures[8], total, available),
        ):  # fmt: skip
            assert figure == pytest.approx(float(money) / rooms) if rooms else figure is None
        sold_at_all += nights[1]

    assert sold_at_all > 1000
    assert {key[0] for key in counts} == set(defaults)


def test_a_total_per_currency_is_made_of_the_properties_whose_default_it_is(
    warehouse: Path, world: World
) -> None:
    day = START + timedelta(days=7)
    rows = _rows(
        warehouse,
        "select enterprise_id, currency, is_default_currency, rooms_sold, room_revenue, adr"
        " from marts.rpt_performance_daily where stay_date = ? and definition = 'usali'",
        day,
    )
    parts: defaultdict[str, list[tuple[int, Decimal]]] = defaultdict(list)
    for enterprise_id, currency, is_default, sold, revenue, _ in rows:
        if is_default and enterprise_id != "all":
            parts[currency].append((sold, revenue))

    totals = {row[1]: row[3:] for row in rows if row[0] == "all"}

    sizes = Counter(prop.plan.currency for prop in world.properties)
    assert {currency: len(several) for currency, several in parts.items()} == sizes
    assert max(sizes.values()) > 1
    for currency, several in parts.items():
        sold, revenue = (sum(each) for each in zip(*several, strict=True))
        assert totals[currency][:2] == (sold, revenue)
        assert totals[currency][2] == pytest.approx(float(revenue) / sold)
