"""The words and numbers that a brief has as text and as HTML."""

from datetime import date
from zoneinfo import ZoneInfo

from mews_pipeline.brief.content import Morning
from mews_pipeline.brief.rows import Row

UNKNOWN = "?"
NOT_OF_EARLIER = (
    "Spaces, arrivals and departures, revenue, and what needed a hand are known as of now only."
)
# Enough to find a booking in the report, which has whole ids
_ID_LENGTH = 8
_REASONS = {
    "new": "new", "converted": "converted", "reinstated": "reinstated", "moved": "moved",
    "cancelled": "cancelled", "no_show": "no-show",
}  # fmt: skip
_REVENUE_REASONS = {
    "new": "new", "cancelled": "cancelled", "rate_change": "change of rate", "rebate": "rebate",
    "moved": "moved",
}  # fmt: skip
_HOURS_OF_DAYS = 48
_PLURALS = {
    "overdue arrival": "overdue arrivals",
    "overdue departure": "overdue departures",
    "option past its release": "options past their release",
    "gap in the data": "gaps in the data",
}


def whole(value: float | None) -> str:
    """Write a count, or an amount in whole units."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def signed(value: float | None) -> str:
    """Write a change."""
    if value is None:
        return UNKNOWN
    return f"{value:+,.0f}".replace("-", "−") if round(value) else "±0"  # noqa: RUF001


def per(part: float, of: int | None) -> str:
    """Write an amount per room."""
    return f"{part / of:,.2f}" if of else UNKNOWN


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
    shown = line(row["name"])
    return f"{shown} (not fetched for 30 days)" if row["is_stopped"] else shown


def as_of(morning: Morning) -> str:
    """Say how far the figures reach, on the properties' clock."""
    at = morning.as_of.astimezone(zone(morning.time_zone))
    shown = f"{day(at)}, {at:%H:%M}"
    return f"The books of {shown}, as known now" if morning.is_earlier else f"Changes up to {shown}"


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


def why_revenue(row: Row) -> str:
    """Give the reasons of a change of revenue, with their amounts."""
    found = [f"{signed(row[key])} {word}" for key, word in _REVENUE_REASONS.items() if row[key]]
    return ", ".join(found)


def definition(morning: Morning) -> str:
    """Name what counts as revenue."""
    return f"definite, net, by the definition {line(morning.revenue[0]['definition'])}"


def bookings(row: Row, most: int) -> list[str]:
    """Describe the bookings behind a night's change, the latest first, and count the others."""
    shown = row["items"][:most]
    return [*map(_booking, shown), *more(len(shown), row["bookings"])]


def cases(row: Row) -> list[str]:
    """Describe the longest cases of what needs a hand, and count the others."""
    shown = [_case(item) for item in row["items"]]
    # An item of gaps is an operation, which may have several
    return [*shown, *([] if row["kind"] == "gap in the data" else more(len(shown), row["cases"]))]


def closed(row: Row, *, is_earlier: bool) -> str:
    """Describe a change of a closed night; an earlier morning knows its number at closing only."""
    now = "" if is_earlier else f", {whole(row['rooms_now'])} now"
    return (
        f"{signed(row['rooms'])} {row['reason']}, {line(row['category'])} "
        f"({whole(row['rooms_at_close'])} at close{now})"
    )


def more(shown: int, of: int) -> list[str]:
    """Say how many are left out, if any."""
    return [f"and {of - shown:,} more"] if of > shown else []


def line(text: str) -> str:
    """Put a text of others on one line."""
    return " ".join(text.split())


def hand(row: Row) -> str:
    """Say what somebody has to act on."""
    kind = _PLURALS.get(row["kind"], row["kind"]) if row["cases"] != 1 else row["kind"]
    return f"{whole(row['cases'])} {kind} (longest {_late(row['hours_late'])})"


def restated(row: Row) -> str:
    """Say how many changes closed nights had."""
    changes = row["restated_1"]
    return f"{whole(changes)} {'change' if changes == 1 else 'changes'} of closed nights"


def _booking(item: Row) -> str:
    stay = f"{_date(item['arrival'])} to {_date(item['departure'])}"
    what = f"{signed(item['rooms'])} {item['reason']}, {line(item['category'])}, {stay}"
    return f"{what} ({item['reservation_id'][:_ID_LENGTH]})"


def _case(item: Row) -> str:
    found = f"{line(item['property'])}, {line(item['what'])}, {_late(item['hours_late'] or 0)}"
    number = item["reservation_id"]
    return f"{found} ({number[:_ID_LENGTH]})" if number else found


def _date(value: date | None) -> str:
    return f"{value.day} {value:%b}" if value else UNKNOWN


def _late(hours: float) -> str:
    return f"{hours:.0f} hours" if hours < _HOURS_OF_DAYS else f"{hours / 24:.0f} days"
