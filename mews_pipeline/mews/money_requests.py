"""The requests for order items, what they are booked on, exchange rates and ledger balances.

Source: docs/mews-api.md, "Order items", "Reference operations of money", "Exchange rates", "Ledger
balances". No request has `Currency`: Mews would convert amounts at a rate that it does not name.
"""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import Field

from mews_pipeline.mews.reference_requests import ACTIVITY_STATES, RequiredIds
from mews_pipeline.mews.requests import (
    ENTERPRISE_IDS,
    ActivityStates,
    FewIds,
    Ids,
    IntervalFilter,
    PagedRequest,
    Part,
    Request,
    Texts,
)


class OrderItemsRequest(PagedRequest):
    """Filters of `orderItems/getAll`. Those given must all hold; one beside the ids is needed."""

    path: ClassVar[str] = "orderItems/getAll"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    order_item_ids: Ids = Field(None, description="Unique identifiers of the Order items.")
    account_ids: FewIds = Field(
        None, description="Unique identifiers of the accounts that the order items belong to."
    )
    service_order_ids: Ids = Field(
        None,
        description="Unique identifiers of the service orders (Product service orders or "
        "Reservations).",
    )
    service_ids: Ids = Field(None, description="Unique identifiers of the Services.")
    bill_ids: Ids = Field(None, description="Unique identifiers of the Bills of the order items.")
    created_utc: IntervalFilter = Field(
        None, description="Interval in which the Order item was created."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the Order item was updated."
    )
    consumed_utc: IntervalFilter = Field(
        None, description="Interval in which the Order item was consumed."
    )
    canceled_utc: IntervalFilter = Field(
        None, description="Interval in which the Order item was canceled."
    )
    closed_utc: IntervalFilter = Field(
        None, description="Interval in which the Order item was closed."
    )
    accounting_states: Texts = Field(None, description="Accounting states of the items.")
    types: Texts = Field(None, description="Order item types.")


class AccountingCategoriesRequest(PagedRequest):
    """Filters of `accountingCategories/getAll`."""

    path: ClassVar[str] = "accountingCategories/getAll"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    accounting_category_ids: Ids = Field(
        None, description="Unique identifiers of the requested Accounting categories."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the accounting categories were updated."
    )
    activity_states: ActivityStates = Field(None, description=ACTIVITY_STATES)


class ProductsRequest(PagedRequest):
    """Filters of `products/getAll`; products of the stay itself are included by default here."""

    path: ClassVar[str] = "products/getAll"

    service_ids: RequiredIds = Field(
        description="Unique identifiers of the Services that the products belong to."
    )
    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    product_ids: Ids = Field(None, description="Unique identifiers of the products.")
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the products were updated."
    )
    include_default: bool = Field(
        True,
        description="Whether to include default products of the service, such as the night itself.",
    )


class RatesRequest(PagedRequest):
    """Filters of `rates/getAll`."""

    path: ClassVar[str] = "rates/getAll"

    service_ids: RequiredIds = Field(
        description="Unique identifiers of the Services that the rates belong to."
    )
    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    rate_ids: Ids = Field(None, description="Unique identifiers of the requested Rates.")
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the rates were updated."
    )
    external_identifiers: Texts = Field(
        None, description="Identifiers of the Rates in external systems."
    )
    activity_states: ActivityStates = Field(None, description=ACTIVITY_STATES)


class RateGroupsRequest(PagedRequest):
    """Filters of `rateGroups/getAll`, which takes one of the first two at least."""

    path: ClassVar[str] = "rateGroups/getAll"

    service_ids: Ids = Field(
        None, description="Unique identifiers of the Services that the rate groups belong to."
    )
    rate_group_ids: Ids = Field(None, description="Unique identifiers of the Rate groups.")
    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the rate groups were updated."
    )
    activity_states: ActivityStates = Field(None, description=ACTIVITY_STATES)


class BusinessSegmentsRequest(PagedRequest):
    """Filters of `businessSegments/getAll`; older docs require `ServiceIds`."""

    path: ClassVar[str] = "businessSegments/getAll"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    ids: Ids = Field(None, description="Unique identifiers of the requested Business segments.")
    service_ids: Ids = Field(
        None, description="Unique identifiers of the Services that the segments belong to."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the business segments were updated."
    )
    activity_states: ActivityStates = Field(None, description=ACTIVITY_STATES)


class CompaniesRequest(PagedRequest):
    """Filters of `companies/getAll`, which belong to a chain and not to an enterprise."""

    path: ClassVar[str] = "companies/getAll"

    chain_ids: Ids = Field(
        None,
        description="Unique identifiers of the Chains. If not specified, the operation returns "
        "data for all chains within scope of the Access Token.",
    )
    ids: Ids = Field(None, description="Unique identifiers of the Companies.")
    mother_company_ids: Ids = Field(None, description="Unique identifiers of mother Companies.")
    names: Texts = Field(None, description="Names of the Companies.")
    created_utc: IntervalFilter = Field(
        None, description="Interval in which the companies were created."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the companies were updated."
    )
    activity_states: ActivityStates = Field(None, description=ACTIVITY_STATES)


class CurrenciesRequest(Request):
    """`currencies/getAll` takes no filter."""

    path: ClassVar[str] = "currencies/getAll"


class ExchangeRatesRequest(Request):
    """Filters of `exchangeRates/getAll`."""

    path: ClassVar[str] = "exchangeRates/getAll"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)


class LedgerType(StrEnum):
    """What a ledger holds."""

    REVENUE = "Revenue"
    TAX = "Tax"
    PAYMENT = "Payment"
    DEPOSIT = "Deposit"
    GUEST = "Guest"
    CITY = "City"
    NON_REVENUE = "NonRevenue"


class DateInterval(Part):
    """An interval of dates, a month at most."""

    start: date = Field(description="First date of the interval.")
    end: date = Field(description="Last date of the interval.")


class LedgerBalancesRequest(PagedRequest):
    """Filters of `ledgerBalances/getAll`. Several types together may fail where each alone works.

    Source: docs/mews-api.md, "Ledger balances".
    """

    path: ClassVar[str] = "ledgerBalances/getAll"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    date: DateInterval = Field(description="Interval of dates of the balances, a month at most.")
    ledger_types: Annotated[list[LedgerType], Field(min_length=1)] = Field(
        description="Accounting ledger types that the balances belong to."
    )
