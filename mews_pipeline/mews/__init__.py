"""Ask the Mews Connector API. Knows httpx; never Polars, DuckDB, raw tables or hotels."""

from mews_pipeline.mews.client import MewsClient
from mews_pipeline.mews.credentials import Credentials, Statistics, token_key
from mews_pipeline.mews.enterprises import enterprise_pages
from mews_pipeline.mews.errors import InvalidRequestError, MewsError
from mews_pipeline.mews.intervals import Interval
from mews_pipeline.mews.limiter import InProcessLimiter, Limiter, SharedLimiter, Unlimited
from mews_pipeline.mews.operations import (
    ACCOUNTING_CATEGORIES_GET_ALL,
    AGE_CATEGORIES_GET_ALL,
    BUSINESS_SEGMENTS_GET_ALL,
    COMPANIES_GET_ALL,
    CONFIGURATION_GET,
    CURRENCIES_GET_ALL,
    CUSTOMERS_GET_ALL,
    ENTERPRISES_GET_ALL,
    EXCHANGE_RATES_GET_ALL,
    LEDGER_BALANCES_GET_ALL,
    ORDER_ITEMS_GET_ALL,
    PRODUCT_SERVICE_ORDERS_GET_ALL,
    PRODUCTS_GET_ALL,
    RATE_GROUPS_GET_ALL,
    RATES_GET_ALL,
    RESERVATIONS_GET_ALL,
    RESOURCE_BLOCKS_GET_ALL,
    RESOURCE_CATEGORIES_GET_ALL,
    RESOURCE_CATEGORY_ASSIGNMENTS_GET_ALL,
    RESOURCES_GET_ALL,
    SERVICES_GET_ALL,
    SERVICES_GET_AVAILABILITY,
    Operation,
)
from mews_pipeline.mews.pages import Decode, Decoded, Page, Record
from mews_pipeline.mews.product_service_orders import OrderPages
from mews_pipeline.mews.requests import Limitation
from mews_pipeline.mews.responses import ObjectResponse
from mews_pipeline.mews.splitting import each_once, split

__all__ = [
    "ACCOUNTING_CATEGORIES_GET_ALL",
    "AGE_CATEGORIES_GET_ALL",
    "BUSINESS_SEGMENTS_GET_ALL",
    "COMPANIES_GET_ALL",
    "CONFIGURATION_GET",
    "CURRENCIES_GET_ALL",
    "CUSTOMERS_GET_ALL",
    "ENTERPRISES_GET_ALL",
    "EXCHANGE_RATES_GET_ALL",
    "LEDGER_BALANCES_GET_ALL",
    "ORDER_ITEMS_GET_ALL",
    "PRODUCTS_GET_ALL",
    "PRODUCT_SERVICE_ORDERS_GET_ALL",
    "RATES_GET_ALL",
    "RATE_GROUPS_GET_ALL",
    "RESERVATIONS_GET_ALL",
    "RESOURCES_GET_ALL",
    "RESOURCE_BLOCKS_GET_ALL",
    "RESOURCE_CATEGORIES_GET_ALL",
    "RESOURCE_CATEGORY_ASSIGNMENTS_GET_ALL",
    "SERVICES_GET_ALL",
    "SERVICES_GET_AVAILABILITY",
    "Credentials",
    "Decode",
    "Decoded",
    "InProcessLimiter",
    "Interval",
    "InvalidRequestError",
    "Limitation",
    "Limiter",
    "MewsClient",
    "MewsError",
    "ObjectResponse",
    "Operation",
    "OrderPages",
    "Page",
    "Record",
    "SharedLimiter",
    "Statistics",
    "Unlimited",
    "each_once",
    "enterprise_pages",
    "split",
    "token_key",
]
