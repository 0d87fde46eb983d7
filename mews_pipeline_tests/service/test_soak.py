"""A long run of faults through Dagster's command line: all lands once, no token is left."""

import os
import shutil
import sqlite3
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.mews.retry import ATTEMPTS
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    Clock,
    Fault,
    FaultPlan,
    SandboxOptions,
    SchemaDrift,
    World,
    portfolio_tokens,
    running_sandbox,
    simulate,
)

pytestmark = pytest.mark.slow

START, DAYS, BACKFILLED = date(2025, 1, 1), 30, 27
RESERVATIONS, TOKENS = 200_000, 3
Row = tuple[Any, ...]
# Dagster's command with everything logged and no waiting between attempts
DRIVER = f"""
import logging, runpy, sys, stamina
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
stamina.set_testing(True, attempts={ATTEMPTS})
runpy.run_module("dagster", run_name="__main__")
"""


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(3, START, START + timedelta(days=DAYS - 1), properties=6, scale=27)


def instant(day: date, hours: float) -> datetime:
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=hours)


def seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def shown(world: World, table: str, now: datetime, first: date, last: date) -> Iterator[Row]:
    """List what a fetch of those days can see: id, update, state; of a stay its plan and people."""
    for version in world.tables[table].timeline:
        is_held = version.at <= now and (version.superseded is None or version.superseded > now)
        if is_held and first <= version.at.date() <= last:
            stay: Row = (0, 0, 0)
            if table == "reservations":
                stay = (seconds(version.start), seconds(version.end), sum(version.persons))
            yield (version.record.id, seconds(version.updated), version.state, *stay)


LANDED = {
    "reservations": """
        select id, epoch(updated_utc)::bigint, state, epoch(scheduled_start_utc)::bigint,
            epoch(scheduled_end_utc)::bigint, people
        from raw.reservations
        left join (
            select reservation_id as id, updated_utc, _hash, sum(count)::bigint as people
            from raw.reservation_person_counts
            group by all
        ) using (id, updated_utc, _hash)""",
    "product_service_orders": """
        select id, epoch(updated_utc)::bigint, state, 0, 0, 0 from raw.product_service_orders""",
}


def materialize(home: Path, environment: dict[str, str], days: str) -> None:
    """Fetch a range of days as one run and keep its output."""
    told = home / f"output of {days}"
    with told.open("wb") as output:
        done = subprocess.run(
            [
                sys.executable, "-c", DRIVER, "asset", "materialize",
                *("-m", "mews_pipeline.definitions", "--partition-range", days),
                *("--select", 'key:"mews/reservations" or key:"mews/product_service_orders"'),
            ],
            env=environment,
            cwd=home,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )  # fmt: skip
    assert done.returncode == 0, told.read_text()[-4000:]


def texts(home: Path) -> Iterator[tuple[str, bytes]]:
    """Yield everything left behind: files as they are, and databases cell by cell, unpacked."""
    for file in home.rglob("*"):
        if file.is_file():
            yield str(file), file.read_bytes()
        if file.suffix == ".db":
            with closing(sqlite3.connect(file)) as database:
                names = database.execute("select name from sqlite_master where type = 'table'")
                for (name,) in names.fetchall():
                    for row in database.execute(f'select * from "{name}"'):
                        for cell in row:
                            yield f"{file}: {name}", as_bytes(cell)


def as_bytes(cell: Any) -> bytes:
    content = cell if isinstance(cell, bytes) else str(cell).encode()
    with suppress(zlib.error):
        content = zlib.decompress(content)
    return content


def test_a_month_in_a_storm_lands_whole_and_leaves_no_token_behind(
    world: World, tmp_path: Path
) -> None:
    assert len(world.tables["reservations"].records) >= RESERVATIONS
    tokens = portfolio_tokens(world, TOKENS)
    options = SandboxOptions(
        bounds="exclusive-lower",
        # Early ones that no attempt gets through: the step is retried and resumes. So many that one
        # of them asks for a later page, in whatever order the tokens ask
        faults=FaultPlan(dict.fromkeys(range(90, 102), Fault.REPEATED_CURSOR), seed=1, share=0.5),
        drift=SchemaDrift(extra_fields=True, unknown_values=True),
        token_groups=TOKENS,
        # Millions of items would take the storm's time
        refused_money={"*": 401},
    )
    clock = Clock(instant(START, 0))
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(Path(__file__).parents[2] / "deploy" / "dagster.yaml", home)
    seen: dict[str, set[Row]] = {table: set() for table in LANDED}

    with running_sandbox(world, clock, options) as address:
        environment = os.environ | {
            "DAGSTER_HOME": str(home),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "DO_NOT_TRACK": "1",
            "MEWS_ENV_FILE": "",
            "MEWS_PLATFORM_ADDRESS": address,
            "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
            "MEWS_ACCESS_TOKENS": ",".join(tokens),
            "MEWS_START_DATE": START.isoformat(),
            "MEWS_RATE_LIMIT": "1000000",
            "MEWS_PAGE_SIZE": "250",
            "MEWS_WAREHOUSE": str(tmp_path / "warehouse.duckdb"),
        }
        for number in range(BACKFILLED - 1, DAYS):
            day = START + timedelta(days=number)
            first = START if number < BACKFILLED else day
            clock.set(instant(day, 24.3))
            materialize(home, environment, f"{first}...{day}")
            for table, rows in seen.items():
                rows.update(shown(world, table, clock.now(), first, day))

    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as warehouse:
        for table, query in LANDED.items():
            landed = warehouse.execute(query).fetchall()
            assert len(landed) == len(set(landed)) > 1000
            assert set(landed) == seen[table]
    left_behind = list(texts(home))
    assert any(b"paging goes in a circle" in text for _, text in left_behind)
    # what is searched was unpacked
    assert any(b"__class__" in text for name, text in left_behind if name.endswith(": snapshots"))
    for secret in (CLIENT_TOKEN, *tokens):
        assert [name for name, text in left_behind if secret.encode() in text] == []
