"""The operations about money: items, what they are of, currencies and ledgers.

Paths, required fields and limits: docs/mews-api.md, "Order items" and "Reference operations".
"""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Any

from mews_pipeline.sandbox.hotels.ledger_balances import LEDGER_TYPES, Ledgers
from mews_pipeline.sandbox.hotels.world import World
from mews_pipeline.sandbox.server import validation
from mews_pipeline.sandbox.server.filters import (
    ACTIVE_AND_DELETED,
    ENTERPRISE_IDS,
    Filter,
    by_choices,
    by_default,
    by_ids,
    by_interval,
    by_texts,
    field,
)
from mews_pipeline.sandbox.server.options import SandboxOptions
from mews_pipeline.sandbox.server.pages import Listing
from mews_pipeline.sandbox.server.refusals import (
    BAD_REQUEST,
    FORBIDDEN,
    GONE,
    UNAUTHORIZED,
    Refusal,
    invalid,
)
from mews_pipeline.sandbox.server.validation import MAX_ITEMS_SHORT, Body

ACCOUNTING_STATES = ("Open", "Closed", "Inactive", "Canceled")
ITEM_TYPES = (
    "CancellationFee", "NightRebate", "ProductOrderRebate", "AdditionalExpenseRebate", "Deposit",
    "ExchangeRateDifference", "CustomItem", "ServiceCharge", "CityTax", "CityTaxDiscount",
    "SpaceOrder", "ProductOrder", "Surcharge", "TaxCorrection", "ResourceUpgradeFee", "InvoiceFee",
    "MulticurrencyFee", "AllowanceDiscount", "AllowanceBreakage", "AllowanceContraBreakage",
)  # fmt: skip
_MESSAGES = {
    UNAUTHORIZED: "The permission to use this operation is missing.",
    FORBIDDEN: "The permission to use this operation is missing.",
    GONE: "The operation is no longer available.",
}
_DAY, _LONGEST_DATES = timedelta(days=1), timedelta(days=31)

_BY_UPDATE = by_interval(field("UpdatedUtc"))
_ORDER_ITEMS: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "OrderItemIds": by_ids(lambda version: version.record.id),
    "ServiceOrderIds": by_ids(lambda version: version.record.order.id),
    "ServiceIds": by_ids(lambda version: version.record.order.service.id),
    "BillIds": by_ids(lambda version: version.payload()["BillId"]),
    "AccountIds": by_ids(lambda version: version.record.order.account_id, MAX_ITEMS_SHORT),
    "CreatedUtc": by_interval(lambda version: version.record.created),
    "UpdatedUtc": by_interval(lambda version: version.updated),
    "ConsumedUtc": by_interval(lambda version: version.record.consumed),
    "CanceledUtc": by_interval(lambda version: version.canceled),
    "ClosedUtc": by_interval(lambda version: version.closed),
    "AccountingStates": by_choices(lambda version: version.state, ACCOUNTING_STATES),
    "Types": by_choices(lambda version: version.record.type, ITEM_TYPES),
}
_ONE_OF_ITEMS = (
    "OrderItemIds", "ServiceOrderIds", "ServiceIds", "BillIds", "AccountIds", "CreatedUtc",
    "UpdatedUtc", "ConsumedUtc", "CanceledUtc", "ClosedUtc",
)  # fmt: skip
_ACCOUNTING_CATEGORIES: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "AccountingCategoryIds": by_ids(field("Id")),
    "UpdatedUtc": _BY_UPDATE,
    "ActivityStates": ACTIVE_AND_DELETED,
}
_PRODUCTS: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "ProductIds": by_ids(field("Id")),
    "ServiceIds": by_ids(field("ServiceId")),
    "UpdatedUtc": _BY_UPDATE,
    "IncludeDefault": by_default("ProductIds"),
}
_RATES: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "RateIds": by_ids(field("Id")),
    "ServiceIds": by_ids(field("ServiceId")),
    "ExternalIdentifiers": by_texts(field("ExternalIdentifier")),
    "UpdatedUtc": _BY_UPDATE,
    "ActivityStates": ACTIVE_AND_DELETED,
}
_RATE_GROUPS: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "RateGroupIds": by_ids(field("Id")),
    "ServiceIds": by_ids(field("ServiceId")),
    "ExternalIdentifiers": by_texts(field("ExternalIdentifier")),
    "UpdatedUtc": _BY_UPDATE,
    "ActivityStates": ACTIVE_AND_DELETED,
}
_SEGMENTS: Mapping[str, Filter] = {
    "EnterpriseIds": ENTERPRISE_IDS,
    "BusinessSegmentIds": by_ids(field("Id")),
    "ServiceIds": by_ids(field("ServiceId")),
    "UpdatedUtc": _BY_UPDATE,
    "ActivityStates": ACTIVE_AND_DELETED,
}
_COMPANIES: Mapping[str, Filter] = {
    "ChainIds": by_ids(field("ChainId")),
    "Ids": by_ids(field("Id")),
    "MotherCompanyIds": by_ids(field("MotherCompanyId")),
    "Names": by_texts(field("Name")),
    "ExternalIdentifiers": by_texts(field("ExternalIdentifier")),
    "CreatedUtc": by_interval(field("CreatedUtc")),
    "UpdatedUtc": _BY_UPDATE,
    "ActivityStates": ACTIVE_AND_DELETED,
}

