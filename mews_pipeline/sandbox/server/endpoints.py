"""The API operations that the sandbox serves: what each requires and what it returns.

Paths and required fields: docs/mews-api.md, "Requests" and "Reference operations".
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson

from mews_pipeline.sandbox.hotels.table import JSON_OPTIONS
from mews_pipeline.sandbox.hotels.world import World
from mews_pipeline.sandbox.server import filters, money, validation
from mews_pipeline.sandbox.server.availability import availability
from mews_pipeline.sandbox.server.customers import CUSTOMERS, Customers
from mews_pipeline.sandbox.server.options import SandboxOptions
from mews_pipeline.sandbox.server.pages import Listing, Pages, encode_page
from mews_pipeline.sandbox.server.refusals import BAD_REQUEST, UNAUTHORIZED, Refusal, invalid
from mews_pipeline.sandbox.server.schema_drift import apply_drift, apply_odd_money
from mews_pipeline.sandbox.server.tokens import Grant
from mews_pipeline.sandbox.server.validation import Body

RESERVATIONS = Listing(
    "reservations/getAll/2023-06-06",
    "reservations",
    "Reservations",
    filters.RESERVATIONS,
    "ReservationIds",
)
PRODUCT_SERVICE_ORDERS = Listing(
    "productServiceOrders/getAll",
    "product_service_orders",
    "ProductServiceOrders",
    filters.PRODUCT_SERVICE_ORDERS,
    "ProductServiceOrderIds",
)
ENTERPRISES = Listing(
    "enterprises/getAll", "enterprises", "Enterprises", filters.ENTERPRISES, "EnterpriseIds"
)
LISTINGS = (
    RESERVATIONS,
    PRODUCT_SERVICE_ORDERS,
    ENTERPRISES,
    Listing(
        "resources/getAll", "resources", "Resources", filters.RESOURCES, "ResourceIds", "Extent"
    ),
    Listing("services/getAll", "services", "Services", filters.SERVICES, "ServiceIds"),
    Listing(
        "resourceCategories/getAll",
        "resource_categories",
        "ResourceCategories",
        filters.RESOURCE_CATEGORIES,
        "ResourceCategoryIds",
        "ServiceIds",
    ),
    Listing(
        "resourceCategoryAssignments/getAll",
        "resource_category_assignments",
        "ResourceCategoryAssignments",
        filters.RESOURCE_CATEGORY_ASSIGNMENTS,
        "ResourceCategoryAssignmentIds",
        "ResourceCategoryIds",
    ),
    Listing(
        "resourceBlocks/getAll",
        "resource_blocks",
        "ResourceBlocks",
        filters.RESOURCE_BLOCKS,
        "ResourceBlockIds",
    ),
    Listing(
        "ageCategories/getAll",
        "age_categories",
        "AgeCategories",
        filters.AGE_CATEGORIES,
        "AgeCategoryIds",
    ),
    *money.LISTINGS,
)
CONFIGURATION = "configuration/get"
AVAILABILITY = "services/getAvailability/2024-01-22"
_EXCLUSIVE = (("ScheduledStartUtc", "ActualStartUtc"), ("ScheduledEndUtc", "ActualEndUtc"))

# The body of a response, and whether it is an empty page, which clients may have left out.
Content = tuple[bytes, bool]
Operation = Callable[[Body, Grant, datetime, SandboxOptions], dict[str, Any]]


class Endpoints:
    """The operations of one world, by path."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._pages = Pages(world.tables)
        self._customers = Customers(world)
        self._money = money.Money(world)
        self._listings = {listing.path: listing for listing in LISTINGS}
        self._others: Mapping[str, Operation] = {
            CONFIGURATION: self._configuration,
            AVAILABILITY: self._availability,
            money.CURRENCIES: lambda _body, _grant, now, _options: self._money.currencies(now),
            money.EXCHANGE_RATES: lambda body, grant, now, _options: self._money.exchange_rates(
                body, grant.enterprise_ids, now
            ),
            money.LEDGER_BALANCES: lambda body, grant, now, options: self._money.ledger_balances(
                body, grant.enterprise_ids, now, options
            ),
        }
        self._services = {s.id: (p.id, s) for p in world.properties for s in p.services}
        self._categories = {c.id: p.id for p in world.properties for c in p.categories}

    def __contains__(self, path: str) -> bool:
        """Tell whether an operation has this path. Case matters."""
        return path in self._listings or path in self._others or path == CUSTOMERS

    def respond(
        self, path: str, body: Body, grant: Grant, now: datetime, options: SandboxOptions
    ) -> Content:
        """Return the body of the response, and whether it is an empty page. Raises Refusal."""
        money.refuse_if_denied(path, options)
        if path in self._others:
            content = self._others[path](body, grant, now, options)
            return orjson.dumps(content, option=JSON_OPTIONS), False
        if path == CUSTOMERS:
            return self._customers.page(body, grant.enterprise_ids, options), False
        listing = self._listings[path]
        self._check(listing, body, grant, options)
        versions, cursor = self._pages.page(listing, body, grant.enterprise_ids, now, options)
        payloads = [version.payload() for version in versions]
        if listing is PRODUCT_SERVICE_ORDERS and not options.linked_reservation_id:
            for payload in payloads:
                del payload["LinkedReservationId"]
        if listing in {RESERVATIONS, PRODUCT_SERVICE_ORDERS}:
            payloads = apply_drift(payloads, options.drift)
        if listing is money.ORDER_ITEMS:
            payloads = apply_odd_money(payloads, options.drift)
        if listing is money.PRODUCTS:
            content = {**money.split_products(payloads), "Cursor": cursor}
            return orjson.dumps(content, option=JSON_OPTIONS), not payloads
        return encode_page(listing.list_key, payloads, cursor), not payloads

    def _check(self, listing: Listing, body: Body, grant: Grant, options: SandboxOptions) -> None:
        """Refuse requests that break a rule beyond any single filter."""
        if listing is ENTERPRISES and not grant.is_portfolio:
            raise Refusal(UNAUTHORIZED, "The access token is not a portfolio token.")
        if listing.required and body.get(listing.required) is None:
            raise invalid(listing.required, f"The field {listing.required} is required.")
        if listing.requires_filter and not any(body.get(name) for name in listing.requires_filter):
            raise Refusal(BAD_REQUEST, "At least one filter is required.", listing.requires_filter)
        if (
            listing is PRODUCT_SERVICE_ORDERS
            and options.order_service_ids_required
            and not body.get("ServiceIds")
        ):
            raise invalid("ServiceIds", "The field ServiceIds is required.")
        if listing is RESERVATIONS:
            _refuse_exclusive_filters(body)
        self._check_scope(listing, body, grant, options)

    def _check_scope(
        self, listing: Listing, body: Body, grant: Grant, options: SandboxOptions
    ) -> None:
        """Refuse ids outside the token's scope: one bad id fails the whole list."""
        scope = grant.enterprise_ids
        if not (validation.ids(body, "EnterpriseIds") or frozenset()) <= scope:
            raise invalid("EnterpriseIds")
        if "ServiceIds" in listing.filters:
            for service_id in validation.ids(body, "ServiceIds") or ():
                enterprise_id, service = self._services.get(service_id, (None, None))
                is_refused = service and service.is_bookable and options.bookable_orders_refused
                if enterprise_id not in scope or (listing is PRODUCT_SERVICE_ORDERS and is_refused):
                    raise invalid("ServiceIds")
        if listing.required == "ResourceCategoryIds":
            for category_id in validation.ids(body, "ResourceCategoryIds") or ():
                if self._categories.get(category_id) not in scope:
                    raise invalid("ResourceCategoryIds")

    def _configuration(
        self, body: Body, grant: Grant, now: datetime, options: SandboxOptions
    ) -> dict[str, Any]:
        """Return the token's enterprise, or the one that a portfolio's request names."""
        del options
        chosen = min(grant.enterprise_ids)
        if body.get("EnterpriseId") is not None:
            chosen = validation.uuid(body["EnterpriseId"], "EnterpriseId")
        if chosen not in grant.enterprise_ids:
            raise invalid("EnterpriseId")
        version = self._world.tables["enterprises"].by_id[chosen].current(now)
        if version is None:
            raise invalid("EnterpriseId")
        currencies = self._world.tables["enterprise_currencies"].current(now)
        return {
            "NowUtc": now,
            "Enterprise": {**version.payload(), "IsPortfolio": grant.is_portfolio},
            "Currencies": [
                {name: currency.fields[name] for name in ("Currency", "IsDefault", "IsEnabled")}
                for currency in currencies
                if currency.fields["EnterpriseId"] == chosen
            ],
        }

    def _availability(
        self, body: Body, grant: Grant, now: datetime, options: SandboxOptions
    ) -> dict[str, Any]:
        del options
        return availability(self._world, body, grant.enterprise_ids, now)


def _refuse_exclusive_filters(body: Body) -> None:
    for one, other in _EXCLUSIVE:
        if body.get(one) is not None and body.get(other) is not None:
            raise Refusal(BAD_REQUEST, f"{one} cannot be used with {other}.")
