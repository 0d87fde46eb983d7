"""The demo: backfill a history from the sandbox, simulate two weeks, print the reports."""

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
from rich.console import Console

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract.entities import REFERENCE, UPDATED
from mews_pipeline.publish import terminal
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    Clock,
    World,
    simulate,
    token_key,
)
from mews_pipeline.settings import LAKE
from mews_pipeline.warehouse.base import WarehouseError
from mews_pipeline.warehouse.file import warehouse_lock
from mews_pipeline.warehouse.file_errors import translate_errors

BACKFILL_DAYS = 60
LIVED_DAYS = 14
SEED = 1
# Simulated beyond the demo, for make dev
_AHEAD = timedelta(days=400)


class DemoError(PipelineError):
    """A run of the demo failed; the message says which step, and why."""


# Materializes these raw tables, or (None) the whole chain, for a range of days as one run;
# returns the sums of these numbers in the assets' metadata
SUMS = ("rows_fetched", "versions_landed", "requests")
Materialize = Callable[[Collection[str] | None, date, date], dict[str, int]]
RAW = tuple(entity.table for entity in (*UPDATED, *REFERENCE))


def demo_world(start: date) -> World:
    """Simulate the hotels of a demo that starts on that day."""
    return simulate(SEED, start, start + timedelta(days=BACKFILL_DAYS + LIVED_DAYS) + _AHEAD)


def sandbox_environment(address: str, start: date, warehouse: Path) -> dict[str, str]:
    """Return the settings that point the pipeline at the sandbox, ignoring `.env`."""
    return {
        "MEWS_ENV_FILE": "",
        "MEWS_PLATFORM_ADDRESS": address,
        "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
        "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
        "MEWS_CLIENT": "mews_pipeline demo",
        "MEWS_START_DATE": start.isoformat(),
        "MEWS_WAREHOUSE": str(warehouse),
        # The sandbox of the demo has no limit
        "MEWS_RATE_LIMIT": "100000",
    }


def file_of(address: str) -> Path:
    """Return the file that MEWS_WAREHOUSE names. Raises DemoError if it names a lake."""
    if address.startswith(LAKE):
        raise DemoError(
            f"MEWS_WAREHOUSE is {address}: the sandbox needs a DuckDB file. Name one "
            "(MEWS_WAREHOUSE=data/demo.duckdb), or set the tokens of a real Mews."
        )
    return Path(address)


def clear(warehouse: Path) -> None:
    """Remove the warehouse of an earlier demo. Raises WarehouseError if it is anything else."""
    with warehouse_lock(warehouse), translate_errors(warehouse):
        if not warehouse.exists():
            return
        with duckdb.connect(str(warehouse), read_only=True) as connection:
            if _tokens(connection) - {token_key(PORTFOLIO_TOKEN)}:
                raise WarehouseError(
                    f"{warehouse} holds data that is not from the demo, and was not touched. "
                    "Name another file for the demo: "
                    "MEWS_WAREHOUSE=data/demo/warehouse.duckdb mews-pipeline demo"
                )
        for file in (warehouse, warehouse.with_name(warehouse.name + ".wal")):
            file.unlink(missing_ok=True)


def began(warehouse: Path) -> date | None:
    """Return the first day of the demo that made this warehouse; None if no demo did."""
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
        return {"not of this pipeline"}
    return {key for (key,) in connection.execute("select token_key from raw.fetches").fetchall()}


def live(world: World, clock: Clock, materialize: Materialize, console: Console) -> None:
    """Backfill 60 days in one run, refresh once a day for 14 more, build the models at the end."""
    days = [world.days.start + timedelta(days=n) for n in range(BACKFILL_DAYS + LIVED_DAYS)]
    with console.status("Backfilling 60 days in one run") as status:
        clock.set(_just_after(days[BACKFILL_DAYS - 1]))
        sums = materialize(RAW, days[0], days[BACKFILL_DAYS - 1])
        _print_sums(console, f"Backfilled {days[0]} to {days[BACKFILL_DAYS - 1]}", sums)
        for day in days[BACKFILL_DAYS:-1]:
            status.update(f"Simulating {day}")
            clock.set(_just_after(day))
            _print_sums(console, f"Refreshed {day}", materialize(RAW, day, day))
        status.update(f"Simulating {days[-1]}, and building and testing the models")
        clock.set(datetime.now(UTC))
        sums = materialize(None, days[-1], days[-1])
        _print_sums(console, f"Refreshed {days[-1]} and built the models", sums)


def _just_after(day: date) -> datetime:
    return datetime.combine(day, time(0, 20), UTC) + timedelta(days=1)


def _print_sums(console: Console, what: str, sums: dict[str, int]) -> None:
    console.print(
        f"{what}: {sums['rows_fetched']:,} rows in {sums['requests']} requests, "
        f"{sums['versions_landed']:,} new versions"
    )


def print_reports(
    analytics: Path, today: date, console: Console, *, each_property: bool = True
) -> None:
    """Print occupancy of the last 14 nights, pickup of the next 14 and the state transitions.

    Occupancy is that of each property and of all of them, or only of all. Raises ReportError.
    """
    last_night, last_ahead = today - timedelta(days=1), today + timedelta(days=13)
    reports = (
        terminal.occupancy(
            analytics,
            today - timedelta(days=14),
            last_night,
            prop=None if each_property else terminal.ALL,
        ),
        terminal.pickup(analytics, 7, today, last_ahead, prop=terminal.ALL),
        terminal.transitions(analytics),
    )
    for report in reports:
        terminal.show(report, console)
