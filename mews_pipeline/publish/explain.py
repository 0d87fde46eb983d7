"""How the number of a night came to be: its postings, its spaces, and what Mews counted.

Everything is read from the published copy. The command `mews-pipeline explain` prints it, and the
report embeds it.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

import duckdb

from mews_pipeline.errors import PipelineError
from mews_pipeline.publish.money import make_money
from mews_pipeline.publish.published_copy import sql

_DEFINITE, _OPTIONAL = "definite", "optional"


class ExplainError(PipelineError):
    """There is no number to explain; the message says which nights have one."""


@dataclass(frozen=True)
class CapacityPeriod:
    """Nights in which a category had equal numbers of spaces; None where they are not known.

    `change` is what changed with the first night: spaces added or removed, blocks begun or ended.
    """

    category: str
    first_night: date
    last_night: date
    spaces_active: int | None
    spaces_out_of_order: int | None
    spaces_house_use: int | None
    change: str
    is_in_force: bool


@dataclass(frozen=True)
class Posting:
    """What one change of a reservation added to the night, or took from it.

    `posted_at` is the moment of the change and `known_at` that of its landing here. A late posting
    changed a night that was closed. `state` is the state of the reservation now.
    """

    posted_at: datetime
    known_at: datetime
    reservation_id: str
    state: str | None
    category: str
    bucket: str
    reason: str
    is_inferred: bool
    rooms: int
    guests: int
    is_late: bool


@dataclass(frozen=True)
class MewsCount:
    """What Mews counted for a category, and our books at the instant of its snapshot."""

    category: str
    snapshot_utc: datetime
    mews_confirmed: int | None
    mews_optional: int | None
    mews_occupied: int | None
    rooms_occupied: int
    rooms_optional: int


@dataclass(frozen=True)
class Revenue:
    """What the night has in one currency: definite, net, by a definition.

    In another currency than the property's own there are no rooms.
    """

    definition: str
    currency: str
    is_default_currency: bool
    rooms_available: int | None
    rooms_sold: int | None
    room_revenue: float
    total_revenue: float

    def per(self, rooms: int | None) -> float | None:
        """Divide the revenue of rooms by rooms: those sold for ADR, those available for RevPAR."""
        return self.room_revenue / rooms if rooms else None


@dataclass(frozen=True)
class Night:
    """The published numbers of a night; spaces that were taken are not known of an earlier instant.

    `as_of` is the instant of the books, `closed_at` the end of the business day.
    """

    enterprise_id: str
    property: str
    night: date
    as_of: datetime
    closed_at: datetime | None
    units: str
    spaces_active: int | None
    spaces_out_of_order: int | None
    spaces_house_use: int | None
    spaces_usable: int | None
    spaces_occupied: int | None
    spaces_optional: int | None
    rooms_left: int | None
    occupancy_mews: float | None
    occupancy_usali: float | None


@dataclass(frozen=True)
class Explained:
    """The number of a night and all that it is made of.

    Revenue is that of now: there is none of an earlier instant, or where it is not known.
    """

    night: Night
    capacity: list[CapacityPeriod]
    postings: list[Posting]
    mews: list[MewsCount]
    revenue: list[Revenue]

    @property
    def rooms(self) -> int:
        """The definite rooms on the books."""
        return sum(posting.rooms for posting in self.postings if posting.bucket == _DEFINITE)

    @property
    def rooms_optional(self) -> int:
        """The optional rooms on the books."""
        return sum(posting.rooms for posting in self.postings if posting.bucket == _OPTIONAL)

    @property
    def guests(self) -> int:
        """The guests of the definite rooms."""
        return sum(posting.guests for posting in self.postings if posting.bucket == _DEFINITE)

    @property
    def late(self) -> list[Posting]:
        """The postings after the night was closed."""
        return [posting for posting in self.postings if posting.is_late]

    @property
    def rooms_at_close(self) -> int:
        """The definite rooms when the night was closed."""
        return self.rooms - sum(posting.rooms for posting in self.late)

    @property
    def by_reservation(self) -> dict[str, list[Posting]]:
        """The postings of each reservation, the earliest first."""
        found: dict[str, list[Posting]] = defaultdict(list)
        for posting in self.postings:
            found[posting.reservation_id].append(posting)
        return dict(found)


def explained(
    connection: duckdb.DuckDBPyConnection,
    enterprise_id: str,
    night: date,
    as_of: datetime | None = None,
) -> Explained:
    """Explain the number of a property's night, as of an instant or as published.

    The connection is to the published copy. Raises ExplainError for a night without a number.
    """
    found = explained_nights(connection, night, night, enterprise_id, as_of)
    if not found:
        raise ExplainError(_without_number(connection, enterprise_id, night))
    return found[0]


def explained_nights(
    connection: duckdb.DuckDBPyConnection,
    first: date,
    last: date,
    enterprise_id: str | None = None,
    as_of: datetime | None = None,
) -> list[Explained]:
    """Explain all nights from the first to the last one, of one property or of each."""
    values = {"first": first, "last": last, "property": enterprise_id}
    instant = {"as_of": as_of}
    capacity = _by_night(connection, "capacity", CapacityPeriod, values)
    postings = _by_night(connection, "postings", Posting, values | instant)
    mews = _by_night(connection, "mews", MewsCount, values)
    revenue: Mapping[tuple[str, date], list[Revenue]] = {}
    if as_of is None:
        make_money(connection)
        revenue = _by_night(connection, "revenue", Revenue, values)
    result = []
    for row in _rows(connection, "nights", values | instant):
        night = Night(**row)
        key = night.enterprise_id, night.night
        result.append(
            Explained(night, capacity[key], postings[key], mews[key], revenue.get(key, []))
        )
    return result


class _Part(Protocol):
    def __init__(self, **values: Any) -> None: ...


AnyPart = TypeVar("AnyPart", bound=_Part)


def _by_night(
    connection: duckdb.DuckDBPyConnection, query: str, kind: type[AnyPart], values: dict[str, Any]
) -> dict[tuple[str, date], list[AnyPart]]:
    found: dict[tuple[str, date], list[AnyPart]] = defaultdict(list)
    for row in _rows(connection, query, values):
        key = row.pop("enterprise_id"), row.pop("night")
        found[key].append(kind(**row))
    return found


def _rows(
    connection: duckdb.DuckDBPyConnection, query: str, values: dict[str, Any]
) -> list[dict[str, Any]]:
    found = connection.execute(sql(f"explain_{query}"), values)
    names = [name for name, *_ in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _without_number(connection: duckdb.DuckDBPyConnection, enterprise_id: str, night: date) -> str:
    first, last = connection.execute(
        "select min(stay_date), max(stay_date) from marts.rpt_portfolio_daily "
        "where enterprise_id = ?",
        [enterprise_id],
    ).fetchall()[0]
    if first is None:
        return f"There is no number for {night}: no night of this property is published."
    return f"There is no number for {night}: nights from {first} to {last} are published."
