"""Measure a refresh on much history and on little, and reading that history.

`history` fills each warehouse, which is built once and then refreshed: 1,000 reservations change
and are landed as the pipeline lands them, and the models are built.
"""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.history import make_history, now
from benchmarks.measure import PYTHON, Measured, medians, run
from mews_pipeline.defs.dbt_selection import left_out, without
from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.extract.windows import Window
from mews_pipeline.publish import publish
from mews_pipeline.warehouse import fingerprint
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.landing import Run, land

CHANGED = 1000
ROUNDS = 3
_PROJECT = Path(__file__).parents[1] / "dbt_project"
_START = "2023-01-01"
_DBT = str(Path(PYTHON).with_name("dbt"))
# As Dagster calls dbt for a refresh
_AS_A_REFRESH = (*fingerprint.BUILD, "--select", "fqn:*", *fingerprint.WITHOUT_TESTS_OF_HISTORY)
# Changes reservations of the past months, minutes into the fetched day
_CHANGES = """
    select * exclude (_landed_at, _run_id) replace (
        cast($at as timestamptz) as updated_utc, cast($at as timestamptz) as _fetched_utc,
        scheduled_end_utc + interval 1 day as scheduled_end_utc,
        md5(_hash || cast($at as varchar)) as _hash
    )
    from raw.reservations
    where updated_utc > cast($now as timestamptz) - interval 180 day
    qualify row_number() over (partition by id order by updated_utc desc) = 1
    order by id limit 1000
"""
_PEOPLE = """
    select id as reservation_id, updated_utc, 'adult' as age_category_id,
        cast(2 as bigint) as count, _hash
    from changes
"""
QUERIES = {
    "A year's occupancy of 100 properties": """
        select enterprise_id, sum(rooms_occupied) / sum(spaces_usable)
        from marts.fct_occupancy_daily
        where stay_date >= date '2025-01-01' and stay_date < date '2026-01-01' group by all""",
    "On the books as of a past date, nights from then on": """
        from on_the_books('2025-06-01 00:00:00+00') where stay_date >= date '2025-06-01'""",
    "On the books as of a past date, nights long past as well": """
        from on_the_books('2025-06-01 00:00:00+00')""",
    "Pickup between two instants": """
        from pickup('2025-06-01 00:00:00+00', '2025-06-08 00:00:00+00')""",
    "Transition matrix of a quarter": """
        select from_state, to_state, sum(transitions) from marts.rpt_state_transition_matrix
        where period_start >= date '2025-04-01' and period_start < date '2025-07-01'
        group by all""",
}


@dataclass(frozen=True)
class Refreshed:
    """The figures of one history: landing and dbt of a refresh, dbt without news, size of raw."""

    versions: int
    made_seconds: float
    first_build: Measured
    landing_seconds: float
    build: Measured
    unchanged: Measured
    bytes_per_version: float
    slowest: list[tuple[str, float]]

    @property
    def seconds(self) -> float:
        """Return the seconds of the whole refresh."""
        return self.landing_seconds + self.build.seconds


@dataclass(frozen=True)
class Read:
    """The published copy: seconds to make it, rows, bytes, cold milliseconds of each query."""

    publish_seconds: float
    rows: int
    megabytes: float
    milliseconds: dict[str, float]


