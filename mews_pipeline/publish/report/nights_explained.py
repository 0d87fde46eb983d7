"""How the numbers of the nights around today came to be, for the report's pages of a night."""

from dataclasses import asdict
from typing import Any

import duckdb

from mews_pipeline.publish.explain import Explained, explained_nights

DAYS_BACK, DAYS_AHEAD = 7, 13
# More room nights than this would make the page too large: the terminal explains them
MOST_ROOM_NIGHTS = 60_000
_NIGHTS = f"""
    select min(today) - {DAYS_BACK}, max(today) + {DAYS_AHEAD}, sum(rooms_occupied)
    from todays
    inner join about on scope = about.enterprise_id and not is_stopped
    left join marts.rpt_portfolio_daily as portfolio
        on scope = portfolio.enterprise_id
        and stay_date between today - {DAYS_BACK} and today + {DAYS_AHEAD}
    where scope != 'all'
"""


def nights_explained(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the explained nights of each property, or none where there would be too many.

    The connection must have the table `todays` of the report.
    """
    first, last, room_nights = connection.execute(_NIGHTS).fetchall()[0]
    if first is None or (room_nights or 0) > MOST_ROOM_NIGHTS:
        return []
    todays = dict(connection.execute("select scope, today from todays").fetchall())
    return [
        _row(found)
        for found in explained_nights(connection, first, last)
        if found.night.enterprise_id in todays
        and -DAYS_BACK <= (found.night.night - todays[found.night.enterprise_id]).days <= DAYS_AHEAD
    ]


def _row(found: Explained) -> dict[str, Any]:
    night = found.night
    is_closed = night.closed_at is not None and night.closed_at <= night.as_of
    return {
        "scope": night.enterprise_id,
        "stay_date": night.night,
        **{name: value for name, value in asdict(night).items() if name.startswith("spaces_")},
        "rooms_left": night.rooms_left,
        "rooms": found.rooms,
        "rooms_optional": found.rooms_optional,
        "guests": found.guests,
        "closed_at": night.closed_at if is_closed else None,
        "rooms_at_close": found.rooms_at_close if is_closed else None,
        "late": len(found.late),
        "capacity": [asdict(period) for period in found.capacity],
        "postings": [
            asdict(posting) for group in _groups(found) for posting in group
        ],
        "mews": [asdict(count) for count in found.mews],
        "revenue": [asdict(each) for each in found.revenue],
    }  # fmt: skip


def _groups(found: Explained) -> list[Any]:
    """Return the postings by reservation, those that hold the night first."""
    return sorted(
        found.by_reservation.values(),
        key=lambda group: (sum(posting.rooms for posting in group) == 0, group[0].posted_at),
    )
