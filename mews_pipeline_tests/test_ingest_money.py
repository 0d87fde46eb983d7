"""Money is fetched beside rooms; where Mews does not grant it, everything else goes on."""

import json
from collections import Counter
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from mews_pipeline.extract import money
from mews_pipeline.extract.entities import ORDER_ITEMS, RESERVATIONS
from mews_pipeline.ingest import Ingested
from mews_pipeline.mews.errors import ServerError
from mews_pipeline.mews.money_requests import LedgerType
from mews_pipeline.sandbox import access_tokens, token_key
from mews_pipeline.warehouse import refusals
from mews_pipeline_tests.test_ingest import NOW, Hotels, hotels, world

__all__ = ["hotels", "world"]

PATH = "orderItems/getAll"
TODAY = date(2025, 4, 12)
WEEK = [TODAY - timedelta(n) for n in range(7, 0, -1)]
OF_MONEY = {
    "accounting_categories", "products", "rates", "rate_groups", "business_segments", "companies",
    "currencies",
}  # fmt: skip
BOTH = [RESERVATIONS, ORDER_ITEMS]


def asked(hotels: Hotels) -> int:
    """Return how often order items were asked for."""
    return sum(request.operation == PATH for request in hotels.sandbox.log.requests)


def warnings(hotels: Hotels) -> list[str]:
    """Return what was said of refusals."""
    return [line for line in hotels.said if line.startswith("Warning: Mews refuses")]


def fetches(hotels: Hotels) -> list[tuple[str, bool]]:
    """Return the recorded windows of order items: their first days, and whether refused."""
    found = hotels.read(
        "select window_start_utc, refused is not null from raw.fetches"
        " where operation = 'order_items' order by _landed_at"
    )
    return [(f"{start.astimezone(UTC):%m-%d}", refused) for start, refused in found]


@pytest.fixture
def a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "_REMEMBERED", timedelta(0))


def values(hotels: Hotels) -> dict[str, tuple[Decimal, Decimal, str, Any]]:
    """Return what landed of each item."""
    return {
        item: (net, gross, currency, json.loads(taxes))
        for item, net, gross, currency, taxes in hotels.read(
            "select id, amount_net_value, amount_gross_value, amount_currency, amount_tax_values"
            " from raw.order_items"
        )
    }


def test_every_item_lands_once_with_its_exact_amounts(hotels: Hotels) -> None:
    report = hotels.days(WEEK, [ORDER_ITEMS])["order_items"]

    assert sorted(hotels.landed("order_items")) == sorted(hotels.truth(WEEK, "order_items"))
    assert report.drift.fields == report.drift.values == Counter()
    landed = values(hotels)
    wanted = {
        record["Id"]: record["Amount"]
        for record in hotels.world.as_of("order_items", NOW)
        if record["Id"] in landed
    }
    assert len(landed) > 100
    for item, (net, gross, currency, taxes) in landed.items():
        amount = wanted[item]
        assert (net, gross) == tuple(
            Decimal(str(amount[name])) for name in ("NetValue", "GrossValue")
        )
        assert currency == amount["Currency"]
        assert taxes == json.loads(json.dumps(amount["TaxValues"], default=float))
    assert hotels.read("select count(notes), count(billing_name) from raw.order_items") == [(0, 0)]


def test_items_are_asked_for_by_update_and_never_converted(hotels: Hotels) -> None:
    hotels.days(WEEK, [ORDER_ITEMS])

    requests = [r for r in hotels.sandbox.log.requests if r.operation == PATH]
    assert requests
    assert all(request.interval for request in requests)
    assert "currency" not in ORDER_ITEMS.operation.request.model_fields


@pytest.mark.parametrize("status", [401, 403, 410])
def test_refused_items_hold_nothing_back_and_are_said_once(hotels: Hotels, status: int) -> None:
    hotels.options.refused_money = {PATH: status}

    reports = hotels.days([*WEEK, TODAY], BOTH)

    assert sorted(hotels.landed()) == sorted(hotels.truth([*WEEK, TODAY]))
    assert reports["order_items"].refused
    (warning,) = warnings(hotels)
    assert PATH in warning
    assert fetches(hotels) == [("04-05", True)]


