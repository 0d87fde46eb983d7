"""Serve reservations cheaply, by putting numbers into one rendered page.

The pipeline is what is measured, not this server. `python benchmarks/far_side.py ROWS LIMIT` prints
its port. ROWS are spread over the days of 2025; LIMIT requests are accepted per 30 seconds and
access token (0: any number). GET / returns the counts of requests so far.
"""

import asyncio
import sys
from collections import Counter, defaultdict, deque
from datetime import UTC, date, datetime, timedelta
from email.utils import formatdate
from time import monotonic
from typing import Any

import orjson

ROWS_IN_A_PAGE = 1000
YEAR, DAYS = date(2025, 1, 1), 365
WINDOW_SECONDS = 30.0
_NUMBER, _DAY = b"#NUMBER#", b"2099-12-31"


def reservation(row: int) -> dict[str, Any]:
    """Return one record, as long as the vendor's example."""
    at = f"{_DAY.decode()}T{row % 24:02}:{row % 60:02}:{row // 60 % 60:02}Z"
    own = f"{_NUMBER.decode()}-0000-4000-8000-{row:012}"
    other = f"{row:08}-1111-4000-8000-000000000000"
    nullable = ("CancelledUtc", "VoucherId", "BookerId", "CreditCardId", "CancellationReason")
    return {
        "Id": own, "ServiceId": "bd26d8db-86da-4f96-9efc-e5a4654a4a94", "AccountId": own,
        "AccountType": "Customer", "CreatorProfileId": other, "UpdaterProfileId": other,
        "Number": str(row), "State": ("Confirmed", "Started", "Processed")[row % 3],
        "Origin": "ChannelManager", "CommanderOrigin": None, "OriginDetails": "Booking.com",
        "CreatedUtc": at, "UpdatedUtc": at, "BusinessSegmentId": other,
        "Options": dict.fromkeys(
            ("OwnerCheckedIn", "AllCompanionsCheckedIn", "AnyCompanionCheckedIn",
             "ConnectorCheckIn"), False),
        "RateId": other, "GroupId": own, "RequestedResourceCategoryId": other,
        "AssignedResourceId": other, "AvailabilityBlockId": None, "PartnerCompanyId": None,
        "TravelAgencyId": other, "AssignedResourceLocked": False, "ChannelNumber": f"TW{row}",
        "ChannelManagerNumber": "", "ReleasedUtc": None, "StartUtc": at, "EndUtc": at,
        "ScheduledStartUtc": at, "ActualStartUtc": None, "ScheduledEndUtc": at,
        "ActualEndUtc": None, "Purpose": "Leisure", "QrCodeData": None,
        "PersonCounts": [
            {"AgeCategoryId": "1f67644f-052d-4863-acdf-ae1600c60ca0", "Count": 2},
            {"AgeCategoryId": "ab58c939-be30-4a60-8f75-ae1600c60c9f", "Count": 1}],
    } | dict.fromkeys(nullable)  # fmt: skip


class Far:
    """Respond to requests for reservations by UpdatedUtc; count them, and those over the limit."""

    def __init__(self, rows: int, limit: int) -> None:
        self._pages_a_day = rows / ROWS_IN_A_PAGE / DAYS
        self._limit = limit
        self._page = orjson.dumps([reservation(row) for row in range(ROWS_IN_A_PAGE)])
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)
        self.statuses: Counter[str] = Counter()
        self._first = self._last = 0.0

    def answer(self, body: bytes) -> tuple[int, bytes]:
        """Return the status and the body of a response."""
        if not body:
            seconds = self._last - self._first
            return 200, orjson.dumps({"Statuses": self.statuses, "Seconds": seconds})
        asked = orjson.loads(body)
        self._last = monotonic()
        self._first = self._first or self._last
        status = 200 if self._is_within_the_limit(asked["AccessToken"]) else 429
        self.statuses[str(status)] += 1
        if status != 200:  # noqa: PLR2004
            return status, b"{}"
        return 200, self._content(asked)

    def _is_within_the_limit(self, token: str) -> bool:
        taken, now = self._taken[token], monotonic()
        while taken and taken[0] <= now - WINDOW_SECONDS:
            taken.popleft()
        if self._limit and len(taken) >= self._limit:
            return False
        taken.append(now)
        return True

    def _content(self, asked: dict[str, Any]) -> bytes:
        window = asked["UpdatedUtc"]
        first, last = (
            (datetime.fromisoformat(window[end]) - datetime.combine(YEAR, datetime.min.time(), UTC))
            / timedelta(days=1)
            for end in ("StartUtc", "EndUtc")
        )
        # The year's pages that begin in the window, newest first, as Mews returns them
        begin, end = (round(max(0.0, min(day, DAYS)) * self._pages_a_day) for day in (first, last))
        cursor = asked["Limitation"].get("Cursor")
        number = int(cursor[:8], 16) - 1 if cursor else end - 1
        if number < begin:
            return b'{"Reservations":[],"Cursor":null}'
        day = YEAR + timedelta(days=int((number + 0.5) / self._pages_a_day))
        page = self._page.replace(_NUMBER, b"%08x" % number)
        page = page.replace(_DAY, day.isoformat().encode())
        cursor = f"{number:08x}-0000-4000-8000-000000000000"
        return b'{"Reservations":%b,"Cursor":"%b"}' % (page, cursor.encode())


async def serve(far: Far) -> None:
    """Serve on a free loopback port, and print its number."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                _, found, rest = head.partition(b"content-length: ")
                body = await reader.readexactly(int(rest.split(b"\r\n")[0])) if found else b""
                status, content = far.answer(body)
                date_header = formatdate(usegmt=True)
                writer.write(
                    f"HTTP/1.1 {status} -\r\nContent-Type: application/json\r\n"
                    f"Date: {date_header}\r\nContent-Length: {len(content)}\r\n\r\n".encode()
                )
                writer.write(content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(Far(rows=int(sys.argv[1]), limit=int(sys.argv[2]))))
