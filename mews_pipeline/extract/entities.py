"""What each Mews entity looks like: its fields as the API spells them, types, raw table.

Sources: shared seeds (both documents, every field) for reservations and product service orders;
the vendor's reference pages, as gathered for the reports, for the others.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

PERSON_COUNTS = "PersonCounts"


class Kind(StrEnum):
    """How a JSON value is typed; the value is the DuckDB type of its raw column."""

    TEXT = "varchar"
    INSTANT = "timestamptz"
    BOOLEAN = "boolean"
    INTEGER = "bigint"
    JSON = "json"


TEXT, INSTANT, BOOLEAN, INTEGER, JSON = Kind


def snake_case(path: str) -> str:
    """Give the raw column of an API field: `Options.OwnerCheckedIn`: `options_owner_checked_in`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", path.replace(".", "_")).lower()


@dataclass(frozen=True)
class Known:
    """The names that the vendor documents for an object, and for the objects and lists below it."""

    names: frozenset[str]
    nested: dict[str, "Known"]

    @classmethod
    def of(cls, paths: Iterable[str]) -> "Known":
        """Give the known names of dotted paths: `A.B` is B below A."""
        below: dict[str, list[str]] = {}
        for path in paths:
            name, _, rest = path.partition(".")
            below.setdefault(name, []).extend([rest] if rest else [])
        nested = {name: cls.of(rest) for name, rest in below.items() if rest}
        return cls(frozenset(below), nested)


@dataclass(frozen=True, eq=False)
class Entity:
    """One kind of record: where it lands, under which key a page lists it, and its fields.

    `fields` maps the API's path (dotted where nested) to its kind, in the fixed order of the hash:
    what is added later goes to the end.
    A `withheld` field has a column that is always null and stays out of the hash and of `_extra`
    (it embeds personal data); a `dropped` one has no column at all. `enums` lists the values that
    the vendor documents; others are kept and reported.
    """

    table: str
    list_key: str
    fields: dict[str, Kind]
    required: frozenset[str]
    withheld: frozenset[str] = frozenset()
    dropped: frozenset[str] = frozenset()
    enums: dict[str, frozenset[str]] | None = None
    has_person_counts: bool = False

    @cached_property
    def known(self) -> Known:
        """Every name that a record of this entity may have without being news."""
        children = {f"{PERSON_COUNTS}.AgeCategoryId", f"{PERSON_COUNTS}.Count"}
        return Known.of(
            [*self.fields, *self.dropped, *(children if self.has_person_counts else ())]
        )

    @cached_property
    def column_names(self) -> dict[str, str]:
        """The raw column of each field."""
        return {path: snake_case(path) for path in self.fields}

    @property
    def columns(self) -> dict[str, Kind]:
        """The raw columns of the fields, in order: name to kind."""
        return {self.column_names[path]: kind for path, kind in self.fields.items()}


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
        {"InPerson", "Channel", "Phone", "Email", "Website", "Message", "CallCenter"}
    ),
}

# What reservations and product service orders have in common (both seeds).
_SERVICE_ORDER: dict[str, Kind] = {
    "Id": TEXT,
    "ServiceId": TEXT,
    "AccountId": TEXT,
    "AccountType": TEXT,
    "CreatorProfileId": TEXT,
    "UpdaterProfileId": TEXT,
    "BookerId": TEXT,
    "Number": TEXT,
    "State": TEXT,
    "Origin": TEXT,
    "CommanderOrigin": TEXT,
    "OriginDetails": TEXT,
    "CreatedUtc": INSTANT,
    "UpdatedUtc": INSTANT,
    "CancelledUtc": INSTANT,
    "VoucherId": TEXT,
    "BusinessSegmentId": TEXT,
    "Options.OwnerCheckedIn": BOOLEAN,
    "Options.AllCompanionsCheckedIn": BOOLEAN,
    "Options.AnyCompanionCheckedIn": BOOLEAN,
    "Options.ConnectorCheckIn": BOOLEAN,
}
_VERSION_KEY = frozenset({"Id", "UpdatedUtc"})
_ID = frozenset({"Id"})

