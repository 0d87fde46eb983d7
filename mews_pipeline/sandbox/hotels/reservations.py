"""Reservations and their versions."""

from datetime import datetime
from typing import Any

from mews_pipeline.sandbox.hotels.inventory import Category, Property, Service, Space
from mews_pipeline.sandbox.hotels.service_orders import (
    CHECKED_IN_STATES,
    ServiceOrder,
    ServiceOrderVersion,
)

PURPOSES = ("Leisure", "Business", "Student", None)
_RATES, _AGENCIES, _COMPANIES = 4, 4, 8


class Reservation(ServiceOrder):
    """The fields of a reservation that never change."""

    __slots__ = ("block", "group")

    def __init__(self, record_id: str, created: datetime, prop: Property, service: Service) -> None:
        super().__init__(record_id, created, prop, service)
        self.group = 0
        self.block: int | None = None

    @property
    def group_id(self) -> str:
        """The group that the reservation belongs to, often as its only member."""
        return self.prop.ids("group", self.group)

    @property
    def block_id(self) -> str | None:
        """The availability block that the reservation was picked up from."""
        if self.block is None:
            return None
        return self.prop.ids("availability block", (self.prop.number, self.block))

    @property
    def company_id(self) -> str | None:
        """The company on whose behalf the reservation was made."""
        traits = self.traits
        return self.prop.ids("company", traits % _COMPANIES) if traits % 7 == 0 else None

    @property
    def agency_id(self) -> str | None:
        """The travel agency that made the reservation, if it came through a channel."""
        if self.origin != "ChannelManager":
            return None
        return self.prop.ids("agency", self.traits % _AGENCIES)

    @property
    def channel_number(self) -> str | None:
        """The reservation's number at the channel."""
        if self.origin != "ChannelManager":
            return None
        return "TW48ZP" if self.traits % 101 == 0 else f"{self.traits:X}"[-6:]


class ReservationVersion(ServiceOrderVersion):
    """The changing fields of a reservation; `persons` are adults and children."""

    __slots__ = (
        "actual_end", "actual_start", "category", "end", "is_locked", "persons", "reason",
        "released", "space", "start",
    )  # fmt: skip

    category: Category
    start: datetime
    end: datetime
    persons: tuple[int, int]

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.space: Space | None = None
        self.is_locked = False
        self.reason: str | None = None
        self.released: datetime | None = None
        self.actual_start: datetime | None = None
        self.actual_end: datetime | None = None

    @classmethod
    def _fields(cls) -> tuple[str, ...]:
        return ServiceOrderVersion.__slots__ + ReservationVersion.__slots__

    def person_counts(self) -> list[dict[str, Any]]:
        """Return the persons per age category, positive counts only.

        Source: docs/mews-api.md, "Reservations".
        """
        ages = self.record.service.ages
        return [
            {"AgeCategoryId": age, "Count": count}
            for age, count in zip(ages, self.persons, strict=True)
            if count
        ]

    def payload(self) -> dict[str, Any]:
        """Return the version as the API shows it, with instants as datetimes."""
        life, start, actual = self.record, self.start, self.actual_start
        prop, traits, is_checked_in = life.prop, life.traits, self.state in CHECKED_IN_STATES
        fields: dict[str, Any] = life.common_fields(self)
        fields.update(
            RateId=prop.ids("rate", (prop.number, traits % _RATES)),
            CreditCardId=prop.ids("card", life.account) if traits & 4 else None,
            GroupId=life.group_id,
            RequestedResourceCategoryId=self.category.id,
            AssignedResourceId=self.space.id if self.space else None,
            AvailabilityBlockId=life.block_id,
            PartnerCompanyId=life.company_id,
            TravelAgencyId=life.agency_id,
            AssignedResourceLocked=self.is_locked,
            ChannelNumber=life.channel_number,
            ChannelManagerNumber="" if life.origin == "ChannelManager" else None,
            CancellationReason=self.reason,
            ReleasedUtc=self.released,
            # The check-in if it is before the scheduled start (docs/mews-api.md, "Reservations")
            StartUtc=start if actual is None else min(start, actual),
            EndUtc=self.end,
            ScheduledStartUtc=start,
            ActualStartUtc=actual,
            ScheduledEndUtc=self.end,
            ActualEndUtc=self.actual_end,
            Purpose=PURPOSES[traits % len(PURPOSES)],
            # Contains the guest's id, which is why the pipeline must never store it
            QrCodeData=f"MEWS|{life.account_id}|{life.number}"
            if is_checked_in and traits & 8
            else None,
            PersonCounts=self.person_counts(),
        )
        return fields
