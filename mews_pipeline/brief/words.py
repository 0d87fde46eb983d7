"""The words and numbers that a brief has as text and as HTML."""

from datetime import date
from zoneinfo import ZoneInfo

from mews_pipeline.brief.content import Morning, Row

UNKNOWN = "?"
_REASONS = {
    "new": "new", "converted": "converted", "reinstated": "reinstated", "moved": "moved",
    "cancelled": "cancelled", "no_show": "no-show",
}  # fmt: skip
_HOURS_OF_DAYS = 48
_PLURALS = {
    "overdue arrival": "overdue arrivals",
    "overdue departure": "overdue departures",
    "option past its release": "options past their release",
    "gap in the data": "gaps in the data",
}


def whole(value: int | None) -> str:
    """Write a count."""
    return UNKNOWN if value is None else f"{value:,}"


def signed(value: int | None) -> str:
    """Write a change."""
    if value is None:
        return UNKNOWN
    return f"{value:+,}".replace("-", "−") if value else "±0"  # noqa: RUF001


def share(part: int | None, of: int | None) -> str:
    """Write a ratio in percent."""
    return UNKNOWN if part is None or not of else f"{part / of:.1%}"


def parts(part: int | None, of: int | None) -> str:
    """Write the numerator and denominator of a ratio."""
    return f"{whole(part)} of {whole(of)}"


def day(value: date) -> str:
    """Write a date."""
    return f"{value:%a} {value.day} {value:%b}"


def name(row: Row) -> str:
    """Return the name of a property on one line, with the mark of one that is not fetched."""
    shown = " ".join(row["name"].split())
    return f"{shown} (not fetched for 30 days)" if row["is_stopped"] else shown


def as_of(morning: Morning) -> str:
    """Say how far the figures reach, on the properties' clock."""
    at = morning.as_of.astimezone(zone(morning.time_zone))
    return f"Changes up to {day(at)}, {at:%H:%M}"


def zone(name: str) -> ZoneInfo:
    """Return a time zone; UTC where Mews names one that nobody knows."""
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        return ZoneInfo("UTC")


def why(row: Row) -> str:
    """Give the reasons of a change, with their room nights."""
    found = [f"{signed(row[key])} {word}" for key, word in _REASONS.items() if row[key]]
    return ", ".join(found)


def hand(row: Row) -> str:
    """Say what somebody has to act on."""
    kind = _PLURALS.get(row["kind"], row["kind"]) if row["cases"] != 1 else row["kind"]
    return f"{whole(row['cases'])} {kind} (longest {_late(row['hours_late'])})"


def restated(row: Row) -> str:
    """Say how many changes closed nights had."""
    changes = row["restated_1"]
    return f"{whole(changes)} {'change' if changes == 1 else 'changes'} of closed nights"


def _late(hours: float) -> str:
    return f"{hours:.0f} hours" if hours < _HOURS_OF_DAYS else f"{hours / 24:.0f} days"
