"""Reservations and product service orders: versions by UpdatedUtc.

Source: docs/mews-api.md, "Reservations", "Product service orders", "States".
"""

from mews_pipeline.extract.entities.entity import (
    BOOLEAN,
    GUEST_ID,
    HARMLESS_TEXT,
    INSTANT,
    PERSONAL_TEXT,
    STAFF_ID,
    Entity,
    Field,
    Landing,
)
from mews_pipeline.mews import PRODUCT_SERVICE_ORDERS_GET_ALL, RESERVATIONS_GET_ALL

SERVICE_ORDER_STATES = frozenset(
    {"Inquired", "Confirmed", "Started", "Processed", "Canceled", "Optional", "Requested"}
)
_SERVICE_ORDER_ENUMS = {
    "AccountType": frozenset({"Company", "Customer"}),
    "State": SERVICE_ORDER_STATES,
    "Origin": frozenset(
        {"Distributor", "ChannelManager", "Commander", "Import", "Connector", "Navigator"}
    ),
    "CommanderOrigin": frozenset(
        {
            "InPerson", "Channel", "Phone", "Email", "Website", "Message", "CallCenter",
            "RoomingList",
        }
    ),
}  # fmt: skip

# The fields that reservations and product service orders share.
_SERVICE_ORDER: dict[str, Field] = {
    "Id": HARMLESS_TEXT,
    "ServiceId": HARMLESS_TEXT,
    "AccountId": GUEST_ID,
    "AccountType": HARMLESS_TEXT,
    "CreatorProfileId": STAFF_ID,
    "UpdaterProfileId": STAFF_ID,
    "BookerId": GUEST_ID,
    "Number": PERSONAL_TEXT,
    "State": HARMLESS_TEXT,
    "Origin": HARMLESS_TEXT,
    "CommanderOrigin": HARMLESS_TEXT,
    "OriginDetails": PERSONAL_TEXT,
    "CreatedUtc": INSTANT,
    "UpdatedUtc": INSTANT,
    "CancelledUtc": INSTANT,
    "VoucherId": HARMLESS_TEXT,
    "BusinessSegmentId": HARMLESS_TEXT,
    "Options.OwnerCheckedIn": BOOLEAN,
    "Options.AllCompanionsCheckedIn": BOOLEAN,
    "Options.AnyCompanionCheckedIn": BOOLEAN,
    "Options.ConnectorCheckIn": BOOLEAN,
}
_VERSION_KEY = frozenset({"Id", "UpdatedUtc"})

RESERVATIONS = Entity(
    table="reservations",
    operation=RESERVATIONS_GET_ALL,
    landing=Landing.VERSIONS,
    fields={
        **_SERVICE_ORDER,
        "RateId": HARMLESS_TEXT,
        "CreditCardId": PERSONAL_TEXT,
        "GroupId": HARMLESS_TEXT,
        "RequestedResourceCategoryId": HARMLESS_TEXT,
        "AssignedResourceId": HARMLESS_TEXT,
        "AvailabilityBlockId": HARMLESS_TEXT,
        "PartnerCompanyId": HARMLESS_TEXT,
        "TravelAgencyId": HARMLESS_TEXT,
        "AssignedResourceLocked": BOOLEAN,
        "ChannelNumber": PERSONAL_TEXT,
        "ChannelManagerNumber": PERSONAL_TEXT,
        "CancellationReason": HARMLESS_TEXT,
        "ReleasedUtc": INSTANT,
        "StartUtc": INSTANT,
        "EndUtc": INSTANT,
        "ScheduledStartUtc": INSTANT,
        "ActualStartUtc": INSTANT,
        "ScheduledEndUtc": INSTANT,
        "ActualEndUtc": INSTANT,
        "Purpose": HARMLESS_TEXT,
        "QrCodeData": PERSONAL_TEXT,
    },
    required=_VERSION_KEY,
    withheld=frozenset({"QrCodeData", "CreditCardId"}),
    enums={
        **_SERVICE_ORDER_ENUMS,
        "CancellationReason": frozenset(
            {
                "Other", "ConfirmationMissed", "BookedElsewhere", "ForceMajeure", "GuestComplaint",
                "NoShow", "PriceTooHigh", "ServiceNotAvailable", "InputError", "InvalidPayment",
                "TravelAgency", "RequestedByGuest", "Update", "BookingAbandoned",
                "RequestedByBooker",
            }
        ),
        "Purpose": frozenset({"Leisure", "Business", "Student"}),
    },
    has_person_counts=True,
)  # fmt: skip

PRODUCT_SERVICE_ORDERS = Entity(
    table="product_service_orders",
    operation=PRODUCT_SERVICE_ORDERS_GET_ALL,
    landing=Landing.VERSIONS,
    fields={**_SERVICE_ORDER, "LinkedReservationId": HARMLESS_TEXT},
    required=_VERSION_KEY,
    enums=_SERVICE_ORDER_ENUMS,
)
