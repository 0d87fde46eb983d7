"""Test that order items have consistent lives, and that they change nothing of the reservations."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mews_pipeline.sandbox import World, simulate
from mews_pipeline.sandbox.hotels.order_items import OrderItem, OrderItemVersion
from mews_pipeline.sandbox.hotels.reservations import Reservation
from mews_pipeline.sandbox.server.money import ACCOUNTING_STATES, ITEM_TYPES
from mews_pipeline_tests.support.sandbox_client import NOW

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def items(full_world: World) -> list[OrderItem]:
    return full_world.tables["order_items"].records


def _nights(items: list[OrderItem]) -> list[OrderItem]:
    return [item for item in items if item.type == "SpaceOrder"]


def _night(item: OrderItem) -> date:
    assert item.start is not None
    return item.order.prop.day_of(item.start)


def test_items_are_the_same_each_time_and_change_no_reservation() -> None:
    one, two = (simulate(3, date(2024, 1, 1), date(2024, 1, 6), scale=0.2) for _ in range(2))
    before = one.versions("reservations")

    assert one.versions("order_items") == two.versions("order_items")
    assert one.versions("reservations") == before


def test_an_id_of_an_order_is_of_no_reservation(full_world: World) -> None:
    reservations, orders = (
        full_world.tables[name].by_id for name in ("reservations", "product_service_orders")
    )

    assert not reservations.keys() & orders.keys()


def test_no_item_is_made_before_somebody_asks_for_items() -> None:
    world = simulate(3, date(2024, 1, 1), date(2024, 1, 2), scale=0.1)

    assert "order_items" not in world.tables
    assert world.tables["order_items"] is world.tables["order_items"]


def test_every_documented_type_and_state_of_items_occurs(items: list[OrderItem]) -> None:
    states = {version.state for item in items for version in item.versions}

    assert {item.type for item in items} == set(ITEM_TYPES)
    assert states == set(ACCOUNTING_STATES)


def test_the_breakdown_adds_up_to_the_difference_of_gross_and_net(items: list[OrderItem]) -> None:
    amounts = [version.amount for item in items for version in item.versions]

    assert all(
        sum((tax.value for tax in amount.taxes), Decimal(0)) == amount.gross - amount.net
        for amount in amounts
    )
    assert any(len([t for t in amount.taxes if t.code]) > 1 for amount in amounts)
    assert any(amount.gross < 0 for amount in amounts)


@pytest.mark.parametrize(("number", "is_net"), [(0, True), (1, False)])
def test_prices_are_round_with_tax_or_without(
    items: list[OrderItem], full_world: World, number: int, is_net: bool
) -> None:
    prop = full_world.properties[number]
    prices = [i.versions[0].price for i in _nights(items) if i.order.prop is prop]
    round_net, round_gross = (
        sum(amount % Decimal("0.05") == 0 for amount in amounts) / len(prices)
        for amounts in ([p.net for p in prices], [p.gross for p in prices])
    )

    assert (round_net > 0.95, round_gross > 0.95) == (is_net, not is_net)


def test_every_chain_of_rebates_ends_at_an_item_that_rebates_nothing(
    items: list[OrderItem],
) -> None:
    known = {item.id: item.data_payload() or {} for item in items}
    lengths = set()
    for item in items:
        length, at = 0, known[item.id]
        while (rebate := at.get("Rebate")) is not None:
            at = known[rebate["RebatedItemId"]]
            length += 1
        assert length == 0 or not item.origin.type.endswith("Rebate")
        lengths.add(length)

    assert lengths >= {0, 1, 2}


def _sums(items: list[OrderItem], at: datetime) -> dict[tuple[str, date], Decimal]:
    """Add up nights and their rebates, by reservation and night."""
    found: defaultdict[tuple[str, date], Decimal] = defaultdict(Decimal)
    for item in items:
        version, root = item.current(at), item.origin
        if version and version.state in {"Open", "Closed"} and root.type == "SpaceOrder":
            found[item.order.id, _night(root)] += version.amount.gross
    return found


@pytest.mark.parametrize("at", [NOW, NOW + 20 * DAY], ids=["now", "later"])
def test_the_nights_of_items_are_the_nights_of_the_stay(
    full_world: World, items: list[OrderItem], at: datetime
) -> None:
    stayed = {(n.reservation_id, n.stay_date) for n in full_world.occupied_nights(at)}
    sold = {
        (item.order.id, _night(item))
        for item in _nights(items)
        if (version := item.current(at)) is not None and version.state != "Canceled"
    }
    sums = _sums(items, at)

    assert stayed <= sold
    # What was paid before it was canceled or shortened is rebated in full
    assert {sums[night] for night in sold - stayed} == {Decimal(0)}


def test_a_night_starts_at_local_midnight_also_west_of_utc(
    items: list[OrderItem], full_world: World
) -> None:
    west, east = full_world.properties[:2]
    for item in _nights(items):
        assert item.start == item.order.prop.at(_night(item))
    west_of_utc = [i for i in _nights(items) if i.order.prop is west]
    assert all(west.day_of(item.consumed) == _night(item) - DAY for item in west_of_utc)
    others = [item for item in _nights(items) if item.order.prop is east]
    assert all(east.day_of(item.consumed) == _night(item) for item in others)


def test_breakfast_is_consumed_on_the_day_after_its_night(items: list[OrderItem]) -> None:
    by_stay: defaultdict[str, list[OrderItem]] = defaultdict(list)
    for item in items:
        if item.product in {"inside", "deduction"}:
            by_stay[item.order.id].append(item)
    days = {
        product: {(i.order.id, i.order.prop.day_of(i.consumed)) for i in items
                  if i.product == product and i.root is None}
        for product in ("inside", "deduction")
    }  # fmt: skip

    assert days["inside"] == {(stay, day + DAY) for stay, day in days["deduction"]}
    assert days["inside"]


def test_the_items_of_an_option_are_inactive_until_it_is_confirmed(
    items: list[OrderItem],
) -> None:
    confirmed_later = 0
    for item in items:
        order = item.order
        for version in item.versions:
            state = next(v.state for v in reversed(order.versions) if v.at <= version.at)
            is_inactive = version.state == "Inactive" and version.price.gross != 0
            assert not is_inactive or state in {"Optional", "Confirmed", "Started"}
        states = [version.state for version in item.versions]
        if states[:2] == ["Inactive", "Open"]:
            instants = {version.at for version in order.versions}
            confirmed_later += item.versions[1].at not in instants

    assert confirmed_later


def test_prices_change_without_a_version_of_the_reservation(items: list[OrderItem]) -> None:
    changed = [
        (item, after.at)
        for item in _nights(items)
        for before, after in zip(item.versions, item.versions[1:], strict=False)
        if before.price.gross != after.price.gross
    ]

    assert any(at not in {v.at for v in item.order.versions} for item, at in changed)


def _is_silent(before: OrderItemVersion, after: OrderItemVersion) -> bool:
    return (before.state, before.price) == (after.state, after.price) and before.bill != after.bill


def test_moves_between_bills_and_closing_change_no_amount(items: list[OrderItem]) -> None:
    pairs = [pair for i in items for pair in zip(i.versions, i.versions[1:], strict=False)]

    assert any(_is_silent(before, after) for before, after in pairs)
    for before, after in pairs:
        if after.state == "Closed":
            assert (before.amount, before.closed) == (after.amount, None)
            assert after.closed == after.at


def test_canceling_cancels_open_items_and_rebates_closed_ones(items: list[OrderItem]) -> None:
    with_order = [i.last for i in items if i.last.is_canceled_with_order]
    assert with_order
    assert {(v.state, v.canceled == v.at) for v in with_order} == {("Canceled", True)}

    canceled = {i.order.id for i in items if i.order.versions[-1].state == "Canceled"}
    rebates = {i.root for i in items if i.root is not None}
    closed = [i for i in items if i.order.id in canceled and i.last.state == "Closed"]
    assert any(item in rebates for item in closed)


def test_a_channel_manager_charges_no_cancellation_fee(items: list[OrderItem]) -> None:
    fees = [item for item in items if item.type == "CancellationFee"]

    assert fees
    assert "ChannelManager" not in {fee.order.origin for fee in fees}
    reasons = {version.reason for fee in fees for version in fee.order.versions}
    assert "NoShow" in reasons


def test_some_nights_are_complimentary(items: list[OrderItem]) -> None:
    free = [i for i in _nights(items) if i.versions[0].price.gross == 0]

    assert free
    assert {item.versions[0].state for item in free} == {"Inactive"}


def test_items_are_added_after_the_check_out(items: list[OrderItem]) -> None:
    late = [
        item
        for item in items
        if isinstance(item.order, Reservation)
        and item.order.versions[-1].actual_end is not None
        and item.created > item.order.versions[-1].actual_end
    ]

    assert {item.type for item in late} >= {"ProductOrder", "NightRebate"}
    assert all(item.consumed <= item.created for item in late)


def test_an_allowance_adds_up_to_zero(items: list[OrderItem]) -> None:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for item in items:
        if item.type.startswith("Allowance") or item.product == "allowance":
            sums[item.order.id] += item.versions[0].amount.gross

    assert set(sums.values()) == {Decimal(0)}


def test_hotels_have_two_currencies_and_a_few_items_another_one(
    items: list[OrderItem], full_world: World
) -> None:
    defaults = {prop.id: prop.plan.currency for prop in full_world.properties}
    foreign = [i for i in items if i.last.price.currency != defaults[i.enterprise_id]]

    assert set(defaults.values()) == {"USD", "EUR"}
    assert 0 < len(foreign) < 0.02 * len(items)
    assert any(item.original is not None for item in foreign)


def test_a_reservation_night_has_a_bearable_number_of_items(items: list[OrderItem]) -> None:
    of_stays = [item for item in items if isinstance(item.order, Reservation)]

    assert 2 < len(of_stays) / len(_nights(items)) < 6


def test_what_hotels_write_about_guests_is_in_the_records(full_world: World) -> None:
    """So that tests of the pipeline can prove that it is left out."""
    items = full_world.tables["order_items"].records[:3000]
    records = [item.versions[0].payload() for item in items]
    companies: list[dict[str, Any]] = full_world.as_of("companies", datetime.now(UTC))

    assert any("quiet table" in (record["Notes"] or "") for record in records)
    assert any("Ms Sample" in (record["BillingName"] or "") for record in records)
    assert all("Ms Contact" in company["ContactPerson"] for company in companies)
