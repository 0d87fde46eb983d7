"""Read and validate the parts of a request body.

Limits: docs/mews-api.md, "Requests", "Time intervals" and "Paging".
"""

import re
from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from mews_pipeline.sandbox.server.options import Bounds
from mews_pipeline.sandbox.server.refusals import BAD_REQUEST, Refusal, invalid

Body = Mapping[str, Any]
MAX_ITEMS, MAX_ITEMS_SHORT = 1000, 100
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)
_MONTHS = 3


@dataclass(frozen=True)
class TimeFilter:
    """A time filter; None is an open end. An interval that ends where it starts means equality."""

    start: datetime | None
    end: datetime | None

    def holds(self, instant: datetime | None, bounds: Bounds) -> bool:
        """Tell whether an instant is within the interval, given the server's kind of bounds."""
        if instant is None:
            return False
        if self.start is not None and self.start == self.end:
            return instant == self.start
        if self.start is not None and (
            instant <= self.start if bounds == "exclusive-lower" else instant < self.start
        ):
            return False
        if self.end is None:
            return True
        return instant <= self.end if bounds == "inclusive" else instant < self.end


@dataclass(frozen=True)
class PageRequest:
    """The number of records wanted, and the id that they follow."""

    count: int
    cursor: str | None


def text(body: Body, name: str) -> str:
    """Return a required text."""
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(name, f"The field {name} is required.")
    return value


def uuid(value: object, name: str) -> str:
    """Return an id in lower case."""
    if not isinstance(value, str) or not _UUID.fullmatch(value):
        raise invalid(name, "A value is not a valid unique identifier.")
    return value.lower()


def texts(body: Body, name: str, max_items: int) -> frozenset[str] | None:
    """Return the values of a list filter: 1 to `max_items` texts, None where it is not given."""
    values = body.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise invalid(name, "A list of texts is expected.")
    if not 1 <= len(values) <= max_items:
        raise invalid(name, f"The number of items must be between 1 and {max_items}.")
    return frozenset(values)


def ids(body: Body, name: str, max_items: int = MAX_ITEMS) -> frozenset[str] | None:
    """Return the ids of a list filter: 1 to `max_items`, None where it is not given."""
    values = texts(body, name, max_items)
    return None if values is None else frozenset(uuid(value, name) for value in values)


def choices(body: Body, name: str, allowed: Collection[str]) -> frozenset[str] | None:
    """Return the distinct values of an enum filter, None where it is not given."""
    values = body.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise invalid(name, "A list of texts is expected.")
    if len(set(values)) < len(values) or not set(values) <= set(allowed):
        raise invalid(name, f"Allowed values, each at most once: {', '.join(allowed)}.")
    return frozenset(values)


def instant(value: object, name: str) -> datetime:
    """Return an instant given in ISO 8601 with an offset, with or without fractions."""
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        parsed = None
    if parsed is None or parsed.tzinfo is None:
        raise invalid(name, "A date and time in UTC is expected.")
    return parsed.astimezone(UTC)


def interval(body: Body, name: str) -> TimeFilter | None:
    """Return a time filter of at most three months and a day, None where it is not given."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, dict):
        raise invalid(name, "An interval is expected.")
    start, end = (
        None if value.get(key) is None else instant(value[key], name)
        for key in ("StartUtc", "EndUtc")
    )
    if start is not None and end is not None:
        if end < start:
            raise invalid(name, "The interval ends before it starts.")
        if end > _months_later(start) + timedelta(days=1):
            raise Refusal(BAD_REQUEST, "The interval must not exceed 3M1D.", name)
    return TimeFilter(start, end)


def limitation(body: Body) -> PageRequest:
    """Return the required Limitation: Count from 1 to 1000, Cursor an id or null."""
    value = body.get("Limitation")
    if not isinstance(value, dict):
        raise invalid("Limitation", "The field Limitation is required.")
    count, cursor = value.get("Count"), value.get("Cursor")
    if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MAX_ITEMS:
        raise invalid("Limitation.Count", f"Count must be between 1 and {MAX_ITEMS}.")
    return PageRequest(count, None if cursor is None else uuid(cursor, "Limitation.Cursor"))


def _months_later(start: datetime) -> datetime:
    month = start.month - 1 + _MONTHS
    year, month = start.year + month // 12, month % 12 + 1
    return start.replace(year=year, month=month, day=min(start.day, monthrange(year, month)[1]))
