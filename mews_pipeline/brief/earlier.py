"""The brief of an earlier morning, by what the ledger of the published copy knows of it.

The ledger dates each change, so the books of an earlier instant, pickup and its reasons are exact.
Spaces, arrivals and what needed a hand are published as of now only, so this brief has none.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

from mews_pipeline.brief.content import BriefError, Limits, Morning, by_zone
from mews_pipeline.brief.rows import Row
from mews_pipeline.publish.published_copy import opened
from mews_pipeline.publish.report.figures import known_mornings, rows_of_morning

_AHEAD = (7, 30, 90)


def of_date(
    found: Sequence[Morning], analytics: Path, limits: Limits, wanted: date, at: time
) -> list[Morning]:
    """Return the briefs of a date: of the copy's own morning, or of an earlier one at that hour.

    Raises BriefError where the copy does not know that morning, and ReportError.
    """
    chosen = [morning for morning in found if morning.today == wanted]
    shown = {morning.time_zone for morning in chosen}
    hour = timedelta(hours=at.hour, minutes=at.minute)
    with opened(analytics) as copy:
        first, last = known_mornings(copy, hour)
        figures = rows_of_morning(copy, wanted, hour)
    figures |= {"properties": _with_books(figures), "hand": []}
    chosen += [
        replace(morning, is_earlier=True)
        for morning in by_zone(figures, limits)
        if morning.time_zone not in shown
    ]
    if not chosen:
        last = max([*(morning.today for morning in found), *([last] if last else [])], default=None)
        raise BriefError(_none_of(wanted, first, last))
    return sorted(chosen, key=lambda morning: morning.time_zone)


def _none_of(wanted: date, first: date | None, last: date | None) -> str:
    if first is None or last is None:
        return f"There is no brief of {wanted}: nothing was fetched yet."
    known = f"mornings from {first} to {last}" if first < last else f"the morning of {last} only"
    return f"There is no brief of {wanted}: the published copy knows {known}."


def _with_books(figures: dict[str, list[Row]]) -> list[Row]:
    """Add to each property its rooms of tonight and its room nights ahead."""
    nights: dict[str, list[Row]] = defaultdict(list)
    for night in figures["strip"]:
        nights[night["scope"]].append(night)
    return [row | _books(nights[row["scope"]]) for row in figures["properties"]]


def _books(nights: Sequence[Row]) -> Row:
    tonight = nights[0]
    ahead = {
        f"rooms_{days}": sum(night["rooms_occupied"] for night in nights[:days]) for days in _AHEAD
    }
    return ahead | {
        "rooms_occupied": tonight["rooms_occupied"],
        "spaces_usable": tonight["spaces_usable"],
        "units": None,
    }
