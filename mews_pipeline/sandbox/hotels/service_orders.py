"""The common part of reservations and product service orders.

Records are compact: they build their API payloads on demand.
"""

from collections.abc import Mapping
from datetime import datetime
from random import Random
from typing import Any

from mews_pipeline.sandbox.hotels.chance import happens
from mews_pipeline.sandbox.hotels.inventory import Property, Service
from mews_pipeline.sandbox.hotels.table import Version, VersionedRecord

COMMANDER_ORIGINS = (
    "InPerson", "Channel", "Phone", "Email", "Website", "Message", "CallCenter", "RoomingList",
)  # fmt: skip
CHANNELS = ("Booking.com", "Expedia", "HRS", "Agoda")
CHECKED_IN_STATES = frozenset({"Started", "Processed"})
_SEGMENTS, _PROFILES = 5, 6


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
        is_checked_in = version.state in CHECKED_IN_STATES
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


def draw_traits(order: ServiceOrder, rng: Random) -> None:
    """Draw what does not affect the stay: origin, account and `traits`."""
    order.traits = rng.getrandbits(31)
    order.account = rng.getrandbits(40)
    order.is_checked_in_by_app = happens(rng, 0.12)
    order.origin = rng.choices(
        ("Distributor", "ChannelManager", "Commander", "Connector", "Navigator"),
        (24, 38, 26, 8, 4),
    )[0]
