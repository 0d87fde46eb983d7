"""One declaration per operation that we use: its path, where its records are, its request.

Sources: both seeds; MEWS.md 2.3 for the reference operations.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from mews_pipeline.mews import reference_requests
from mews_pipeline.mews.booking_requests import ProductServiceOrdersRequest, ReservationsRequest
from mews_pipeline.mews.requests import Request

R = TypeVar("R", bound=Request)


@dataclass(frozen=True)
class Operation(Generic[R]):
    """An operation of the Connector API.

    `name` is the raw table of its records where there is one, `path` comes after
    `/api/connector/v1/`, `list_key` holds the records of a page (None: the answer is one object,
    and unpaged), `request` is the model of its filters.
    """

    name: str
    list_key: str | None
    request: type[R]

    @property
    def path(self) -> str:
        """The path after `/api/connector/v1/`; case-sensitive, no trailing slash."""
        return self.request.path


RESERVATIONS_GET_ALL = Operation("reservations", "Reservations", ReservationsRequest)
PRODUCT_SERVICE_ORDERS_GET_ALL = Operation(
    "product_service_orders", "ProductServiceOrders", ProductServiceOrdersRequest
)
ENTERPRISES_GET_ALL = Operation("enterprises", "Enterprises", reference_requests.EnterprisesRequest)
CONFIGURATION_GET = Operation("configuration", None, reference_requests.ConfigurationRequest)
SERVICES_GET_ALL = Operation("services", "Services", reference_requests.ServicesRequest)
RESOURCES_GET_ALL = Operation("resources", "Resources", reference_requests.ResourcesRequest)
RESOURCE_CATEGORIES_GET_ALL = Operation(
    "resource_categories", "ResourceCategories", reference_requests.ResourceCategoriesRequest
)
RESOURCE_CATEGORY_ASSIGNMENTS_GET_ALL = Operation(
    "resource_category_assignments",
    "ResourceCategoryAssignments",
    reference_requests.ResourceCategoryAssignmentsRequest,
)
RESOURCE_BLOCKS_GET_ALL = Operation(
    "resource_blocks", "ResourceBlocks", reference_requests.ResourceBlocksRequest
)
AGE_CATEGORIES_GET_ALL = Operation(
    "age_categories", "AgeCategories", reference_requests.AgeCategoriesRequest
)
SERVICES_GET_AVAILABILITY = Operation("availability", None, reference_requests.AvailabilityRequest)

OPERATIONS: dict[str, Operation[Any]] = {
    operation.name: operation
    for operation in (
        RESERVATIONS_GET_ALL,
        PRODUCT_SERVICE_ORDERS_GET_ALL,
        ENTERPRISES_GET_ALL,
        CONFIGURATION_GET,
        SERVICES_GET_ALL,
        RESOURCES_GET_ALL,
        RESOURCE_CATEGORIES_GET_ALL,
        RESOURCE_CATEGORY_ASSIGNMENTS_GET_ALL,
        RESOURCE_BLOCKS_GET_ALL,
        AGE_CATEGORIES_GET_ALL,
        SERVICES_GET_AVAILABILITY,
    )
}