def refresh(warehouse: Path, versions: int, log: Callable[[str], object]) -> Refreshed:
    """Make a history, build it, refresh it three times; return medians."""
    warehouse.parent.mkdir()
    began = time.monotonic()
    made = make_history(warehouse, versions)
    made_seconds = time.monotonic() - began
    size = warehouse.stat().st_size
    log(f"{made:,} versions made in {made_seconds:.0f} s")
    first = _build(warehouse)
    log(f"built in {first.seconds:.0f} s")
    landings: list[float] = []
    builds: list[Measured] = []
    slowest: list[tuple[str, float]] = []
    for number in range(1, ROUNDS + 1):
        landings.append(_land_changes(warehouse, number))
        builds.append(_build(warehouse))
        slowest = _slowest(warehouse)
        log(f"refreshed: landing {landings[-1]:.1f} s, dbt {builds[-1].seconds:.1f} s")
    return Refreshed(
        made,
        made_seconds,
        first,
        sorted(landings)[ROUNDS // 2],
        medians(builds),
        _build(warehouse),
        size / made,
        slowest,
    )


def read(warehouse: Path) -> Read:
    """Publish the marts and run analysts' queries on the copy, each in a new process."""
    analytics = warehouse.with_name("analytics.duckdb")
    published = publish(DuckDBFile(warehouse), analytics)
    return Read(
        published.seconds,
        sum(published.rows.values()),
        analytics.stat().st_size / 1_000_000,
        {name: _cold(analytics, query) for name, query in QUERIES.items()},
    )


def _cold(analytics: Path, query: str) -> float:
    """Return the milliseconds from connecting to the whole frame, in a fresh process."""
    program = (
        "import sys, time, duckdb, polars; began = time.monotonic();"
        "copy = duckdb.connect(sys.argv[1], read_only=True);"
        "copy.execute('set enable_progress_bar = false');"
        "polars.DataFrame(copy.sql(sys.argv[2]));"
        "print((time.monotonic() - began) * 1000)"
    )
    command = [PYTHON, "-c", program, str(analytics), query]
    taken = [float(run(command, folder=analytics.parent).printed) for _ in range(ROUNDS)]
    return sorted(taken)[ROUNDS // 2]


def _land_changes(warehouse: Path, number: int) -> float:
    """Seconds that landing takes, the file opened and closed."""
    at = now() + timedelta(minutes=number)
    folder = warehouse.parent / f"changes-{number}"
    folder.mkdir()
    fetched = Fetched(RESERVATIONS, "history", Window(now(), now() + timedelta(1)), folder)
    fetched.fetched_through = fetched.finished = at + timedelta(minutes=1)
    fetched.pages, fetched.rows, fetched.parts = 1, CHANGED, 1
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"create temp table changes as {_CHANGES}", {"at": at, "now": now()})
        connection.execute(f"copy changes to '{fetched.rows_file(0)}'")
        connection.execute(f"copy ({_PEOPLE}) to '{fetched.person_counts_file(0)}'")
    began = time.monotonic()
    with duckdb.connect(str(warehouse)) as connection:
        landed = land(connection, fetched, Run(f"refresh {number}", f"refresh {number}"))
    if landed.new_versions != CHANGED:
        raise RuntimeError(f"{landed.new_versions} of {CHANGED} changes landed")
    return time.monotonic() - began


def _build(warehouse: Path) -> Measured:
    """Build what a refresh builds, and remember what it was built from."""
    manifest = warehouse.with_suffix(".target") / "manifest.json"
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        state = fingerprint.fingerprint(connection, _PROJECT, date.fromisoformat(_START))
        built = fingerprint.built(connection)
    found = json.loads(manifest.read_bytes()) if built else {}
    unchanged = without(
        left_out(found, state, built, is_refresh=True), warehouse.with_suffix(".left_out")
    )
    measured = _run_dbt(warehouse, unchanged)
    with duckdb.connect(str(warehouse)) as connection:
        fingerprint.remember(connection, state)
    return measured


def _run_dbt(warehouse: Path, unchanged: Sequence[str]) -> Measured:
    project = ("--project-dir", str(_PROJECT), "--profiles-dir", str(_PROJECT))
    return run(
        [_DBT, "--quiet", *_AS_A_REFRESH, *unchanged, *project],
        folder=warehouse.parent,
        environment={
            "MEWS_WAREHOUSE": str(warehouse),
            "MEWS_START_DATE": _START,
            "DBT_TARGET_PATH": str(warehouse.with_suffix(".target")),
            "DBT_LOG_PATH": str(warehouse.with_suffix(".logs")),
            "DO_NOT_TRACK": "1",
        },
    )


def _slowest(warehouse: Path) -> list[tuple[str, float]]:
    results = json.loads((warehouse.with_suffix(".target") / "run_results.json").read_text())
    taken = [
        (one["unique_id"].split(".", 2)[2], one["execution_time"]) for one in results["results"]
    ]
    return sorted(taken, key=lambda one: -one[1])[:5]
