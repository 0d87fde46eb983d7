"""Reservations and orders as compact records, which build their API payloads on demand."""

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

from mews_pipeline.sandbox.hotels.chance import happens
from mews_pipeline.sandbox.hotels.inventory import Category, Property, Service, Space
from mews_pipeline.sandbox.hotels.table import Version, VersionedRecord

COMMANDER_ORIGINS = (
    "InPerson", "Channel", "Phone", "Email", "Website", "Message", "CallCenter",
)  # fmt: skip
PURPOSES = ("Leisure", "Business", "Student", None)
CHANNELS = ("Booking.com", "Expedia", "HRS", "Agoda")
_CHECKED_IN = frozenset({"Started", "Processed"})
_RATES, _SEGMENTS, _PROFILES, _AGENCIES, _COMPANIES = 4, 5, 6, 4, 8


class ServiceOrder(VersionedRecord[Any]):
    """The common part of reservations and product service orders; `traits` are random bits."""

    __slots__ = ("account", "is_checked_in_by_app", "number", "origin", "prop", "service", "traits")

    def __init__(self, record_id: str, created: datetime, prop: Property, service: Service) -> None:
        super().__init__(record_id, created)
        self.prop = prop
        self.service = service
        self.origin = "Commander"
        self.number = ""
        self.traits = 0
        self.account = 0
        self.is_checked_in_by_app = False

    @property
    def enterprise_id(self) -> str:
        """The hotel's id."""
        return self.prop.id

    @property
    def account_id(self) -> str:
        """The account of the order: a customer, or in a few cases a company."""
        return self.prop.ids("account", self.account)

    def common_fields(self, version: "ServiceOrderVersion") -> dict[str, Any]:
        """Return the fields that reservations and product service orders share."""
        ids, number, traits = self.prop.ids, self.prop.number, self.traits
        is_checked_in = version.state in _CHECKED_IN
        companions = traits & 3
        return {
            "Id": self.id,
            "ServiceId": self.service.id,
            "AccountId": ids("account", self.account),
            "AccountType": "Company" if traits % 41 == 0 else "Customer",
            "CreatorProfileId": ids("profile", (number, traits % _PROFILES)),
            "UpdaterProfileId": ids("profile", (number, version.updater)),
            "BookerId": ids("booker", self.account) if traits % 11 == 0 else None,
            "Number": self.number,
            "State": version.state,
            "Origin": self.origin,
            "CommanderOrigin": COMMANDER_ORIGINS[traits % len(COMMANDER_ORIGINS)]
            if self.origin == "Commander"
            else None,
            "OriginDetails": CHANNELS[traits % len(CHANNELS)]
            if self.origin == "ChannelManager"
            else None,
            "CreatedUtc": self.created,
            "UpdatedUtc": version.at,
            "CancelledUtc": version.cancelled,
            "VoucherId": ids("voucher", traits % 97) if traits % 53 == 0 else None,
            "BusinessSegmentId": ids("segment", (number, traits % _SEGMENTS)),
            "Options": {
                "OwnerCheckedIn": is_checked_in,
                "AllCompanionsCheckedIn": is_checked_in and companions != 0,
                "AnyCompanionCheckedIn": is_checked_in and companions != 1,
                "ConnectorCheckIn": is_checked_in and self.is_checked_in_by_app,
            },
        }


class ServiceOrderVersion(Version):
    """The changing fields that reservations and product service orders share."""

    __slots__ = ("cancelled", "state", "updater")

    def __init__(self, state: str) -> None:
        self.state = state
        self.updater = 0
        self.cancelled: datetime | None = None

    def following(self, changes: Mapping[str, object]) -> "ServiceOrderVersion":
        """Return a copy of this version with some fields changed."""
        new = object.__new__(type(self))
        for name in self._fields():
            setattr(new, name, getattr(self, name))
        for name, value in changes.items():
            setattr(new, name, value)
        return new

    @classmethod
    def _fields(cls) -> tuple[str, ...]:
        return ServiceOrderVersion.__slots__


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
        prop, traits, is_checked_in = life.prop, life.traits, self.state in _CHECKED_IN
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


class ProductServiceOrder(ServiceOrder):
    """An order of something other than a stay; `stay` is the reservation it is linked to."""

    __slots__ = ("stay",)

    def __init__(self, record_id: str, created: datetime, prop: Property, service: Service) -> None:
        super().__init__(record_id, created, prop, service)
        self.stay: Reservation | None = None


class ProductServiceOrderVersion(ServiceOrderVersion):
    """A version of a product service order."""

    __slots__ = ()

    def payload(self) -> dict[str, Any]:
        """Return the version as the API shows it, with the newer field LinkedReservationId."""
        order = self.record
        fields: dict[str, Any] = order.common_fields(self)
        fields["LinkedReservationId"] = order.stay.id if order.stay else None
        return fields


def draw_traits(order: ServiceOrder, rng: Random) -> None:
    """Draw what does not affect the stay: origin, account and `traits`."""
    order.traits = rng.getrandbits(31)
    order.account = rng.getrandbits(40)
    order.is_checked_in_by_app = happens(rng, 0.12)
    order.origin = rng.choices(
        ("Distributor", "ChannelManager", "Commander", "Connector", "Navigator"),
        (24, 38, 26, 8, 4),
    )[0]
