"""What a brief says: the figures of the report's morning screen, by time zone."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from mews_pipeline.brief import revenue
from mews_pipeline.brief.rows import Row, sums
from mews_pipeline.errors import PipelineError
from mews_pipeline.publish.published_copy import opened
from mews_pipeline.publish.report.figures import rows_of
from mews_pipeline.settings import BriefSettings

NIGHTS, MOVERS, RESTATED, HANDS = 14, 10, 10, 3
UTC = "UTC"
# Thresholds are per so many usable rooms, so that they suit hotels of any size
_PER_ROOMS = 100
_FIGURES = ("properties", "strip", "movers", "restatements", "hand", "money")
_ZONES = """
    select distinct coalesce(time_zone, $utc) from about where enterprise_id != 'all' order by 1
"""


class BriefError(PipelineError):
    """There is no such brief; the message says which there are."""


@dataclass(frozen=True)
class Limits:
    """From where on a line is red."""

    pickup_below: int
    cancelled_above: int

    @classmethod
    def of(cls, settings: BriefSettings) -> "Limits":
        """Take them from the settings."""
        return cls(settings.brief_pickup_below, settings.brief_cancelled_above)

    def is_red(self, pickup: int, cancelled: int, usable: int | None) -> bool:
        """Return whether the changes since yesterday of so many usable rooms are red.

        Where capacity is not known, it counts as a hundred rooms.
        """
        rooms = usable or _PER_ROOMS
        return (
            pickup * _PER_ROOMS < self.pickup_below * rooms
            or -cancelled * _PER_ROOMS > self.cancelled_above * rooms
        )


@dataclass(frozen=True)
class Morning:
    """The brief of the properties of one time zone; rows have the columns of the report's."""

    time_zone: str
    today: date
    # A total first where there are several
    properties: Sequence[Row]
    nights: Sequence[Row]
    movers: Sequence[Row]
    hands: Sequence[Row]
    # The last update that was published, UTC
    as_of: datetime
    # Closed nights that changed since yesterday, the latest first
    restated: Sequence[Row] = ()
    # By property and currency, where it is known; sums of several properties first
    revenue: Sequence[Row] = ()
    # Of the ledger alone: it has rooms, and neither spaces nor what needs a hand
    is_earlier: bool = False

    @property
    def title(self) -> str:
        """The subject of the message."""
        *_, last = self.properties
        several = len(self.properties) > 1
        who = (
            f"{len(self.properties) - 1:,} properties ({self.time_zone})"
            if several
            else last["name"]
        )
        return f"Morning brief, {self.today:%a %d %b %Y}: {' '.join(who.split())}"


def zones(analytics: Path) -> list[str]:
    """Return the time zones of the properties of a published copy. Raises ReportError."""
    with opened(analytics) as copy:
        return [zone for (zone,) in copy.execute(_ZONES, {"utc": UTC}).fetchall()]


def mornings(analytics: Path, limits: Limits, now: datetime | None = None) -> list[Morning]:
    """Read the briefs of a published copy, by time zone. Raises ReportError.

    A refresh that finds nothing new publishes nothing: `now` is then the instant that the copy
    still shows; by default it is the copy's own.
    """
    with opened(analytics) as copy:
        found = rows_of(copy, _FIGURES, now)
    return by_zone(found, limits)


def by_zone(found: dict[str, list[Row]], limits: Limits) -> list[Morning]:
    """Make the brief of each time zone from the figures of all properties."""
    zoned: dict[str, list[Row]] = defaultdict(list)
    for row in found["properties"]:
        if row["scope"] != "all":
            zoned[row["time_zone"] or UTC].append(row)
    return [_morning(zone, rows, found, limits) for zone, rows in sorted(zoned.items())]


