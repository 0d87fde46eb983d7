"""The tables of everything about money. None is made before somebody asks for it."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from mews_pipeline.sandbox.hotels.catalogue import CLASSIFICATIONS, PRODUCTS, Catalogue, Product
from mews_pipeline.sandbox.hotels.demand import Days
from mews_pipeline.sandbox.hotels.inventory import Property
from mews_pipeline.sandbox.hotels.order_item_table import order_item_table
from mews_pipeline.sandbox.hotels.product_service_orders import ProductServiceOrder
from mews_pipeline.sandbox.hotels.reservations import Reservation
from mews_pipeline.sandbox.hotels.table import ReferenceRecord, Table

_CURRENCIES = (("EUR", 2), ("USD", 2), ("GBP", 2), ("JPY", 0))
_EXCHANGE = (("EUR", "USD", 1.0861), ("USD", "EUR", 0.9207), ("EUR", "GBP", 0.8505342))
_RATES = (
    ("Fully flexible", "Public"),
    ("Semi flexible", "Public"),
    ("Early bird", "Private"),
    ("Group block", "AvailabilityBlock"),
)
_GROUPS = ("Default", "Promotions")
_SEGMENTS = ("Leisure", "Corporate", "Groups", "Channels", "Other")
_COMPANIES, _AGENCIES = 8, 4

Make = Callable[[], Table[Any]]


def money_tables(
    reservations: list[Reservation],
    orders: list[ProductServiceOrder],
    hotels: list[Property],
    days: Days,
) -> Mapping[str, Make]:
    """Return how to make each table."""
    renamed = days.start + (days.end - days.start) / 2

    def each(records: Callable[[Property], list[ReferenceRecord]]) -> Make:
        return lambda: Table(record for hotel in hotels for record in records(hotel))

    def categories() -> Table[ReferenceRecord]:
        table = [record for hotel in hotels for record in _accounting_categories(hotel)]
        for hotel, record in zip(hotels, table[:: len(CLASSIFICATIONS)], strict=True):
            at = hotel.at(renamed, 12)
            record.change(at, UpdatedUtc=at, Name="Rooms")
        return Table(table)

    return {
        "order_items": lambda: order_item_table(reservations, orders, hotels, days.horizon),
        "accounting_categories": categories,
        "products": each(_products),
        "rates": each(_rates),
        "rate_groups": each(_rate_groups),
        "business_segments": each(_segments),
        "companies": lambda: Table(_companies(hotels[0])),
        "currencies": lambda: Table(_currencies(hotels[0])),
        "exchange_rates": each(lambda hotel: _exchange_rates(hotel, days)),
    }


def _record(
    prop: Property,
    record_id: str,
    stamps: tuple[str, ...] = ("CreatedUtc", "UpdatedUtc"),
    **fields: Any,
) -> ReferenceRecord:
    content = {"Id": record_id, **fields, **dict.fromkeys(stamps, prop.opened)}
    return ReferenceRecord(prop.id, prop.opened, content)


def _accounting_categories(prop: Property) -> list[ReferenceRecord]:
    catalogue = Catalogue(prop)
    return [
        _record(
            prop,
            str(catalogue.category_id(name)),
            EnterpriseId=prop.id,
            IsActive=True,
            Name=name,
            Code=f"{100 + number}",
            ExternalCode=f"X{number}",
            LedgerAccountCode=f"3111{number:02d}",
            PostingAccountCode=f"6020{number:02d}",
            CostCenterCode="2589",
            Classification=catalogue.classification(name),
        )
        for number, name in enumerate(CLASSIFICATIONS)
    ]


def _products(prop: Property) -> list[ReferenceRecord]:
    return [_product(prop, product, order) for order, product in enumerate(PRODUCTS)]


def _product(prop: Property, product: Product, order: int) -> ReferenceRecord:
    catalogue = Catalogue(prop)
    service = next(one for one in prop.services if one.key == product.service)
    return _record(
        prop,
        catalogue.product_id(product.key),
        ServiceId=service.id,
        CategoryId=None,
        AccountingCategoryId=catalogue.category_id(product.category),
        IsActive=True,
        IsDefault=product.is_default,
        Names={"en-US": product.name},
        ExternalNames={"en-US": product.name},
        ShortNames={"en-US": product.name[:4].upper()},
        Descriptions={},
        ChargingMode=product.charging,
        PostingMode="Once" if product.charging == "Once" else "PerTimeUnit",
        ConsumptionMoment=product.moment,
        Options={"BillAsPackage": False, "ExcludePriceFromOffer": False},
        Promotions=dict.fromkeys(("BeforeCheckIn", "AfterCheckIn", "DuringStay"), False),
        Classifications={
            "Food": product.category == "Food and beverage",
            "Beverage": product.key in {"minibar", "drinks"},
            "Wellness": product.category == "Wellness",
            "CityTax": False,
            "Fee": False,
        },
        Price=catalogue.price(product.cents or 0, product.taxes).payload(),
        ImageIds=[],
        Ordering=order,
        ExternalIdentifier=None,
        TaxExemptionReason=None,
        TaxExemptionLegalReference=None,
    )


def _rates(prop: Property) -> list[ReferenceRecord]:
    ids, number = prop.ids, prop.number
    return [
        _record(
            prop,
            ids("rate", (number, order)),
            ("UpdatedUtc",),
            GroupId=ids("rate group", (number, order % len(_GROUPS))),
            ServiceId=prop.stay.id,
            BaseRateId=ids("rate", (number, 0)) if order else None,
            IsBaseRate=order == 0,
            BusinessSegmentId=ids("segment", (number, order)),
            IsActive=True,
            IsEnabled=order != len(_RATES) - 1,
            IsPublic=kind == "Public",
            IsDefault=order == 0,
            Type=kind,
            Names={"en-US": name},
            ShortName="".join(word[0] for word in name.split()).upper(),
            ExternalNames={"en-US": name},
            Description={},
            ExternalIdentifier=None,
            TaxExemptionReason=None,
            TaxExemptionLegalReference=None,
        )
        for order, (name, kind) in enumerate(_RATES)
    ]


def _rate_groups(prop: Property) -> list[ReferenceRecord]:
    return [
        _record(
            prop,
            prop.ids("rate group", (prop.number, order)),
            ServiceId=prop.stay.id,
            IsActive=True,
            Ordering=order,
            Names={"en-US": name},
            ShortNames={"en-US": name[:3]},
            Descriptions={},
            ExternalIdentifier=None,
        )
        for order, name in enumerate(_GROUPS)
    ]


def _segments(prop: Property) -> list[ReferenceRecord]:
    return [
        _record(
            prop,
            prop.ids("segment", (prop.number, order)),
            ServiceId=prop.stay.id,
            IsActive=True,
            Name=name,
        )
        for order, name in enumerate(_SEGMENTS)
    ]


def _companies(prop: Property) -> list[ReferenceRecord]:
    """Return the companies and travel agencies of the chain.

    Each has a contact, an email and a note, which the pipeline must never store.
    """
    keys = [
        *(("company", n) for n in range(_COMPANIES)),
        *(("agency", n) for n in range(_AGENCIES)),
    ]
    return [
        _record(
            prop,
            prop.ids(kind, number),
            ChainId=prop.ids("chain", 0),
            Name=f"{'Acme Travel' if kind == 'agency' else 'Acme Industries'} {number}",
            IsActive=number != _COMPANIES - 1,
            MotherCompanyId=prop.ids("company", 0) if kind == "company" and number else None,
            MergeTargetId=None,
            Iata=f"9630{number:04d}" if kind == "agency" else None,
            Number=order + 1,
            Identifier=f"ID-{number}",
            TaxIdentifier=f"CZ6990000{number}",
            AdditionalTaxIdentifier=None,
            ElectronicInvoiceIdentifier=None,
            InvoiceDueInterval="P14D",
            AccountingCode=f"AC-{number}",
            BillingCode=None,
            AddressId=prop.ids("address", (kind, number)),
            Telephone=f"+420 777 000 {order:03d}",
            InvoicingEmail=f"invoices{order}@acme.example",
            # The vendor's own misspelling in its examples comes along with the documented name
            ContactPerson=f"Ms Contact {order}",
            ContacPerson=f"Ms Contact {order}",
            Contact=f"contact{order}@acme.example",
            Notes=f"Pays late, ask Ms Contact {order}",
            Options={"Invoiceable": True, "AddFeesToInvoices": False},
            CreditRating={"Basic": "CreditOk"},
            Department="Sales",
            DunsNumber="123456789",
            ReferenceIdentifier=None,
            WebsiteUrl="https://acme.example",
            ExternalIdentifier=f"company{order:04d}",
        )
        for order, (kind, number) in enumerate(keys)
    ]


def _currencies(prop: Property) -> list[ReferenceRecord]:
    return [
        ReferenceRecord(prop.id, prop.opened, {"Id": code, "Code": code, "Precision": precision})
        for code, precision in _CURRENCIES
    ]


def _exchange_rates(prop: Property, days: Days) -> list[ReferenceRecord]:
    """Return the rates, which change from week to week."""
    records = []
    for source, target, value in _EXCHANGE:
        rate_id = prop.ids("exchange rate", (prop.number, source, target))
        record = ReferenceRecord(
            prop.id,
            prop.opened,
            {
                "Id": rate_id,
                "EnterpriseId": prop.id,
                "SourceCurrency": source,
                "TargetCurrency": target,
                "Value": value,
            },
        )
        for week in range((days.end - days.start).days // 7):
            at = prop.at(days.start + timedelta(days=7 * week), 4)
            record.change(at, Value=round(value * (1 + ((week * 37) % 11 - 5) / 1000), 7))
        records.append(record)
    return records
