"""The reference data of money: what order items are booked on, sold at and paid by.

Source: docs/mews-api.md, "Reference operations of money". Its name comes after that of reference.py
in the alphabet, since reference data are listed in this order.
"""

from mews_pipeline.extract.entities.entity import (
    BOOLEAN,
    GUEST_ID,
    HARMLESS_JSON,
    HARMLESS_TEXT,
    INSTANT,
    INTEGER,
    Entity,
    Landing,
)
from mews_pipeline.mews import (
    ACCOUNTING_CATEGORIES_GET_ALL,
    BUSINESS_SEGMENTS_GET_ALL,
    COMPANIES_GET_ALL,
    CURRENCIES_GET_ALL,
    PRODUCTS_GET_ALL,
    RATE_GROUPS_GET_ALL,
    RATES_GET_ALL,
)

_ID = frozenset({"Id"})

ACCOUNTING_CATEGORIES = Entity(
    table="accounting_categories",
    operation=ACCOUNTING_CATEGORIES_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "EnterpriseId": HARMLESS_TEXT,
        "IsActive": BOOLEAN,
        "Name": HARMLESS_TEXT,
        "Code": HARMLESS_TEXT,
        "ExternalCode": HARMLESS_TEXT,
        "LedgerAccountCode": HARMLESS_TEXT,
        "PostingAccountCode": HARMLESS_TEXT,
        "CostCenterCode": HARMLESS_TEXT,
        "Classification": HARMLESS_TEXT,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
    enums={
        "Classification": frozenset(
            {
                "Accommodation", "FoodAndBeverage", "Taxes", "Payments", "ExternalRevenue",
                "SundryIncome", "Wellness", "Sport", "Technology", "Facilities", "Events",
                "Tourism",
            }
        ),
    },
    may_be_refused=True,
)  # fmt: skip

PRODUCTS = Entity(
    table="products",
    operation=PRODUCTS_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "ServiceId": HARMLESS_TEXT,
        "CategoryId": HARMLESS_TEXT,
        "AccountingCategoryId": HARMLESS_TEXT,
        "IsActive": BOOLEAN,
        "IsDefault": BOOLEAN,
        "Names": HARMLESS_JSON,
        "ShortNames": HARMLESS_JSON,
        "ChargingMode": HARMLESS_TEXT,
        "PostingMode": HARMLESS_TEXT,
        "ConsumptionMoment": HARMLESS_TEXT,
        "Classifications.Food": BOOLEAN,
        "Classifications.Beverage": BOOLEAN,
        "Classifications.Wellness": BOOLEAN,
        "Classifications.CityTax": BOOLEAN,
        "Classifications.Fee": BOOLEAN,
        "Options.BillAsPackage": BOOLEAN,
        "Options.ExcludePriceFromOffer": BOOLEAN,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
    dropped=frozenset(
        {
            "Name", "ExternalName", "ExternalNames", "ShortName", "Description", "Descriptions",
            "Charging", "Posting", "Pricing", "Price", "Promotions", "ImageIds", "Ordering",
            "ExternalIdentifier", "TaxExemptionReason", "TaxExemptionLegalReference",
        }
    ),
    enums={
        "ConsumptionMoment": frozenset(
            {"ServiceOrderStart", "ServiceOrderEnd", "PostingTimeUnit", "NextTimeUnit"}
        ),
    },
    may_be_refused=True,
)  # fmt: skip

RATES = Entity(
    table="rates",
    operation=RATES_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "GroupId": HARMLESS_TEXT,
        "ServiceId": HARMLESS_TEXT,
        "BaseRateId": HARMLESS_TEXT,
        "BusinessSegmentId": HARMLESS_TEXT,
        "IsActive": BOOLEAN,
        "IsEnabled": BOOLEAN,
        "IsBaseRate": BOOLEAN,
        "IsPublic": BOOLEAN,
        "IsDefault": BOOLEAN,
        "Type": HARMLESS_TEXT,
        "Names": HARMLESS_JSON,
        "ShortName": HARMLESS_TEXT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
    dropped=frozenset(
        {
            "Name", "ExternalNames", "Description", "ExternalIdentifier", "TaxExemptionReason",
            "TaxExemptionLegalReference",
        }
    ),
    enums={"Type": frozenset({"Public", "Private", "AvailabilityBlock"})},
    may_be_refused=True,
)  # fmt: skip

RATE_GROUPS = Entity(
    table="rate_groups",
    operation=RATE_GROUPS_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "ServiceId": HARMLESS_TEXT,
        "IsActive": BOOLEAN,
        "Names": HARMLESS_JSON,
        "ShortNames": HARMLESS_JSON,
        "Ordering": INTEGER,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
    dropped=frozenset({"Descriptions", "ExternalIdentifier"}),
    may_be_refused=True,
)

BUSINESS_SEGMENTS = Entity(
    table="business_segments",
    operation=BUSINESS_SEGMENTS_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "ServiceId": HARMLESS_TEXT,
        "IsActive": BOOLEAN,
        "Name": HARMLESS_TEXT,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
    may_be_refused=True,
)

# Names and ids only: the rest names persons, addresses and tax numbers
COMPANIES = Entity(
    table="companies",
    operation=COMPANIES_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "ChainId": HARMLESS_TEXT,
        "Name": HARMLESS_TEXT,
        "Iata": HARMLESS_TEXT,
        "IsActive": BOOLEAN,
        "MotherCompanyId": HARMLESS_TEXT,
        "MergeTargetId": GUEST_ID,
        "CreatedUtc": INSTANT,
        "UpdatedUtc": INSTANT,
    },
    required=_ID,
    dropped=frozenset(
        {
            "AccountingCode", "AdditionalTaxIdentifier", "Address", "AddressId", "BillingCode",
            "ContacPerson", "Contact", "ContactPerson", "CreditRating", "Department", "DunsNumber",
            "ElectronicInvoiceIdentifier", "ExternalIdentifier", "Identifier", "InvoiceDueInterval",
            "InvoicingEmail", "Notes", "Number", "Options", "ReferenceIdentifier",
            "TaxIdentificationNumber", "TaxIdentifier", "Telephone", "WebsiteUrl",
        }
    ),
    may_be_refused=True,
)  # fmt: skip

# Its Id is its code, the same with every access token
CURRENCIES = Entity(
    table="currencies",
    operation=CURRENCIES_GET_ALL,
    landing=Landing.CHANGES,
    fields={
        "Id": HARMLESS_TEXT,
        "Code": HARMLESS_TEXT,
        "Precision": INTEGER,
    },
    required=_ID,
    may_be_refused=True,
)
