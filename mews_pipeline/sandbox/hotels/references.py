"""Turn the inventory of a hotel into the API's reference records, with a few changes over time.

Fields: docs/mews-api.md, "Reference operations". UpdatedUtc of reference records is unreliable in
the API, and categories have none.
"""

from datetime import date, datetime, timedelta
from typing import Any

from mews_pipeline.sandbox.hotels.inventory import Category, Property, Service, Space
from mews_pipeline.sandbox.hotels.table import ReferenceRecord

Records = dict[str, list[ReferenceRecord]]
_CURRENCIES = ("EUR", "USD")
_AGES = (("Adult", 18, None), ("Child", 0, 17))


def duration(hours: int) -> str:
    """Format hours as a duration of the API: `P0M0DT15H0M0S`."""
    return f"P0M0DT{hours}H0M0S"


def reference_records(prop: Property, start: date, end: date) -> Records:
    """Return all records of a hotel except its blocks. A few change between start and end."""
    records: Records = {
        "enterprises": [_enterprise(prop)],
        "enterprise_currencies": _currencies(prop),
        "services": [_service(prop, service) for service in prop.services],
        "age_categories": [
            record for service in (prop.stay, prop.parking) for record in _ages(prop, service)
        ],
        "resource_categories": [
            _category(prop, category, order) for order, category in enumerate(prop.categories)
        ],
        "resources": [_resource(prop, space) for space in prop.spaces],
        "resource_category_assignments": [_assignment(prop, space) for space in prop.spaces],
    }
    renamed = prop.at(start + (end - start) / 2, 11)
    _change(records["services"][2], renamed, Name="Spa & Sauna", Names=_localized("Spa & Sauna"))
    records["resource_categories"][1].change(renamed, Names=_localized("Superior with view"))
    return records


def _localized(name: str) -> dict[str, str]:
    return {"en-US": name}


def _change(record: ReferenceRecord, at: datetime, **fields: Any) -> None:
    record.change(at, UpdatedUtc=at, **fields)


def _enterprise(prop: Property) -> ReferenceRecord:
    plan = prop.plan
    name = plan.name if prop.number < 8 else f"{plan.name} {prop.number}"  # noqa: PLR2004
    return ReferenceRecord(
        prop.id,
        prop.opened,
        {
            "Id": prop.id,
            "ExternalIdentifier": f"P{prop.number:04d}",
            "ChainId": prop.ids("chain", 0),
            "Name": name,
            "ShortName": "".join(word[0] for word in name.split()),
            "TimeZoneIdentifier": plan.zone,
            "LegalEnvironmentCode": "N/A",
            "DefaultLanguageCode": "en-US",
            "BusinessDayClosingOffset": duration(plan.closing),
            "OperationalEditableHistoryInterval": "P0M7DT0H0M0S",
            "GroupNames": [],
            "WebsiteUrl": None,
            "Email": None,
            "Phone": None,
            "CreatedUtc": prop.opened,
            "UpdatedUtc": prop.opened,
            "Pricing": plan.pricing,
            "TaxPrecision": None,
            "AccountingEditableHistoryInterval": "P0M7DT0H0M0S",
        },
    )


def _currencies(prop: Property) -> list[ReferenceRecord]:
    """Return what configuration/get lists as Currencies, as records with an Id."""
    return [
        ReferenceRecord(
            prop.id,
            prop.opened,
            {
                "Id": f"{prop.id}/{currency}",
                "EnterpriseId": prop.id,
                "Currency": currency,
                "IsDefault": currency == prop.plan.currency,
                "IsEnabled": True,
            },
        )
        for currency in _CURRENCIES
    ]


def _service(prop: Property, service: Service) -> ReferenceRecord:
    data: dict[str, Any] = {"Discriminator": "Additional", "Value": {"Promotions": {}}}
    if service.is_bookable:
        opens, closes = service.occupancy
        data = {
            "Discriminator": "Bookable",
            "Value": {
                "StartOffset": duration(prop.plan.arrival),
                "EndOffset": duration(prop.plan.departure),
                "OccupancyStartOffset": duration(opens),
                "OccupancyEndOffset": duration(closes),
                "TimeUnitPeriod": "Day",
            },
        }
    return ReferenceRecord(
        prop.id,
        prop.opened,
        {
            "Id": service.id,
            "EnterpriseId": prop.id,
            "IsActive": service.is_active,
            "Name": service.name,
            "Names": _localized(service.name),
            "Options": {"BillAsPackage": False},
            "Data": data,
            "CreatedUtc": prop.opened,
            "UpdatedUtc": prop.opened,
        },
    )


def _ages(prop: Property, service: Service) -> list[ReferenceRecord]:
    return [
        ReferenceRecord(
            prop.id,
            prop.opened,
            {
                "Id": age_id,
                "EnterpriseId": prop.id,
                "ServiceId": service.id,
                "MinimalAge": minimal,
                "MaximalAge": maximal,
                "Names": _localized(name),
                "ShortNames": _localized(name[0]),
                "Classification": name,
                "IsActive": True,
                "CreatedUtc": prop.opened,
                "UpdatedUtc": prop.opened,
            },
        )
        for age_id, (name, minimal, maximal) in zip(service.ages, _AGES, strict=True)
    ]


def _category(prop: Property, category: Category, order: int) -> ReferenceRecord:
    return ReferenceRecord(
        prop.id,
        prop.opened,
        {
            "Id": category.id,
            "EnterpriseId": prop.id,
            "ServiceId": category.service.id,
            "IsActive": True,
            "Type": category.type,
            "Names": _localized(category.name),
            "ShortNames": _localized(category.key),
            "Descriptions": {},
            "Ordering": order,
            "Capacity": category.persons,
            "ExtraCapacity": 0,
            "AccountingCategoryId": None,
            "ExternalIdentifier": None,
        },
    )


def _resource(prop: Property, space: Space) -> ReferenceRecord:
    record = ReferenceRecord(
        prop.id,
        space.opened,
        {
            "Id": space.id,
            "EnterpriseId": prop.id,
            "IsActive": True,
            "Name": space.name,
            "ParentResourceId": space.parent.id if space.parent else None,
            "State": "Inspected",
            "StateReason": None,
            "Descriptions": {},
            "Data": {
                "Discriminator": "Space",
                "Value": {"FloorNumber": space.name[0], "LocationNotes": ""},
            },
            "CreatedUtc": space.opened,
            "UpdatedUtc": space.opened,
            "DeletedUtc": None,
        },
    )
    if space.closed is not None:
        _change(record, space.closed, IsActive=False)
    return record


def _assignment(prop: Property, space: Space) -> ReferenceRecord:
    record = ReferenceRecord(
        prop.id,
        space.opened + timedelta(seconds=1),
        {
            "Id": prop.ids("assignment", space.id),
            "IsActive": True,
            "ResourceId": space.id,
            "CategoryId": space.category.id,
            "CreatedUtc": space.opened + timedelta(seconds=1),
            "UpdatedUtc": space.opened + timedelta(seconds=1),
        },
    )
    if space.closed is not None:
        # Deleting the resource ends its assignments (docs/mews-api.md, "Reference operations")
        _change(record, space.closed, IsActive=False)
    return record
