"""Render pages of reservations as Mews sends them, compressed before anything is measured.

They have every documented field of reservations; nulls are as frequent as in the sandbox.
"""

import gzip
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

PAGE_ROWS = 1000
# All rows were updated on these days: one window of UpdatedUtc, within Mews' three months
FIRST_DAY = date(2026, 1, 1)
DAYS = 80

_RECORD = (
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
_STATES = ("Confirmed", "Confirmed", "Processed", "Started", "Canceled")


def pages(rows: int) -> Iterator[bytes]:
    """Yield the compressed body of each page, the same in every run; the last `Cursor` is null."""
    chance = random.Random(7)  # noqa: S311 - figures, no secrets
    pools = [[_uuid(chance) for _ in range(size)] for size in (20, 40, 60, 100, 2000, 30, 3)]
    last = (rows - 1) // PAGE_ROWS
    for number in range(last + 1):
        first = number * PAGE_ROWS
        records = (
            _record(chance, pools, row, rows) for row in range(first, min(first + PAGE_ROWS, rows))
        )
        cursor = "null" if number == last else f'"{UUID(int=number + 1)}"'
        text = f'{{"Reservations":[{",".join(records)}],"Cursor":{cursor}}}'
        yield gzip.compress(text.encode(), compresslevel=1, mtime=0)


def _uuid(chance: random.Random) -> str:
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _record(chance: random.Random, pools: list[list[str]], row: int, rows: int) -> str:
    services, profiles, rates, categories, spaces, agencies, ages = map(chance.choice, pools)
    updated = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC) + timedelta(
        seconds=int(row * DAYS * 86_400 / rows)
    )
    created = updated - timedelta(hours=chance.randrange(2000))
    start = updated + timedelta(hours=chance.randrange(2000))
    start_text, end_text = _instant(start), _instant(start + timedelta(days=2))
    state = _STATES[chance.randrange(len(_STATES))]
    cancelled = f'"{_instant(updated)}"' if state == "Canceled" else "null"
    started = f'"{start_text}"' if state in {"Processed", "Started"} else "null"
    return _RECORD % (
        _uuid(chance), services, _uuid(chance), profiles, profiles, _uuid(chance), row, state,
        _instant(created), _instant(updated), cancelled, rates,
        "true" if state == "Started" else "false", rates, _uuid(chance), categories, spaces,
        agencies, row, row, '"Other"' if state == "Canceled" else "null", start_text, end_text,
        start_text, started, end_text, ages, chance.randrange(1, 3), ages[::-1],
        chance.randrange(3),
    )  # fmt: skip
