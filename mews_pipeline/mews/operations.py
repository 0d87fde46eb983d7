"""Declare each operation that we use: its path, where its records are, its request.

Source: docs/mews-api.md.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from mews_pipeline.mews import money_requests, reference_requests
from mews_pipeline.mews.booking_requests import ProductServiceOrdersRequest, ReservationsRequest
from mews_pipeline.mews.customer_requests import CustomersRequest
from mews_pipeline.mews.requests import Request

R = TypeVar("R", bound=Request)


@dataclass(frozen=True)
class Operation(Generic[R]):
    """An operation of the Connector API.

    `list_key` names the list of records in a response (None: the response is one record), and
    `more_key` a second list, if it has one. `request` is the model of its filters.
    """

    list_key: str | None
    request: type[R]
    more_key: str | None = None

    @property
    def path(self) -> str:
        """The path after `/api/connector/v1/`; case-sensitive, no trailing slash."""
        return self.request.path


RESERVATIONS_GET_ALL = Operation("Reservations", ReservationsRequest)
PRODUCT_SERVICE_ORDERS_GET_ALL = Operation("ProductServiceOrders", ProductServiceOrdersRequest)
ENTERPRISES_GET_ALL = Operation("Enterprises", reference_requests.EnterprisesRequest)
CONFIGURATION_GET = Operation(None, reference_requests.ConfigurationRequest)
SERVICES_GET_ALL = Operation("Services", reference_requests.ServicesRequest)
RESOURCES_GET_ALL = Operation("Resources", reference_requests.ResourcesRequest)
RESOURCE_CATEGORIES_GET_ALL = Operation(
    "ResourceCategories", reference_requests.ResourceCategoriesRequest
)
RESOURCE_CATEGORY_ASSIGNMENTS_GET_ALL = Operation(
    "ResourceCategoryAssignments", reference_requests.ResourceCategoryAssignmentsRequest
)
RESOURCE_BLOCKS_GET_ALL = Operation("ResourceBlocks", reference_requests.ResourceBlocksRequest)
AGE_CATEGORIES_GET_ALL = Operation("AgeCategories", reference_requests.AgeCategoriesRequest)
SERVICES_GET_AVAILABILITY = Operation(None, reference_requests.AvailabilityRequest)
CUSTOMERS_GET_ALL = Operation("Customers", CustomersRequest)
ORDER_ITEMS_GET_ALL = Operation("OrderItems", money_requests.OrderItemsRequest)
ACCOUNTING_CATEGORIES_GET_ALL = Operation(
    "AccountingCategories", money_requests.AccountingCategoriesRequest
)
PRODUCTS_GET_ALL = Operation("Products", money_requests.ProductsRequest, "CustomerProducts")
RATES_GET_ALL = Operation("Rates", money_requests.RatesRequest)
RATE_GROUPS_GET_ALL = Operation("RateGroups", money_requests.RateGroupsRequest)
BUSINESS_SEGMENTS_GET_ALL = Operation("BusinessSegments", money_requests.BusinessSegmentsRequest)
COMPANIES_GET_ALL = Operation("Companies", money_requests.CompaniesRequest)
CURRENCIES_GET_ALL = Operation("Currencies", money_requests.CurrenciesRequest)
EXCHANGE_RATES_GET_ALL = Operation("ExchangeRates", money_requests.ExchangeRatesRequest)
LEDGER_BALANCES_GET_ALL = Operation("LedgerBalances", money_requests.LedgerBalancesRequest)
