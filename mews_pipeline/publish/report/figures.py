"""The report's figures: one small table per query in `queries/`, read from the published copy.

Every figure has a column `scope`: the id of a property, or `all` of them. Today is the local date
of each property at the instant that the copy shows (about.as_of_utc), and the UTC date for
`all`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from mews_pipeline.publish.money import make_money
from mews_pipeline.publish.report.nights_explained import nights_explained

# Of all scopes, and what the morning screen shows of every property at once
OVERVIEW = ("properties", "strip", "coverage", "money")
# Of one scope
DETAILS = (
    "movers", "hand", "restatements", "nights", "books", "pickup", "pace", "matrix", "funnel",
    "dwell", "cancelled_share", "cancellations", "observation",
)  # fmt: skip
# Of an earlier morning, without what is known as of now only
EARLIER = ("earlier_properties", "earlier_strip", "movers", "restatements")
# Of one property, by `mews_pipeline.publish.explain`
EXPLAINED = "explained"
# Temporary tables that the figures share
_SHARED = ("scopes", "ahead", "money_ahead", "attention")
_LATER = """
    update todays
    set today = greatest(today, cast($now at time zone coalesce(time_zone, 'UTC') as date))
    where scope not in (select enterprise_id from about where is_stopped)
"""
_QUERIES = files("mews_pipeline.publish.report") / "queries"


@dataclass(frozen=True)
class Figures:
    """The report's numbers: rows by figure, what columns mean, the instant they stand for."""

    rows: dict[str, list[dict[str, Any]]]
    meanings: dict[str, str]
    as_of: datetime | None
    version: str

    @property
    def is_empty(self) -> bool:
        """Whether no reservation is known yet."""
        return not any(row["reservations"] for row in self.rows["properties"])


def figures(analytics: Path) -> Figures:
    """Read all figures from the published copy. Raises duckdb.IOException when there is none."""
    with duckdb.connect(str(analytics), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        rows = rows_of(connection, (*OVERVIEW, *DETAILS))
        as_of, version = connection.execute(
            "select max(as_of_utc), max(pipeline_version) from about"
        ).fetchall()[0]
        return Figures(
            rows=rows | {EXPLAINED: nights_explained(connection)},
            meanings=dict(connection.execute(_query("meanings")).fetchall()),
            as_of=as_of,
            version=version,
        )


def rows_of(
    connection: duckdb.DuckDBPyConnection, names: Iterable[str], now: datetime | None = None
) -> dict[str, list[dict[str, Any]]]:
    """Read some figures from a published copy that is open, with UTC as the zone of its session.

    A copy that is older than `now` since nothing new was found has the dates of `now`.
    """
    make_money(connection)
    for shared in _SHARED:
        connection.execute(_query(shared))
        if now and shared == "scopes":
            connection.execute(_LATER, {"now": now})
    return {name: _rows(connection, _query(name)) for name in names}


def rows_of_morning(
    connection: duckdb.DuckDBPyConnection, on: date, at: timedelta
) -> dict[str, list[dict[str, Any]]]:
    """Read what the ledger knows of an earlier morning, at that hour on each property's clock."""
    connection.execute(_query("earlier_about"), {"morning": on, "hour": at})
    connection.execute(_query("scopes"))
    names = {name: name.removeprefix("earlier_") for name in EARLIER}
    return {figure: _rows(connection, _query(name)) for name, figure in names.items()}


def known_mornings(
    connection: duckdb.DuckDBPyConnection, at: timedelta
) -> tuple[date | None, date | None]:
    """Return the first and the last date of which a morning at that hour is known."""
    [row] = connection.execute(_query("earlier_reach"), {"hour": at}).fetchall()
    return row[0], row[1]


def _query(name: str) -> str:
    return (_QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = connection.execute(sql)
    names = [column for column, *_ in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
