"""The demo: a history backfilled from the sandbox, two weeks lived, both reports printed."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mews_pipeline.extract.entities import REFERENCE, UPDATED
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    Clock,
    World,
    simulate,
    token_key,
)
from mews_pipeline.settings import LAKE
from mews_pipeline.warehouse.base import Warehouse, WarehouseError
from mews_pipeline.warehouse.file import translate_errors, warehouse_lock

BACKFILL_DAYS = 60
LIVED_DAYS = 14
SEED = 1
# Life goes on in the sandbox for as long after the demo, for make dev.
_AHEAD = timedelta(days=400)


class DemoError(RuntimeError):
    """A run of the demo failed; the message says which step, and why."""


# Materialize these raw tables, or (None) the whole chain, for a range of days as one run.
# Gives the sums of these numbers in the assets' metadata.
SUMS = ("rows_fetched", "versions_landed", "requests")
Materialize = Callable[[Collection[str] | None, date, date], dict[str, int]]
RAW = tuple(entity.table for entity in (*UPDATED, *REFERENCE))


def demo_world(start: date) -> World:
    """The world of the demo that began on that day."""
    return simulate(SEED, start, start + timedelta(days=BACKFILL_DAYS + LIVED_DAYS) + _AHEAD)


def sandbox_environment(address: str, start: date, warehouse: Path) -> dict[str, str]:
    """The settings with which the pipeline asks the sandbox, whatever `.env` says."""
    return {
        "MEWS_ENV_FILE": "",
        "MEWS_PLATFORM_ADDRESS": address,
        "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
        "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
        "MEWS_CLIENT": "mews_pipeline demo",
        "MEWS_START_DATE": start.isoformat(),
        "MEWS_WAREHOUSE": str(warehouse),
        # The demo's sandbox sets no limit
        "MEWS_RATE_LIMIT": "100000",
    }


def file_of(address: str) -> Path:
    """The file that MEWS_WAREHOUSE names. Raises DemoError where it names a lake."""
    if address.startswith(LAKE):
        raise DemoError(
            f"MEWS_WAREHOUSE is {address}: the sandbox's hotels are kept in a DuckDB file. Name "
            "one (MEWS_WAREHOUSE=data/demo.duckdb), or give the tokens of a real Mews."
        )
    return Path(address)


def clear(warehouse: Path) -> None:
    """Remove the warehouse of an earlier demo. Raises WarehouseError where it is anything else."""
    with warehouse_lock(warehouse), translate_errors(warehouse):
        if not warehouse.exists():
            return
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            if _tokens(connection) - {token_key(PORTFOLIO_TOKEN)}:
                raise WarehouseError(
                    f"{warehouse} holds data that are not the demo's, and was left as it is. "
                    "Name another file for the demo: "
                    "MEWS_WAREHOUSE=data/demo/warehouse.duckdb make demo"
                )
        for file in (warehouse, warehouse.with_name(warehouse.name + ".wal")):
            file.unlink(missing_ok=True)


def began(warehouse: Path) -> date | None:
    """The first day of the demo that made this warehouse; None where none did."""
    with warehouse_lock(warehouse), translate_errors(warehouse):
        if not warehouse.exists():
            return None
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            if _tokens(connection) != {token_key(PORTFOLIO_TOKEN)}:
                return None
            found = connection.execute("select min(window_start_utc) from raw.fetches").fetchone()
            return found[0].astimezone(UTC).date() if found and found[0] else None


def _tokens(connection: duckdb.DuckDBPyConnection) -> set[str]:
    known = "select 1 from duckdb_tables() where schema_name = 'raw' and table_name = 'fetches'"
    if not connection.execute(known).fetchall():
        return {"of somebody else"}
    return {key for (key,) in connection.execute("select token_key from raw.fetches").fetchall()}


def live(world: World, clock: Clock, materialize: Materialize, console: Console) -> None:
    """Backfill 60 days in one run, refresh once a day for 14 more, build the models at the end."""
    days = [world.days.start + timedelta(days=n) for n in range(BACKFILL_DAYS + LIVED_DAYS)]
    with console.status("Backfilling 60 days in one run") as status:
        clock.set(_just_after(days[BACKFILL_DAYS - 1]))
        told = materialize(RAW, days[0], days[BACKFILL_DAYS - 1])
        _tell(console, f"Backfilled {days[0]} to {days[BACKFILL_DAYS - 1]}", told)
        for day in days[BACKFILL_DAYS:-1]:
            status.update(f"Living {day}")
            clock.set(_just_after(day))
            _tell(console, f"Refreshed {day}", materialize(RAW, day, day))
        status.update(f"Living {days[-1]}, and building and testing the models")
        clock.set(datetime.now(UTC))
        told = materialize(None, days[-1], days[-1])
        _tell(console, f"Refreshed {days[-1]} and built the models", told)


def _just_after(day: date) -> datetime:
    return datetime.combine(day, time(0, 20), UTC) + timedelta(days=1)


def _tell(console: Console, what: str, told: dict[str, int]) -> None:
    console.print(
        f"{what}: {told['rows_fetched']:,} rows in {told['requests']} requests, "
        f"{told['versions_landed']:,} new versions"
    )


_OCCUPANCY = """
    select
        coalesce(e.enterprise_name, 'All of them') as property,
        strftime(o.stay_date, '%a %d %b') as night,
        o.rooms_occupied as rooms, o.rooms_optional as tentative, o.guests,
        o.arrivals, o.departures, o.spaces_active as spaces, o.spaces_out_of_order as blocked,
        round(100 * o.occupancy_mews, 1) as "Mews %",
        round(100 * o.occupancy_usali, 1) as "USALI %"
    from marts.rpt_portfolio_daily as o
    left join marts.dim_enterprise as e on o.enterprise_id = e.enterprise_id
    where o.stay_date between $today::date - 14 and $today::date - 1
        and ($each or e.enterprise_id is null)
    order by e.enterprise_name nulls last, o.stay_date