def _morning(zone: str, rows: list[Row], found: dict[str, list[Row]], limits: Limits) -> Morning:
    of_zone = {row["scope"]: row for row in rows}
    strip = [night for night in found["strip"] if night["scope"] in of_zone]
    total = [_total(rows)] if len(rows) > 1 else []
    return Morning(
        time_zone=zone,
        today=max(row["today"] for row in rows),
        properties=[_marked(row, limits) for row in (*total, *rows)],
        nights=[_marked(night, limits) for night in _nights(strip, of_zone)],
        movers=[
            row | {"is_red": limits.is_red(row["rooms"], row["cancelled"], row["spaces_usable"])}
            for row in _moved_most(found["movers"], of_zone)
        ],
        as_of=max(row["as_of_utc"] for row in rows),
        hands=_hands(row for row in found["hand"] if row["scope"] in of_zone),
        restated=_restated(found["restatements"], of_zone),
        # An earlier morning has none: revenue by a definition is published as of now only
        revenue=revenue.of_properties(found.get("money", ()), of_zone),
    )


def _marked(row: Row, limits: Limits) -> Row:
    is_red = limits.is_red(row["pickup_1"], row.get("cancelled", 0), row["spaces_usable"])
    return row | {"is_red": is_red}


def _total(rows: Sequence[Row]) -> Row:
    """Add properties up, each at its own today; what one does not know is not known of all."""
    numbers = [name for name, value in rows[0].items() if _is_number(name, rows)]
    units = {row["units"] for row in rows if row["units"]}
    return (
        dict.fromkeys(rows[0])
        | sums(rows, numbers)
        | {
            "name": f"All {len(rows):,} together",
            "units": units.pop() if len(units) == 1 else "spaces",
            "today": max(row["today"] for row in rows),
        }
    )


def _is_number(name: str, rows: Sequence[Row]) -> bool:
    values = [row[name] for row in rows]
    return all(value is None or type(value) is int for value in values)


def _nights(strip: Sequence[Row], of_zone: dict[str, Row]) -> list[Row]:
    """Add the next nights of the properties up, by date."""
    by_date: dict[date, list[Row]] = defaultdict(list)
    for night in strip:
        if night["days_ahead"] < NIGHTS:
            today: date = of_zone[night["scope"]]["today"]
            by_date[today + timedelta(night["days_ahead"])].append(night)
    names = (
        "spaces_occupied", "spaces_usable", "rooms_left", "rooms_occupied", "pickup_1", "pickup_7",
    )  # fmt: skip
    return [
        sums(nights, names) | _on_last_year(nights) | {"stay_date": night}
        for night, nights in sorted(by_date.items())
    ][:NIGHTS]


def _on_last_year(nights: Sequence[Row]) -> Row:
    """Compare the properties that have a number for the same weekday last year."""
    known = [night for night in nights if night["rooms_last_year"] is not None]
    changes = [night["rooms_occupied"] - night["rooms_last_year"] for night in known]
    return {"on_last_year": sum(changes) if known else None}


def _moved_most(movers: Sequence[Row], of_zone: dict[str, Row]) -> list[Row]:
    """Rank the nights of all properties; those that moved alike keep the report's order."""
    own = [row for row in movers if row["scope"] in of_zone]
    return sorted(own, key=lambda row: -abs(row["rooms"]))[:MOVERS]


def _hands(rows: Iterable[Row]) -> list[Row]:
    by_kind: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_kind[row["kind"]].append(row)
    return [
        {
            "kind": kind,
            "cases": sum(row["cases"] for row in found),
            "hours_late": max((row["hours_late"] or 0) for row in found),
            "items": _longest(found),
        }
        for kind, found in sorted(by_kind.items())
    ]


def _longest(rows: Sequence[Row]) -> list[Row]:
    """Return the cases that wait longest, of all properties."""
    items = [item for row in rows for item in row["items"]]
    return sorted(items, key=lambda item: -(item["hours_late"] or 0))[:HANDS]


def _restated(rows: Sequence[Row], of_zone: dict[str, Row]) -> list[Row]:
    """Return the last changes of closed nights since yesterday, of all properties."""
    own = [
        row
        for row in rows
        if row["scope"] in of_zone
        and row["posted_at"] > of_zone[row["scope"]]["as_of_utc"] - timedelta(days=1)
    ]
    return sorted(own, key=lambda row: row["posted_at"], reverse=True)[:RESTATED]
