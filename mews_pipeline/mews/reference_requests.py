"""The requests for reference data.

Source: docs/mews-api.md, "Reference operations", "Availability".
"""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from mews_pipeline.mews.intervals import Instant
from mews_pipeline.mews.requests import (
    ENTERPRISE_IDS,
    ActivityStates,
    Ids,
    IntervalFilter,
    PagedRequest,
    Part,
    Request,
    Text,
    Texts,
)

RequiredIds = Annotated[list[UUID], Field(min_length=1, max_length=1000)]

ACTIVITY_STATES = "Whether to return only active, only deleted or both records."

AVAILABILITY_METRICS = (
    "OutOfOrderBlocks",
    "PublicAvailabilityAdjustment",
    "OtherServiceReservationCount",
    "Occupied",
    "ConfirmedReservations",
    "OptionalReservations",
    "BlockAvailability",
    "AllocatedBlockAvailability",
    "UsableResources",
    "ActiveResources",
    "HouseUse",
)


class ServiceType(StrEnum):
    """What a service sells: stays in time units, or anything else."""

    BOOKABLE = "Bookable"
    ADDITIONAL = "Additional"


class EnterprisesRequest(PagedRequest):
    """Filters of `enterprises/getAll`."""

    path: ClassVar[str] = "enterprises/getAll"

    enterprise_ids: Ids = Field(
        None,
        description="Unique identifiers of the Enterprises. If not specified, all enterprises "
        "within scope of the Access Token are returned.",
    )
    external_identifiers: Texts = Field(
        None, description="Identifiers of the Enterprise from external system."
    )
    linked_utc: IntervalFilter = Field(
        None, description="Interval of enterprise link date and time."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which enterprises were updated."
    )


class ConfigurationRequest(Request):
    """Filters of `configuration/get`."""

    path: ClassVar[str] = "configuration/get"

    enterprise_id: UUID | None = Field(
        None,
        description="Unique identifier of the Enterprise, for portfolio tokens; defaults to the "
        "enterprise associated with the access token.",
    )


class ServicesRequest(PagedRequest):
    """Filters of `services/getAll`; inactive services are returned too."""

    path: ClassVar[str] = "services/getAll"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    service_ids: Ids = Field(None, description="Unique identifiers of Services.")
    service_type: ServiceType | None = Field(None, description="Filter services by type.")
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which Services were updated."
    )


class ResourceExtent(Part):
    """Extent of data to be returned."""

    resources: bool = Field(True, description="Whether the response should contain resources.")
    inactive: bool = Field(True, description="Whether it should contain inactive entities.")


class ResourcesRequest(PagedRequest):
    """Filters of `resources/getAll`; inactive resources are included by default."""

    path: ClassVar[str] = "resources/getAll"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    resource_ids: Ids = Field(None, description="Unique identifiers of the requested resources.")
    names: Texts = Field(None, description="Names of the requested resources.")
    extent: ResourceExtent = Field(
        default_factory=ResourceExtent, description="Extent of data to be returned."
    )
    created_utc: IntervalFilter = Field(
        None, description="Interval in which the resources were created."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the resources were updated."
    )


class ResourceCategoriesRequest(PagedRequest):
    """Filters of `resourceCategories/getAll`."""

    path: ClassVar[str] = "resourceCategories/getAll"

    service_ids: RequiredIds = Field(
        description="Unique identifiers of Services to which the resource categories belong."
    )
    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    resource_category_ids: Ids = Field(
        None, description="Unique identifiers of Resource categories."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the resource categories were updated."
    )
    activity_states: ActivityStates = Field(None, description=ACTIVITY_STATES)


class ResourceCategoryAssignmentsRequest(PagedRequest):
    """Filters of `resourceCategoryAssignments/getAll`."""

    path: ClassVar[str] = "resourceCategoryAssignments/getAll"

    resource_category_ids: RequiredIds = Field(
        description="Unique identifiers of Resource categories to which the assignments belong."
    )
    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    resource_category_assignment_ids: Ids = Field(
        None, description="Unique identifiers of Resource category assignment."
    )
    resource_ids: Ids = Field(
        None, description="Unique identifiers of resources to which the assignments belong."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the resource category assignments were updated."
    )
    activity_states: ActivityStates = Field(None, description=ACTIVITY_STATES)


class ResourceBlocksRequest(PagedRequest):
    """Filters of `resourceBlocks/getAll`; without ActivityStates only active ones come."""

    path: ClassVar[str] = "resourceBlocks/getAll"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    resource_block_ids: Ids = Field(
        None, description="Unique identifiers of the requested Resource blocks."
    )
    assigned_resource_ids: Ids = Field(
        None, description="Unique identifiers of the requested Assigned Resources."
    )
    colliding_utc: IntervalFilter = Field(
        None, description="Interval in which the Resource block is active."
    )
    created_utc: IntervalFilter = Field(
        None, description="Interval in which the Resource block was created."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the Resource block was updated."
    )
    activity_states: ActivityStates = Field(None, description=ACTIVITY_STATES)


class AgeCategoriesRequest(PagedRequest):
    """Filters of `ageCategories/getAll`."""

    path: ClassVar[str] = "ageCategories/getAll"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    age_category_ids: Ids = Field(None, description="Unique identifiers of Age categories.")
    service_ids: Ids = Field(
        None,
        description="Unique identifiers of Services associated with the age categories. "
        "If not provided, defaults to all bookable services.",
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the age category was updated."
    )
    activity_states: ActivityStates = Field(None, description=ACTIVITY_STATES)


class AvailabilityRequest(Request):
    """Filters of `services/getAvailability/2024-01-22`: one bookable service, its time units.

    Both instants are starts of time units (for days: local midnight in UTC). Mews takes at most
    367 hours, 367 days or 60 months, by the service's time unit, which is not known here.
    """

    path: ClassVar[str] = "services/getAvailability/2024-01-22"

    service_id: UUID = Field(
        description="Unique identifier of the Service whose availability should be returned."
    )
    first_time_unit_start_utc: Instant = Field(
        description="Start of the first time unit of the interval."
    )
    last_time_unit_start_utc: Instant = Field(
        description="Start of the last time unit of the interval; that unit is returned too."
    )
    metrics: list[Text] = Field(
        default=list(AVAILABILITY_METRICS),
        min_length=1,
        description="Service availability metrics to be returned.",
    )

    def contradiction(self) -> str:
        """Return whether the last time unit lies before the first, as a text."""
        if self.last_time_unit_start_utc < self.first_time_unit_start_utc:
            return "LastTimeUnitStartUtc lies before FirstTimeUnitStartUtc"
        return ""