def test_refused_days_are_recorded_once_and_not_asked_for_within_a_day(hotels: Hotels) -> None:
    hotels.options.refused_money = {PATH: 401}
    hotels.days([TODAY], BOTH, run="first")
    hotels.said.clear()
    before = asked(hotels)

    again = hotels.days([TODAY], BOTH, run="half an hour later")
    hotels.days(WEEK, BOTH, run="missing days")

    assert asked(hotels) == before == 1
    assert warnings(hotels) == []
    assert again["order_items"].refused
    assert fetches(hotels) == [("04-12", True), ("04-05", True)]
    assert sorted(hotels.landed()) == sorted(hotels.truth([*WEEK, TODAY]))


@pytest.mark.usefixtures("a_day_later")
def test_refused_days_are_fetched_once_mews_grants_them(hotels: Hotels) -> None:
    hotels.options.refused_money = {PATH: 403}
    hotels.days(WEEK, BOTH, run="refused")
    hotels.days([TODAY], BOTH, run="refused again")
    assert asked(hotels) > 1

    hotels.options.refused_money = {}
    hotels.days([TODAY], BOTH, run="granted")
    granted = asked(hotels)
    hotels.days([TODAY], BOTH, run="later")

    everything = sorted(hotels.truth([*WEEK, TODAY], "order_items"))
    assert sorted(hotels.landed("order_items")) == everything
    assert asked(hotels) - granted <= 2


def test_a_token_that_opens_nothing_is_wrong_and_not_short_of_a_permission(
    hotels: Hotels,
) -> None:
    one, other = access_tokens(hotels.world).values()
    hotels.settings = {"access_tokens": [one, other]}
    hotels.options.revoked_tokens = {token_key(one)}

    report = hotels.update().updates([ORDER_ITEMS], WEEK)["order_items"]

    assert [type(error).__name__ for error in report.errors] == ["UnauthorizedError"]
    assert token_key(one) in str(report.errors[0])
    assert fetches(hotels) == [("04-05", False)]


def test_reference_data_of_money_land_with_the_product_of_the_night(hotels: Hotels) -> None:
    reports = hotels.update().reference()

    assert not any(reports[table].refused or reports[table].errors for table in OF_MONEY)
    for table in OF_MONEY - {"currencies"}:
        truth = {record["Id"] for record in hotels.world.as_of(table, NOW)}
        assert {found for (found,) in hotels.read(f"select id from raw.{table}")} == truth
    assert hotels.read("select count(*) > 0 from raw.products where is_default") == [(True,)]
    assert ("EUR", 2) in hotels.read("select code, precision from raw.currencies")


def test_refused_reference_data_of_money_are_said_once_and_hold_nothing_back(
    hotels: Hotels,
) -> None:
    hotels.options.refused_money = {"*": 410}

    reports = hotels.update().reference()

    assert {table for table, report in reports.items() if report.refused} == OF_MONEY
    assert not any(report.errors for report in reports.values())
    assert reports["services"].rows
    (warning,) = warnings(hotels)
    assert "products/getAll" in warning
    assert "companies/getAll" in warning


REFERENCE_PATHS = {
    "accountingCategories/getAll", "products/getAll", "rates/getAll", "rateGroups/getAll",
    "businessSegments/getAll", "companies/getAll", "currencies/getAll",
}  # fmt: skip


def references_asked(hotels: Hotels) -> Counter[str]:
    """Count the requests for reference data of money."""
    requests = (request.operation for request in hotels.sandbox.log.requests)
    return Counter(path for path in requests if path in REFERENCE_PATHS)


def test_refused_reference_data_are_not_asked_for_within_a_day(hotels: Hotels) -> None:
    hotels.options.refused_money = {"*": 403}
    hotels.update("first").reference()
    first = references_asked(hotels)
    hotels.said.clear()

    again = hotels.update("an hour later").reference()
    hotels.update("two hours later").reference()

    assert references_asked(hotels) == first
    assert first.keys() == REFERENCE_PATHS
    assert {table for table, report in again.items() if report.refused} == OF_MONEY
    assert again["services"].rows
    assert warnings(hotels) == []


def test_one_refused_listing_holds_no_other_back(hotels: Hotels) -> None:
    hotels.options.refused_money = {"companies/getAll": 403}
    hotels.update("first").reference()
    hotels.options.refused_money = {}

    hotels.update("an hour later").reference()

    assert references_asked(hotels)["companies/getAll"] == 1
    assert hotels.read("select count(*) from raw.companies") == [(0,)]
    assert hotels.read("select count(*) > 0 from raw.products") == [(True,)]