RESERVATIONS = Entity(
    table="reservations",
    list_key="Reservations",
    fields={
        **_SERVICE_ORDER,
        "RateId": TEXT,
        "CreditCardId": TEXT,
        "GroupId": TEXT,
        "RequestedResourceCategoryId": TEXT,
        "AssignedResourceId": TEXT,
        "AvailabilityBlockId": TEXT,
        "PartnerCompanyId": TEXT,
        "TravelAgencyId": TEXT,
        "AssignedResourceLocked": BOOLEAN,
        "ChannelNumber": TEXT,
        "ChannelManagerNumber": TEXT,
        "CancellationReason": TEXT,
        "ReleasedUtc": INSTANT,
        "StartUtc": INSTANT,
        "EndUtc": INSTANT,
        "ScheduledStartUtc": INSTANT,
        "ActualStartUtc": INSTANT,
        "ScheduledEndUtc": INSTANT,
        "ActualEndUtc": INSTANT,
        "Purpose": TEXT,
        "QrCodeData": TEXT,
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
    list_key="ProductServiceOrders",
    fields={**_SERVICE_ORDER, "LinkedReservationId": TEXT},
    required=_VERSION_KEY,
    enums=_SERVICE_ORDER_ENUMS,
)

ENTERPRISES = Entity(
    table="enterprises",
    list_key="Enterprises",
    fields={
        "Id": TEXT,
        "ChainId": TEXT,
        "Name": TEXT,
        "ShortName": TEXT,
        "TimeZoneIdentifier": TEXT,
        "BusinessDayClosingOffset": TEXT,
        "OperationalEditableHistoryInterval": TEXT,
        "GroupNames": JSON,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
    dropped=frozenset({"Email", "Phone", "Address", "AddressId"}),
)

SERVICES = Entity(
    table="services",
    list_key="Services",
    fields={
        "Id": TEXT,
        "EnterpriseId": TEXT,
        "IsActive": BOOLEAN,
        "Name": TEXT,
        "Names": JSON,
        "Data.Discriminator": TEXT,
        "Data.Value.StartOffset": TEXT,
        "Data.Value.EndOffset": TEXT,
        "Data.Value.OccupancyStartOffset": TEXT,
        "Data.Value.OccupancyEndOffset": TEXT,
        "Data.Value.TimeUnitPeriod": TEXT,
        "Data.Value.TimeUnit": TEXT,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
)

RESOURCES = Entity(
    table="resources",
    list_key="Resources",
    fields={
        "Id": TEXT,
        "EnterpriseId": TEXT,
        "IsActive": BOOLEAN,
        "ParentResourceId": TEXT,
        "Name": TEXT,
        "State": TEXT,
        "Data.Discriminator": TEXT,
        "Data.Value.FloorNumber": JSON,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
    dropped=frozenset({"StateReason", "Data.Value.LocationNotes"}),
)

RESOURCE_CATEGORIES = Entity(
    table="resource_categories",
    list_key="ResourceCategories",
    fields={
        "Id": TEXT,
        "EnterpriseId": TEXT,
        "ServiceId": TEXT,
        "IsActive": BOOLEAN,
        "Type": TEXT,
        "Names": JSON,
        "ShortNames": JSON,
        "Ordering": INTEGER,
        "Capacity": INTEGER,
        "ExtraCapacity": INTEGER,
        "AccountingCategoryId": TEXT,
    },
    required=_ID,
    dropped=frozenset({"Descriptions"}),
)

RESOURCE_CATEGORY_ASSIGNMENTS = Entity(
    table="resource_category_assignments",
    list_key="ResourceCategoryAssignments",
    fields={
        "Id": TEXT,
        "ResourceId": TEXT,
        "CategoryId": TEXT,
        "IsActive": BOOLEAN,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
)

RESOURCE_BLOCKS = Entity(
    table="resource_blocks",
    list_key="ResourceBlocks",
    fields={
        "Id": TEXT,
        "EnterpriseId": TEXT,
        "AssignedResourceId": TEXT,
        "Type": TEXT,
        "StartUtc": INSTANT,
        "EndUtc": INSTANT,
        "IsActive": BOOLEAN,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
        "DeletedUtc": INSTANT,
    },
    required=_ID,
    dropped=frozenset({"Name", "Notes"}),
)

AGE_CATEGORIES = Entity(
    table="age_categories",
    list_key="AgeCategories",
    fields={
        "Id": TEXT,
        "EnterpriseId": TEXT,
        "ServiceId": TEXT,
        "Classification": TEXT,
        "MinimalAge": INTEGER,
        "MaximalAge": INTEGER,
        "Names": JSON,
        "ShortNames": JSON,
        "IsActive": BOOLEAN,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
)

REFERENCE = (
    ENTERPRISES,
    SERVICES,
    RESOURCES,
    RESOURCE_CATEGORIES,
    RESOURCE_CATEGORY_ASSIGNMENTS,
    RESOURCE_BLOCKS,
    AGE_CATEGORIES,
)
# Not as Mews lists it: one record per category, time unit and metric of an answer (availability.py)
AVAILABILITY = Entity(
    table="availability",
    list_key="ResourceCategoryAvailabilities",
    fields={
        "ServiceId": TEXT,
        "ResourceCategoryId": TEXT,
        "TimeUnitStartUtc": INSTANT,
        "Metric": TEXT,
        "Value": INTEGER,
        "SnapshotUtc": INSTANT,
    },
    required=frozenset({"ServiceId", "ResourceCategoryId", "TimeUnitStartUtc", "Metric"}),
)

ENTITIES = {e.table: e for e in (RESERVATIONS, PRODUCT_SERVICE_ORDERS, *REFERENCE)}
