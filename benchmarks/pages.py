"""Render pages of records as Mews sends them, compressed before anything is measured.

Reservations and order items have every documented field; nulls are as frequent as in the sandbox.
"""

import gzip
import random
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

PAGE_ROWS = 1000
# All rows were updated on these days: one window of UpdatedUtc, within Mews' three months
FIRST_DAY = date(2026, 1, 1)
DAYS = 80

_RESERVATION = (
    '{"Id":"%s","ServiceId":"%s","AccountId":"%s","AccountType":"Customer",'
    '"CreatorProfileId":"%s","UpdaterProfileId":"%s","BookerId":"%s","Number":"%d","State":"%s",'
    '"Origin":"ChannelManager","CommanderOrigin":null,"OriginDetails":null,"CreatedUtc":"%s",'
    '"UpdatedUtc":"%s","CancelledUtc":%s,"VoucherId":null,"BusinessSegmentId":"%s","Options":{'
    '"OwnerCheckedIn":%s,"AllCompanionsCheckedIn":false,"AnyCompanionCheckedIn":false,'
    '"ConnectorCheckIn":false},"RateId":"%s","CreditCardId":null,"GroupId":"%s",'
    '"RequestedResourceCategoryId":"%s","AssignedResourceId":"%s","AvailabilityBlockId":null,'
    '"PartnerCompanyId":null,"TravelAgencyId":"%s","AssignedResourceLocked":false,'
    '"ChannelNumber":"TBB-%d","ChannelManagerNumber":"CM-%d","CancellationReason":%s,'
    '"ReleasedUtc":null,"StartUtc":"%s","EndUtc":"%s","ScheduledStartUtc":"%s",'
    '"ActualStartUtc":%s,"ScheduledEndUtc":"%s","ActualEndUtc":null,"Purpose":"Leisure",'
    '"QrCodeData":null,"PersonCounts":[{"AgeCategoryId":"%s","Count":%d},'
    '{"AgeCategoryId":"%s","Count":%d}]}'
)
_ORDER_ITEM = (
    '{"Id":"%s","EnterpriseId":"%s","ServiceId":"%s","ServiceOrderId":"%s","AccountId":"%s",'
    '"AccountType":"Customer","BillId":"%s","AccountingCategoryId":"%s","ExternalIdentifier":null,'
    '"Notes":null,"BillingName":"Night","Type":"%s","RevenueType":"Service",'
    '"AccountingState":"%s","UnitCount":1,"UnitAmount":%s,"Amount":%s,"OriginalAmount":%s,'
    '"CreatorProfileId":"%s","UpdaterProfileId":"%s","CreatedUtc":"%s","UpdatedUtc":"%s",'
    '"ConsumedUtc":"%s","CanceledUtc":%s,"ClosedUtc":null,"StartUtc":"%s","ClaimedUtc":null,'
    '"Options":{"CanceledWithReservation":%s},'
    '"Data":{"Discriminator":"Product","Value":{"ProductId":"%s","AgeCategoryId":null,'
    '"ProductType":"Product"}},"TaxExemptionReason":null,"TaxExemptionLegalReference":null}'
)
_AMOUNT = (
    '{"Currency":"EUR","NetValue":%.2f,"GrossValue":%.2f,'
    '"TaxValues":[{"Code":"NL-2019-R","Value":%.2f}],'
    '"Breakdown":{"Items":[{"TaxRateCode":"NL-2019-R","NetValue":%.2f,"TaxValue":%.2f}]}}'
)
_ITEM_TYPES = ("SpaceOrder", "ProductOrder", "ProductOrder", "CityTax")
_STATES = ("Confirmed", "Confirmed", "Processed", "Started", "Canceled")


def pages(rows: int, table: str = "reservations") -> Iterator[bytes]:
    """Yield the compressed body of each page, the same in every run; the last `Cursor` is null."""
    list_key, record = _LISTINGS[table]
    chance = random.Random(7)  # noqa: S311 - figures, no secrets
    pools = [[_uuid(chance) for _ in range(size)] for size in (20, 40, 60, 100, 2000, 30, 3)]
    last = (rows - 1) // PAGE_ROWS
    for number in range(last + 1):
        first = number * PAGE_ROWS
        records = (
            record(chance, pools, row, rows) for row in range(first, min(first + PAGE_ROWS, rows))
        )
        cursor = "null" if number == last else f'"{UUID(int=number + 1)}"'
        text = f'{{"{list_key}":[{",".join(records)}],"Cursor":{cursor}}}'
        yield gzip.compress(text.encode(), compresslevel=1, mtime=0)


def _uuid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _updated(row: int, rows: int) -> datetime:
    """Return the row's instant; the rows are spread evenly over the days."""
    first = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
    return first + timedelta(seconds=int(row * DAYS * 86_400 / rows))


def _reservation(chance: random.Random, pools: list[list[str]], row: int, rows: int) -> str:
    services, profiles, rates, categories, spaces, agencies, ages = map(chance.choice, pools)
    updated = _updated(row, rows)
    created = updated - timedelta(hours=chance.randrange(2000))
    start = updated + timedelta(hours=chance.randrange(2000))
    start_text, end_text = _instant(start), _instant(start + timedelta(days=2))
    state = _STATES[chance.randrange(len(_STATES))]
    cancelled = f'"{_instant(updated)}"' if state == "Canceled" else "null"
    started = f'"{start_text}"' if state in {"Processed", "Started"} else "null"
    return _RESERVATION % (
        _uuid(chance), services, _uuid(chance), profiles, profiles, _uuid(chance), row, state,
        _instant(created), _instant(updated), cancelled, rates,
        "true" if state == "Started" else "false", rates, _uuid(chance), categories, spaces,
        agencies, row, row, '"Other"' if state == "Canceled" else "null", start_text, end_text,
        start_text, started, end_text, ages, chance.randrange(1, 3), ages[::-1],
        chance.randrange(3),
    )  # fmt: skip


def _order_item(chance: random.Random, pools: list[list[str]], row: int, rows: int) -> str:
    services, profiles, products, categories, _, enterprises, _ = map(chance.choice, pools)
    updated = _updated(row, rows)
    created = updated - timedelta(hours=chance.randrange(2000))
    start = updated + timedelta(hours=chance.randrange(2000))
    net, tax = chance.randrange(500, 30_000) / 100, chance.randrange(50, 3_000) / 100
    amount = _AMOUNT % (net, net + tax, tax, net, tax)
    is_canceled = chance.randrange(5) == 0
    return _ORDER_ITEM % (
        _uuid(chance), enterprises, services, _uuid(chance), _uuid(chance), _uuid(chance),
        categories, chance.choice(_ITEM_TYPES), "Canceled" if is_canceled else "Open",
        amount, amount, amount, profiles, profiles, _instant(created), _instant(updated),
        _instant(start + timedelta(hours=2)), f'"{_instant(updated)}"' if is_canceled else "null",
        _instant(start), "true" if is_canceled else "false", products,
    )  # fmt: skip


_Render = Callable[[random.Random, list[list[str]], int, int], str]
# By raw table: the key of a page's list, and how a record is rendered
_LISTINGS: dict[str, tuple[str, _Render]] = {
    "reservations": ("Reservations", _reservation),
    "order_items": ("OrderItems", _order_item),
}