@pytest.mark.usefixtures("a_day_later")
def test_reference_data_are_fetched_a_day_after_mews_grants_them(hotels: Hotels) -> None:
    hotels.options.refused_money = {"*": 401}
    hotels.update("refused").reference()
    hotels.options.refused_money = {}

    granted = hotels.update("granted").reference()

    assert not any(granted[table].refused for table in OF_MONEY)
    assert hotels.read("select count(*) > 0 from raw.companies") == [(True,)]


def test_nothing_of_a_company_but_ids_names_and_flags_lands(hotels: Hotels) -> None:
    hotels.update().reference()

    companies = hotels.world.as_of("companies", NOW)
    kept = {"Id", "ChainId", "Name", "Iata", "IsActive", "MotherCompanyId", "MergeTargetId"}
    hidden = {
        str(value)
        for company in companies
        for name, value in company.items()
        if name not in kept and isinstance(value, str) and not name.endswith("Utc")
    }
    assert hidden
    landed = str(hotels.read("select * exclude (_run_id, _hash) from raw.companies"))
    assert not [value for value in hidden if f"'{value}'" in landed]


def snapshots(hotels: Hotels, run: str = "a run") -> dict[str, Ingested]:
    """Bring a day's snapshots; nothing fails."""
    reports = hotels.update(run).snapshots()
    assert not any(report.errors for report in reports.values())
    return reports


def test_every_snapshot_of_rates_is_kept_with_its_instant(hotels: Hotels) -> None:
    snapshots(hotels, "one day")
    hotels.clock.set(NOW + timedelta(days=1))
    snapshots(hotels, "the next")

    found = hotels.read(
        "select snapshot_utc, count(*), count(distinct enterprise_id), bool_and(value > 0)"
        " from raw.exchange_rates group by 1 order by 1"
    )
    assert [(at.astimezone(UTC), *rest) for at, *rest in found] == [
        (NOW, found[0][1], 2, True),
        (NOW + timedelta(days=1), found[0][1], 2, True),
    ]


def test_balances_are_those_of_this_and_the_last_month(hotels: Hotels) -> None:
    snapshots(hotels)

    found = hotels.read(
        "select ledger_type, min(date), max(date), count(distinct enterprise_id)"
        " from raw.ledger_balances group by 1 order by 1"
    )
    assert ("Revenue", "2025-03-01", "2025-04-12", 2) in found
    exact = hotels.read("select closing_balance_net_value from raw.ledger_balances limit 1")
    assert isinstance(exact[0][0], Decimal)


def test_a_ledger_that_fails_leaves_the_others(
    hotels: Hotels, monkeypatch: pytest.MonkeyPatch
) -> None:
    balances = money._balances

    def failing(client: Any, settings: Any, ledger: LedgerType, month: Any) -> Any:
        if ledger is LedgerType.TAX:
            raise ServerError("refused with status 500")
        return balances(client, settings, ledger, month)

    monkeypatch.setattr(money, "_balances", failing)

    reports = snapshots(hotels)

    assert reports["ledger_balances"].refused is None
    landed = hotels.read("select distinct ledger_type from raw.ledger_balances order by 1")
    assert landed == [("NonRevenue",), ("Revenue",)]


def test_without_ledgers_or_permission_the_other_snapshots_land(hotels: Hotels) -> None:
    hotels.options.refused_money = {"ledgerBalances/getAll": 403}

    reports = snapshots(hotels)

    assert reports["ledger_balances"].refused
    assert reports["exchange_rates"].rows
    assert reports["availability"].rows


def test_a_warehouse_of_an_earlier_release_gains_the_tables_of_money(hotels: Hotels) -> None:
    hotels.days([TODAY], [RESERVATIONS])
    for table in OF_MONEY | {"order_items", "exchange_rates", "ledger_balances"}:
        hotels.read(f"drop table raw.{table}")

    hotels.days([TODAY], [RESERVATIONS], run="after the upgrade")

    assert hotels.read("select count(*) from raw.order_items") == [(0,)]
    columns = dict(hotels.read("select column_name, data_type from duckdb_columns()"))
    assert columns["amount_net_value"] == "DECIMAL(18,6)"
