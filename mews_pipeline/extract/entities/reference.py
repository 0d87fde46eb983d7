"""The reference data of the reports: a new row when a record changes.

Source: docs/mews-api.md, "Reference operations".
"""

from mews_pipeline.extract.entities.entity import (
    BOOLEAN,
    HARMLESS_JSON,
    HARMLESS_TEXT,
    INSTANT,
    INTEGER,
    Entity,
    Landing,
)
from mews_pipeline.mews import (
    AGE_CATEGORIES_GET_ALL,
    CONFIGURATION_GET,
    ENTERPRISES_GET_ALL,
    RESOURCE_BLOCKS_GET_ALL,
    RESOURCE_CATEGORIES_GET_ALL,
    RESOURCE_CATEGORY_ASSIGNMENTS_GET_ALL,
    RESOURCES_GET_ALL,
    SERVICES_GET_ALL,
)

_ID = frozenset({"Id"})

ENTERPRISES = Entity(
    table="enterprises",
    operation=ENTERPRISES_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "ChainId": HARMLESS_TEXT,
        "Name": HARMLESS_TEXT,
        "ShortName": HARMLESS_TEXT,
        "TimeZoneIdentifier": HARMLESS_TEXT,
        "BusinessDayClosingOffset": HARMLESS_TEXT,
        "OperationalEditableHistoryInterval": HARMLESS_TEXT,
        "GroupNames": HARMLESS_JSON,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
        "Pricing": HARMLESS_TEXT,
        "TaxPrecision": INTEGER,
        "AccountingEditableHistoryInterval": HARMLESS_TEXT,
    },
    required=_ID,
    dropped=frozenset({"Email", "Phone", "Address", "AddressId"}),
)

# The Currencies of configuration/get, one record each; its Id is the enterprise and the currency
ENTERPRISE_CURRENCIES = Entity(
    table="enterprise_currencies",
    operation=CONFIGURATION_GET,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "EnterpriseId": HARMLESS_TEXT,
        "Currency": HARMLESS_TEXT,
        "IsDefault": BOOLEAN,
        "IsEnabled": BOOLEAN,
    },
    required=_ID,
)

SERVICES = Entity(
    table="services",
    operation=SERVICES_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "EnterpriseId": HARMLESS_TEXT,
        "IsActive": BOOLEAN,
        "Name": HARMLESS_TEXT,
        "Names": HARMLESS_JSON,
        "Data.Discriminator": HARMLESS_TEXT,
        "Data.Value.StartOffset": HARMLESS_TEXT,
        "Data.Value.EndOffset": HARMLESS_TEXT,
        "Data.Value.OccupancyStartOffset": HARMLESS_TEXT,
        "Data.Value.OccupancyEndOffset": HARMLESS_TEXT,
        "Data.Value.TimeUnitPeriod": HARMLESS_TEXT,
        "Data.Value.TimeUnit": HARMLESS_TEXT,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
)

RESOURCES = Entity(
    table="resources",
    operation=RESOURCES_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "EnterpriseId": HARMLESS_TEXT,
        "IsActive": BOOLEAN,
        "ParentResourceId": HARMLESS_TEXT,
        "Name": HARMLESS_TEXT,
        "State": HARMLESS_TEXT,
        "Data.Discriminator": HARMLESS_TEXT,
        "Data.Value.FloorNumber": HARMLESS_JSON,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
        "DeletedUtc": INSTANT,
    },
    required=_ID,
    dropped=frozenset({"StateReason", "Data.Value.LocationNotes"}),
)

RESOURCE_CATEGORIES = Entity(
    table="resource_categories",
    operation=RESOURCE_CATEGORIES_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "EnterpriseId": HARMLESS_TEXT,
        "ServiceId": HARMLESS_TEXT,
        "IsActive": BOOLEAN,
        "Type": HARMLESS_TEXT,
        "Names": HARMLESS_JSON,
        "ShortNames": HARMLESS_JSON,
        "Ordering": INTEGER,
        "Capacity": INTEGER,
        "ExtraCapacity": INTEGER,
        "AccountingCategoryId": HARMLESS_TEXT,
    },
    required=_ID,
    dropped=frozenset({"Descriptions"}),
)

RESOURCE_CATEGORY_ASSIGNMENTS = Entity(
    table="resource_category_assignments",
    operation=RESOURCE_CATEGORY_ASSIGNMENTS_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "ResourceId": HARMLESS_TEXT,
        "CategoryId": HARMLESS_TEXT,
        "IsActive": BOOLEAN,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
)

RESOURCE_BLOCKS = Entity(
    table="resource_blocks",
    operation=RESOURCE_BLOCKS_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "EnterpriseId": HARMLESS_TEXT,
        "AssignedResourceId": HARMLESS_TEXT,
        "Type": HARMLESS_TEXT,
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
    operation=AGE_CATEGORIES_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "EnterpriseId": HARMLESS_TEXT,
        "ServiceId": HARMLESS_TEXT,
        "Classification": HARMLESS_TEXT,
        "MinimalAge": INTEGER,
        "MaximalAge": INTEGER,
        "Names": HARMLESS_JSON,
        "ShortNames": HARMLESS_JSON,
        "IsActive": BOOLEAN,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
)