"""
_PICKUP = """
    select
        strftime(stay_date, '%a %d %b') as night, sum(p.rooms) as net, sum(rooms_new) as new,
        sum(rooms_converted) as converted, sum(rooms_reinstated) as reinstated,
        sum(rooms_cancelled) as cancelled, sum(rooms_no_show) as "no-show",
        sum(rooms_moved) as moved
    from marts.rpt_pickup as p
    join marts.dim_service as s using (service_id)
    where p.window_days = 7 and s.is_lodging
        and stay_date between $today::date and $today::date + 13
    group by stay_date order by stay_date
"""
_TRANSITIONS = """
    select
        coalesce(from_state, '(new)') as "from", to_state as "to",
        sum(transitions) filter (where basis = 'observed') as observed,
        sum(transitions) filter (where basis = 'inferred') as inferred,
        sum(transitions) filter (where basis = 'collapsed') as collapsed,
        sum(transitions) as "all"
    from marts.rpt_state_transition_matrix
    group by all order by all
"""


def print_reports(
    warehouse: Warehouse, today: date, console: Console, *, each_property: bool = True
) -> None:
    """Print occupancy of the last two weeks, a pickup of 7 days, the state-transition matrix."""
    with warehouse.open() as connection:
        nights = {"today": today}
        occupancy = connection.execute(_OCCUPANCY, nights | {"each": each_property})
        _print(console, "Occupancy, the last 14 nights", occupancy)
        pickup = connection.execute(_PICKUP, nights)
        _print(console, "Pickup of the last 7 days, for the next 14 nights (rooms)", pickup)
        _print(console, "State transitions", connection.execute(_TRANSITIONS))


def _print(console: Console, title: str, found: duckdb.DuckDBPyConnection) -> None:
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False
    )
    for name, kind, *_ in found.description or ():
        is_number = str(kind) not in {"DATE", "VARCHAR"}
        table.add_column(name, justify="right" if is_number else "left", no_wrap=True)
    for row in found.fetchall():
        table.add_row(*("" if value is None else str(value) for value in row))
    console.print(table)
