"""Test the operations about money: required fields, filters, limits, refusals."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mews_pipeline.sandbox import (
    PORTFOLIO_TOKEN,
    SchemaDrift,
    World,
    access_tokens,
    token_key,
)
from mews_pipeline.sandbox.hotels.truth_money import on_the_books, totals
from mews_pipeline.sandbox.server.money import PATHS
from mews_pipeline_tests.support.sandbox_client import NOW, SandboxClient, between, instant

ITEMS = "orderItems/getAll"
BALANCES = "ledgerBalances/getAll"
# A rebate is booked where what it takes back was
NO_REVENUE = {"CityTax", "Deposit", "TaxCorrection", "ExchangeRateDifference"}
DAY = timedelta(days=1)
MARCH = {"Start": "2024-03-01", "End": "2024-03-31"}


def _services(world: World) -> list[str]:
    return [service.id for prop in world.properties for service in prop.services]


def test_items_need_a_filter(client: SandboxClient) -> None:
    for body in ({}, {"AccountingStates": ["Open"]}, {"EnterpriseIds": None}):
        refused = client.post(ITEMS, **body)
        assert refused.status_code == 400
        assert "filter" in refused.json()["Message"]


@pytest.mark.parametrize(
    "body",
    [
        {"OrderItemIds": ["00000000-0000-4000-a000-000000000000"] * 1001},
        {"AccountIds": ["00000000-0000-4000-a000-000000000000"] * 101},
        {"UpdatedUtc": {"StartUtc": "2024-01-01T00:00:00Z", "EndUtc": "2024-05-01T00:00:00Z"}},
        {"UpdatedUtc": between(NOW - DAY, NOW), "Types": ["Night"]},
        {"UpdatedUtc": between(NOW - DAY, NOW), "Limitation": {"Count": 1001}},
        {"UpdatedUtc": between(NOW - DAY, NOW), "Limitation": None},
        {"ServiceIds": ["00000000-0000-4000-a000-000000000000"]},
    ],
    ids=["ids", "accounts", "interval", "type", "count", "no limitation", "a strange service"],
)
def test_items_refuse_what_the_vendor_refuses(client: SandboxClient, body: dict[str, Any]) -> None:
    assert client.post(ITEMS, **body).status_code == 400


def test_pages_of_items_are_all_items_updated_in_the_window(
    client: SandboxClient, world: World
) -> None:
    start, end = NOW - 9 * DAY, NOW - 2 * DAY

    found = client.all(ITEMS, "OrderItems", 97, UpdatedUtc=between(start, end))

    expected = [r for r in world.as_of("order_items", NOW)
                if start <= instant(r["UpdatedUtc"]) < end]  # fmt: skip
    assert found == expected
    assert {record["AccountingState"] for record in found} >= {"Open", "Closed", "Canceled"}


def test_a_window_includes_its_start_and_excludes_its_end(
    client: SandboxClient, world: World
) -> None:
    at = instant(world.as_of("order_items", NOW)[40]["UpdatedUtc"])

    from_it = client.all(ITEMS, "OrderItems", UpdatedUtc=between(at, at + timedelta(seconds=1)))
    until_it = client.all(ITEMS, "OrderItems", UpdatedUtc=between(at - timedelta(seconds=1), at))

    assert {record["UpdatedUtc"] for record in from_it} == {at.strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert all(instant(record["UpdatedUtc"]) < at for record in until_it)


def test_items_can_be_odd_in_every_way_that_the_pipeline_must_bear(
    client: SandboxClient,
) -> None:
    window = between(NOW - 9 * DAY, NOW)
    sound = client.all(ITEMS, "OrderItems", UpdatedUtc=window)
    client.options.drift = SchemaDrift(odd_money=True)

    odd = client.all(ITEMS, "OrderItems", UpdatedUtc=window)

    assert [record["Id"] for record in odd] == [record["Id"] for record in sound]
    assert {"n/a"} == {r["Amount"]["NetValue"] for r in odd} & {"n/a"}
    assert any(record["Amount"]["Currency"] is None for record in odd)
    assert any(record["Type"] == "Donation" for record in odd)
    assert any(record["ConsumedUtc"] is None for record in odd)
    client.options.drift = SchemaDrift()
    assert client.all(ITEMS, "OrderItems", UpdatedUtc=window) == sound


def test_items_are_filtered_by_order_type_and_state(client: SandboxClient, world: World) -> None:
    order_id = next(
        r["ServiceOrderId"] for r in world.as_of("order_items", NOW) if r["Type"] == "NightRebate"
    )

    found = client.all(ITEMS, "OrderItems", ServiceOrderIds=[order_id], Types=["NightRebate"])

    assert {(record["ServiceOrderId"], record["Type"]) for record in found} == {
        (order_id, "NightRebate")
    }


@pytest.mark.parametrize("path", sorted(PATHS))
@pytest.mark.parametrize("status", [401, 403, 410])
def test_operations_about_money_can_be_refused(
    client: SandboxClient, path: str, status: int
) -> None:
    client.options.refused_money[path] = status

    assert client.post(path).status_code == status
    assert client.post("services/getAll").status_code == 200


def test_one_token_can_lack_the_permission_for_items(client: SandboxClient, world: World) -> None:
    single = access_tokens(world)[world.properties[0].id]
    client.options.denied_operations[token_key(single)] = {ITEMS}
    window = between(NOW - DAY, NOW)

    refused = client.post(ITEMS, AccessToken=single, UpdatedUtc=window)
    assert refused.status_code == 401
    assert client.post(ITEMS, AccessToken=PORTFOLIO_TOKEN, UpdatedUtc=window).status_code == 200


def test_the_product_of_a_night_needs_include_default(client: SandboxClient, world: World) -> None:
    services = _services(world)

    def names(**body: Any) -> set[str]:
        page = client.post("products/getAll", ServiceIds=services, **body).json()
        assert page["CustomerProducts"]
        return {p["Names"]["en-US"] for p in page["Products"] + page["CustomerProducts"]}

    assert "Night" not in names()
    assert names(IncludeDefault=True) - names() == {"Night", "Night of parking"}


@pytest.mark.parametrize("path", ["products/getAll", "rates/getAll", "rateGroups/getAll"])
def test_services_are_required_for_what_belongs_to_them(client: SandboxClient, path: str) -> None:
    assert client.post(path).status_code == 400


@pytest.mark.parametrize(
    ("path", "table", "list_key"),
    [
        ("accountingCategories/getAll", "accounting_categories", "AccountingCategories"),
        ("rates/getAll", "rates", "Rates"),
        ("rateGroups/getAll", "rate_groups", "RateGroups"),
        ("businessSegments/getAll", "business_segments", "BusinessSegments"),
        ("companies/getAll", "companies", "Companies"),
    ],
)
def test_what_items_refer_to_is_listed_as_of_the_clock(
    client: SandboxClient, world: World, path: str, table: str, list_key: str
) -> None:
    body = {"ServiceIds": _services(world)} if "rate" in path else {}

    assert client.all(path, list_key, 5, **body) == world.as_of(table, NOW)


def test_items_refer_only_to_records_that_are_listed(world: World) -> None:
    """Except for items in no accounting category."""
    known = {table: {r["Id"] for r in world.as_of(table, NOW)}
             for table in ("accounting_categories", "products")}  # fmt: skip
    for item in world.tables["order_items"].records:
        record = item.versions[0].payload()
        assert record["AccountingCategoryId"] in known["accounting_categories"] | {None}
        product = (record["Data"] or {}).get("Product")
        assert product is None or product["ProductId"] in known["products"]


def test_companies_and_rates_are_those_of_the_reservations(world: World) -> None:
    companies, rates = ({r["Id"] for r in world.as_of(t, NOW)} for t in ("companies", "rates"))

    for record in world.versions("reservations"):
        assert record["RateId"] in rates
        assert {record["PartnerCompanyId"], record["TravelAgencyId"]} - {None} <= companies


def test_currencies_and_exchange_rates_are_not_paged(client: SandboxClient) -> None:
    currencies = client.post("currencies/getAll", Limitation=None).json()["Currencies"]
    rates = client.post("exchangeRates/getAll", Limitation=None).json()["ExchangeRates"]

    assert {"Code": "JPY", "Precision": 0} in currencies
    assert {(rate["SourceCurrency"], rate["TargetCurrency"]) for rate in rates} >= {("EUR", "USD")}
    client.clock.set(NOW + 7 * DAY)
    assert client.post("exchangeRates/getAll").json()["ExchangeRates"] != rates


@pytest.mark.parametrize(
    "body",
    [
        {"LedgerTypes": ["Revenue"]},
        {"Date": MARCH},
        {"Date": MARCH, "LedgerTypes": ["Profit"]},
        {"Date": {"Start": "2024-03-01", "End": "2024-04-15"}, "LedgerTypes": ["Revenue"]},
        {"Date": {"Start": "2024-03-02", "End": "2024-03-01"}, "LedgerTypes": ["Revenue"]},
        {"Date": {"Start": "March", "End": "2024-03-01"}, "LedgerTypes": ["Revenue"]},
    ],
    ids=["no date", "no ledger", "unknown ledger", "too long", "backwards", "no dates"],
)
def test_ledger_balances_refuse_what_the_vendor_refuses(
    client: SandboxClient, body: dict[str, Any]
) -> None:
    assert client.post(BALANCES, **body).status_code == 400


def test_a_ledger_closes_each_day_with_what_it_opens_the_next_with(
    client: SandboxClient, world: World
) -> None:
    records = client.all(BALANCES, "LedgerBalances", 20, Date=MARCH, LedgerTypes=["Revenue"])

    by_day = {(r["EnterpriseId"], date.fromisoformat(r["Date"])): r for r in records}
    assert len(by_day) == len(records) == 31 * len(world.properties)
    for (enterprise_id, day), record in by_day.items():
        following = by_day.get((enterprise_id, day + DAY))
        assert following is None or following["OpeningBalance"] == record["ClosingBalance"]
    assert len({str(record["ClosingBalance"]) for record in records}) > 31


def test_the_last_balance_is_the_sum_of_what_checked_in_guests_consumed(
    client: SandboxClient, world: World
) -> None:
    at = datetime(2024, 5, 14, tzinfo=UTC)
    client.clock.set(at)
    prop = world.properties[1]
    expected = Decimal(0)
    for item in world.tables["order_items"].records:
        version, order = item.current(at), item.order.current(at)
        counts = (
            version is not None
            and version.state in {"Open", "Closed"}
            and item.enterprise_id == prop.id
            and item.origin.type not in NO_REVENUE
            and item.last.price.currency == prop.plan.currency
            and max(item.consumed, item.start or item.consumed) < at
        )
        is_due = (
            not hasattr(order, "actual_start")
            or item.origin.type == "CancellationFee"
            or order.actual_start is not None
        )
        if counts and is_due:
            expected += version.amount.net

    (balance,) = client.post(
        BALANCES, Date={"Start": "2024-05-14", "End": "2024-05-14"}, LedgerTypes=["Revenue"],
        EnterpriseIds=[prop.id],
    ).json()["LedgerBalances"]  # fmt: skip

    assert Decimal(str(balance["ClosingBalance"]["NetValue"])) == pytest.approx(expected)


def test_a_hotel_without_ledgers_has_no_balances(client: SandboxClient, world: World) -> None:
    without = world.properties[0].id
    client.options.without_ledgers.add(without)

    records = client.all(BALANCES, "LedgerBalances", Date=MARCH, LedgerTypes=["Revenue"])

    assert {record["EnterpriseId"] for record in records} == {
        prop.id for prop in world.properties[1:]
    }


def test_the_books_as_of_an_instant_are_the_sum_of_the_items_of_then(world: World) -> None:
    items = world.tables["order_items"]
    records = {record["Id"]: record for record in world.as_of("order_items", NOW)}
    found = list(on_the_books(items, NOW))

    assert {item.bucket for item in found} == {"definite", "optional", "pipeline"}
    for item in found:
        record = records[item.order_item_id]
        assert record["AccountingState"] in {"Open", "Closed", "Inactive"}
        assert Decimal(str(record["Amount"]["NetValue"])) == item.net
        assert (record["Amount"]["Currency"], record["Type"]) == (item.currency, item.item_type)
    added_up = totals(iter(found))
    assert sum(net for net, _ in added_up.values()) == sum(item.net for item in found)
    assert len(added_up) < len(found)
