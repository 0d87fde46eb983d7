"""A small published copy with hand-made money, made without a build: sums that a person can check.

Alpha and Beta have crowns. Gamma has dollars, and was once paid in crowns. Delta has rooms and no
money, as where its tokens may not read order items.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from mews_pipeline.publish.published_copy import sql

TODAY = date(2026, 4, 25)
AS_OF = datetime(2026, 4, 25, 9, 30, tzinfo=UTC)
NIGHTS = 20
_ZONES = {"alpha": "Europe/Prague", "beta": "Europe/Prague", "gamma": "UTC", "delta": "UTC"}
# What a published copy has where the tokens may not read order items
NO_MONEY = """
    update marts.rpt_performance_daily
    set room_revenue = 0, total_revenue = 0, rooms_sold = 0 * rooms_sold, adr = null;
    delete from marts.rpt_revenue_pickup; delete from marts.rpt_revenue_pace
"""
# Of each night: available, occupied, sold and free rooms; revenue of rooms and of everything
_NIGHT = {
    ("alpha", "CZK"): (10, 6, 5, 1, 5_000, 6_000),
    ("beta", "CZK"): (30, 15, 15, 0, 45_000, 45_500),
    ("gamma", "USD"): (20, 8, 8, 0, 1_000, 1_200),
    ("gamma", "CZK"): (None, None, None, None, 0, 700),
    ("delta", "EUR"): (20, 9, 0, 0, 0, 0),
    ("all", "CZK"): (40, 21, 20, 1, 50_000, 51_500),
    ("all", "USD"): (20, 8, 8, 0, 1_000, 1_200),
    ("all", "EUR"): (20, 9, 0, 0, 0, 0),
}
# What each definition counts of it
_SHARES = {"mews_manager": 1, "usali": 2}


def priced_copy(path: Path, *, has_money: bool = True) -> Path:
    """Write the copy; without money it is as one that an earlier release has published."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(
            "create table about (enterprise_id varchar, enterprise_name varchar, time_zone varchar,"
            " as_of_utc timestamptz, fetched_through_utc timestamptz, is_stopped boolean)"
        )
        rows = [(each, each.title(), zone) for each, zone in _ZONES.items()]
        for row in [*rows, ("all", "All properties", None)]:
            values = [*row, AS_OF]
            connection.execute("insert into about values ($1, $2, $3, $4, $4, false)", values)
        connection.execute("create schema marts")
        if has_money:
            _add_money(connection)
    return path


def _add_money(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(sql("no_money"))
    for view, mart in (
        ("performance", "rpt_performance_daily"),
        ("revenue_pace", "rpt_revenue_pace"),
        ("revenue_pickup", "rpt_revenue_pickup"),
    ):
        connection.execute(f"create table marts.{mart} as from temp.{view}; drop table temp.{view}")
    connection.execute("alter table marts.rpt_performance_daily drop column is_shown")
    connection.executemany(
        """
        insert into marts.rpt_performance_daily by name
        select
            $1 as enterprise_id, $2::date as stay_date, $3 as definition, $4 as currency,
            $5::bigint is not null as is_default_currency, $5::bigint as rooms_available,
            $6::bigint as rooms_occupied, $6::bigint as spaces_occupied, $7::bigint as rooms_sold,
            $8::bigint as rooms_complimentary, $9 as room_revenue, $10 as total_revenue,
            $6::bigint / $5::bigint as occupancy, $9 / nullif($7::bigint, 0) as adr,
            $9 / $5::bigint as revpar, $10 / $5::bigint as trevpar
        """,
        list(_nights()),
    )


def _nights() -> Iterator[list[Any]]:
    for (scope, currency), (*rooms, room_revenue, total_revenue) in _NIGHT.items():
        for definition, share in _SHARES.items():
            for ahead in range(-1, NIGHTS):
                night = TODAY + timedelta(ahead)
                amounts = (room_revenue * share, total_revenue * share)
                yield [scope, night, definition, currency, *rooms, *amounts]
