"""Instants and intervals as Mews' filters take them, and cutting of long ones."""

import calendar
import re
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)
from pydantic.dataclasses import dataclass

MAX_MONTHS = 3
# The docs say three months, Mews' own error 3M1D (docs/mews-api.md, "Time intervals"): a second
# before and after three months fits between the two. Where it does not, the client requests less.
ALLOWANCE = timedelta(seconds=2)
SHORTEST_WINDOW = timedelta(minutes=1)
# How far the earlier of two parts reaches past the cut: a server whose bounds are exclusive at both
# ends would otherwise hide records exactly on it. Instants come in whole seconds.
OVERLAP = timedelta(seconds=1)


def api_text(instant: datetime) -> str:
    """Write an instant as Mews does: `2023-04-01T00:00:00Z`, milliseconds only for a fraction.

    Source: docs/mews-api.md, "Instants and durations".
    """
    timespec = "milliseconds" if instant.microsecond else "seconds"
    return instant.astimezone(UTC).isoformat(timespec=timespec).replace("+00:00", "Z")


def _is_dated(value: object) -> object:
    # pydantic would read "5" as five seconds after 1970
    if isinstance(value, datetime) or (isinstance(value, str) and re.match(r"\d{4}-\d\d", value)):
        return value
    raise ValueError("an instant such as 2023-04-01T00:00:00Z is needed")


Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_is_dated),
    AfterValidator(lambda instant: instant.astimezone(UTC)),
    PlainSerializer(api_text),
]


@dataclass(frozen=True, config=ConfigDict(validate_by_name=True, extra="forbid"))
class Interval:
    """A time interval of a filter; either end may be left open, in which case it is not sent.

    Mews reads it as half-open, `start <= t < end`; `start == end` means that instant
    (docs/mews-api.md, "Time intervals"; older docs say inclusive: do not rely on the bounds). Any
    length: request models refuse what is longer than Mews takes, `splitting.split` cuts it first.
    Raises pydantic's ValidationError (a ValueError) for naive instants and for an end before
    the start.
    """

    start: Instant | None = Field(
        default=None,
        validation_alias="StartUtc",
        serialization_alias="StartUtc",
    )
    end: Instant | None = Field(
        default=None,
        validation_alias="EndUtc",
        serialization_alias="EndUtc",
    )

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.start is None and self.end is None:
            raise ValueError("a start or an end is needed")
        if self.start is not None and self.end is not None and self.end < self.start:
            raise ValueError(f"it ends ({self.end}) before it starts ({self.start})")
        return self


def months_after(instant: datetime, months: int = MAX_MONTHS) -> datetime:
    """Return the same wall-clock instant that many calendar months later, or the last day."""
    year, month = divmod(instant.year * 12 + instant.month - 1 + months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return instant.replace(year=year, month=month + 1, day=min(instant.day, last_day))


def is_too_long(interval: Interval, allowance: timedelta = ALLOWANCE) -> bool:
    """Return whether a closed interval is longer than three calendar months and the allowance."""
    if interval.start is None or interval.end is None:
        return False
    return interval.end > months_after(interval.start) + allowance


def windows(
    interval: Interval, margin: timedelta = timedelta(0), overlap: timedelta = timedelta(0)
) -> list[Interval]:
    """Cut an interval into consecutive windows that Mews takes, oldest first.

    Cuts fall on UTC midnights. Each window begins where the one before it ends, or `overlap`
    earlier: with OVERLAP nothing falls between them whichever bounds the server has, and what lies
    at the cut may come twice. None is too long when widened by `margin` on either side. An
    open interval is returned as it is.
    """
    if interval.start is None or interval.end is None:
        return [interval]
    cut, start, end = [], interval.start, interval.end
    while is_too_long(Interval(start - margin, end + margin)):
        limit = months_after(start - margin) + ALLOWANCE - margin - overlap
        boundary = limit.replace(hour=0, minute=0, second=0, microsecond=0)
        cut.append(Interval(start, boundary + overlap))
        start = boundary
    return [*cut, Interval(start, end)]


def halves(interval: Interval) -> list[Interval]:
    """Cut a closed interval in two that overlap by OVERLAP, oldest first.

    None when they would be under a minute.
    """
    if interval.start is None or interval.end is None:
        return []
    length = interval.end - interval.start
    if length < 2 * SHORTEST_WINDOW:
        return []
    middle = (interval.start + length / 2).replace(microsecond=0)
    return [Interval(interval.start, middle + OVERLAP), Interval(middle, interval.end)]
