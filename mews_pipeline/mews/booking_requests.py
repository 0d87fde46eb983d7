"""The requests for reservations and product service orders: every filter that is documented.

Source: docs/mews-api.md, "Reservations", "Product service orders". The newer page of orders
adds `AccountIds`, `LinkedReservationIds` and `States`, and calls `ServiceIds` required.
"""

from typing import ClassVar

from pydantic import Field

from mews_pipeline.mews.requests import (
    ENTERPRISE_IDS,
    FewIds,
    FewTexts,
    Ids,
    IntervalFilter,
    PagedRequest,
    States,
    Texts,
)


class ReservationsRequest(PagedRequest):
    """Filters of `reservations/getAll/2023-06-06`. Those given must all hold."""

    path: ClassVar[str] = "reservations/getAll/2023-06-06"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    reservation_ids: Ids = Field(None, description="Unique identifiers of the Reservations.")
    service_ids: Ids = Field(
        None,
        description="Unique identifiers of the Services. "
        "If not provided, all bookable services are used.",
    )
    reservation_group_ids: Ids = Field(
        None, description="Unique identifiers of Reservation groups."
    )
    account_ids: Ids = Field(
        None,
        description="Unique identifiers of accounts (currently only Customers, in the future also "
        "Companies) the reservation is associated with.",
    )
    partner_company_ids: FewIds = Field(
        None,
        description="Unique identifiers of the Companies on behalf of which the reservations were "
        "made.",
    )
    travel_agency_ids: FewIds = Field(
        None,
        description="Identifier of the Travel Agencies (Company) that mediated the reservations.",
    )
    numbers: Texts = Field(None, description="Reservation confirmation numbers.")
    channel_numbers: FewTexts = Field(
        None,
        description="Numbers or references used by a Channel (OTA, GDS, CRS, etc.) in case the "
        "reservation group originates there, e.g. Booking.com confirmation numbers.",
    )
    assigned_resource_ids: Ids = Field(
        None, description="Unique identifiers of the Resources assigned to the reservations."
    )
    availability_block_ids: FewIds = Field(
        None,
        description="Unique identifiers of the Availability blocks assigned to the reservations.",
    )
    created_utc: IntervalFilter = Field(
        None, description="Interval in which the Reservation was created."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the Reservations were updated."
    )
    colliding_utc: IntervalFilter = Field(
        None,
        description="Interval in which the reservations are active: selected if any part of "
        "ScheduledStartUtc to EndUtc intersects with it.",
    )
    scheduled_start_utc: IntervalFilter = Field(
        None,
        description="Interval filtering Reservations by their scheduled start time. "
        "Cannot be used with ActualStartUtc.",
    )
    actual_start_utc: IntervalFilter = Field(
        None,
        description="Interval filtering Reservations by their actual start (check-in) time. Cannot "
        "be used with ScheduledStartUtc. Applies only to started or processed reservations.",
    )
    actual_end_utc: IntervalFilter = Field(
        None,
        description="Interval filtering Reservations by their actual end (check-out) time. "
        "Cannot be used with ScheduledEndUtc.",
    )
    scheduled_end_utc: IntervalFilter = Field(
        None,
        description="Interval filtering Reservations by their scheduled end time. "
        "Cannot be used with ActualEndUtc.",
    )
    states: States = Field(None, description="A list of service order states to filter by.")

    def contradiction(self) -> str:
        """Return which planned and actual time are filtered together, which the vendor forbids."""
        if self.scheduled_start_utc and self.actual_start_utc:
            return "ScheduledStartUtc cannot be used with ActualStartUtc"
        if self.scheduled_end_utc and self.actual_end_utc:
            return "ScheduledEndUtc cannot be used with ActualEndUtc"
        return ""


class ProductServiceOrdersRequest(PagedRequest):
    """Filters of `productServiceOrders/getAll`. Those given must all hold."""

    path: ClassVar[str] = "productServiceOrders/getAll"

    enterprise_ids: Ids = Field(None, description=ENTERPRISE_IDS)
    product_service_order_ids: Ids = Field(
        None, description="Unique identifiers of the Product service order."
    )
    service_ids: Ids = Field(
        None,
        description="Unique identifiers of the Services. Required by the vendor's newer docs, not "
        "by its older ones; found where they are not given.",
    )
    account_ids: Ids = Field(
        None,
        description="Unique identifiers of accounts (Customers or Companies) the order is "
        "associated with.",
    )
    linked_reservation_ids: Ids = Field(
        None, description="Unique identifiers of the Reservations the orders are linked to."
    )
    updated_utc: IntervalFilter = Field(
        None, description="Interval in which the Product service orders were updated."
    )
    states: States = Field(None, description="A list of product service order states to filter by.")