ORDER_ITEMS = Listing(
    "orderItems/getAll", "order_items", "OrderItems", _ORDER_ITEMS, "OrderItemIds",
    requires_filter=_ONE_OF_ITEMS,
)  # fmt: skip
PRODUCTS = Listing("products/getAll", "products", "Products", _PRODUCTS, "ProductIds", "ServiceIds")
LISTINGS = (
    ORDER_ITEMS,
    PRODUCTS,
    Listing(
        "accountingCategories/getAll", "accounting_categories", "AccountingCategories",
        _ACCOUNTING_CATEGORIES, "AccountingCategoryIds",
    ),
    Listing("rates/getAll", "rates", "Rates", _RATES, "RateIds", "ServiceIds"),
    Listing(
        "rateGroups/getAll", "rate_groups", "RateGroups", _RATE_GROUPS, "RateGroupIds",
        requires_filter=("RateGroupIds", "ServiceIds"),
    ),
    Listing(
        "businessSegments/getAll", "business_segments", "BusinessSegments", _SEGMENTS,
        "BusinessSegmentIds",
    ),
    Listing(
        "companies/getAll", "companies", "Companies", _COMPANIES, "Ids", is_of_chain=True
    ),
)  # fmt: skip
CURRENCIES, EXCHANGE_RATES = "currencies/getAll", "exchangeRates/getAll"
LEDGER_BALANCES = "ledgerBalances/getAll"
PATHS = frozenset(
    {*(listing.path for listing in LISTINGS), CURRENCIES, EXCHANGE_RATES, LEDGER_BALANCES}
)


def refuse_if_denied(path: str, options: SandboxOptions) -> None:
    """Refuse operations about money that the options deny. Raises Refusal: 401, 403 or 410."""
    if path in PATHS:
        status = options.refused_money.get(path, options.refused_money.get("*"))
        if status is not None:
            raise Refusal(status, _MESSAGES[status])


class Money:
    """The operations about money that are no listing of records."""

    def __init__(self, world: World) -> None:
        self._world = world

    @cached_property
    def _ledgers(self) -> Ledgers:
        """The ledgers of the world, whose items are made when a balance is first asked for."""
        return Ledgers(self._world.tables["order_items"])

    def currencies(self, now: datetime) -> dict[str, Any]:
        """Return all currencies, unpaged."""
        found = self._world.tables["currencies"].current(now)
        return {
            "Currencies": [
                {name: version.fields[name] for name in ("Code", "Precision")} for version in found
            ]
        }

    def exchange_rates(self, body: Body, scope: frozenset[str], now: datetime) -> dict[str, Any]:
        """Return the rates in force, unpaged; no record says since when."""
        wanted = _enterprises(body, scope)
        found = self._world.tables["exchange_rates"].current(now)
        return {
            "ExchangeRates": [
                version.payload() for version in found if version.record.enterprise_id in wanted
            ]
        }

    def ledger_balances(
        self, body: Body, scope: frozenset[str], now: datetime, options: SandboxOptions
    ) -> dict[str, Any]:
        """Return opening and closing balances by enterprise, day and ledger. Raises Refusal."""
        request = validation.limitation(body)
        days, types = _days(body), validation.choices(body, "LedgerTypes", LEDGER_TYPES)
        if not types:
            raise invalid("LedgerTypes", "The field LedgerTypes is required.")
        wanted = _enterprises(body, scope) - options.without_ledgers
        keys = [
            (prop, day, ledger)
            for prop in self._world.properties
            if prop.id in wanted
            for day in days
            if prop.at(day) < now
            for ledger in sorted(types)
        ]
        first = 0 if request.cursor is None else int(request.cursor[-12:], 16)
        page = keys[first : first + request.count]
        return {
            "LedgerBalances": [self._ledgers.record(*key, now) for key in page],
            "Cursor": _cursor(first + len(page)) if page else None,
        }


def split_products(payloads: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the two lists of products: those of any service, and those offered to customers."""
    lists: dict[str, list[dict[str, Any]]] = {"Products": [], "CustomerProducts": []}
    for payload in payloads:
        is_for_customers = payload["Classifications"]["Wellness"]
        lists["CustomerProducts" if is_for_customers else "Products"].append(payload)
    return lists


def _enterprises(body: Body, scope: frozenset[str]) -> frozenset[str]:
    wanted = validation.ids(body, "EnterpriseIds") or scope
    if not wanted <= scope:
        raise invalid("EnterpriseIds")
    return wanted


def _days(body: Body) -> list[date]:
    """Return the days of the required interval of dates, both ends included."""
    value = body.get("Date")
    if not isinstance(value, dict):
        raise invalid("Date", "The field Date is required.")
    try:
        first, last = (date.fromisoformat(value[name]) for name in ("Start", "End"))
    except (KeyError, TypeError, ValueError):
        raise invalid("Date", "Two dates are expected.") from None
    if last < first:
        raise invalid("Date", "The interval ends before it starts.")
    if last - first > _LONGEST_DATES:
        raise Refusal(BAD_REQUEST, "The interval must not exceed 1M.", "Date")
    return [first + number * _DAY for number in range((last - first).days + 1)]


def _cursor(place: int) -> str:
    """Return a cursor in the form of an id."""
    return f"00000000-0000-4000-a000-{place:012x}"
