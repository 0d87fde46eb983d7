"""Measure a first build, refreshes and publishing on a history of some size.

`history` fills a warehouse, which is built and published once. Then, a few times, 1,000
reservations or order items change: they are landed as the pipeline lands them, the models are
built, and the copy is published.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from benchmarks.history import make_history, now
from benchmarks.measure import PYTHON, Measured, medians, run
from mews_pipeline.defs.dbt_selection import left_out, without
from mews_pipeline.extract.entities import ENTITIES
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.extract.windows import Window
from mews_pipeline.warehouse import fingerprint
from mews_pipeline.warehouse.landing import Run, land

CHANGED = 1000
ROUNDS = 3
_PROJECT = Path(__file__).parents[1] / "dbt_project"
_DBT = str(Path(PYTHON).with_name("dbt"))
# As Dagster calls dbt for a refresh: it reads dbt's events from its output
_EVENTS = ("--log-format", "json")
_AS_A_REFRESH = (*fingerprint.BUILD, "--select", "fqn:*", *fingerprint.WITHOUT_TESTS_OF_HISTORY)
_START_DATE = "2023-01-01"
# Changes records of the past months, minutes into the fetched day
_CHANGES = """
    select * exclude (_landed_at, _run_id) replace (
        cast($at as timestamptz) as updated_utc, cast($at as timestamptz) as _fetched_utc,
        {change}, md5(_hash || cast($at as varchar)) as _hash
    )
    from raw.{table}
    where updated_utc > cast($now as timestamptz) - interval 180 day
    qualify row_number() over (partition by id order by updated_utc desc) = 1
    order by id limit 1000
"""
_CHANGE = {
    "reservations": "scheduled_end_utc + interval 1 day as scheduled_end_utc",
    "order_items": "amount_net_value + 10 as amount_net_value,"
    " amount_gross_value + 11 as amount_gross_value",
}
_PEOPLE = """
    select id as reservation_id, updated_utc, 'adult' as age_category_id,
        cast(2 as bigint) as count, _hash
    from changes
"""


@dataclass(frozen=True)
class Published:
    """One publishing: its process, the rows and megabytes of the copy, why it was made in full."""

    process: Measured
    rows: int
    megabytes: float
    in_full_because: str | None


@dataclass(frozen=True)
class Refreshed:
    """The figures of one history; those of refreshes are medians."""

    versions: int
    made_seconds: float
    bytes_per_version: float
    first_build: Measured
    published_in_full: Published
    landing_seconds: float
    build: Measured
    published: Published
    nothing_new: Measured
    # Seconds of wall clock that each model took in the last refresh
    models: Mapping[str, float]

    @property
    def seconds(self) -> float:
        """Return the seconds of the whole refresh, without publishing."""
        return self.landing_seconds + self.build.seconds


def analytics_of(warehouse: Path) -> Path:
    """Name the published copy of a warehouse."""
    return warehouse.with_name("analytics.duckdb")


def refresh(warehouse: Path, table: str, versions: int, log: Callable[[str], object]) -> Refreshed:
    """Make a history of a raw table, build and publish it, refresh and publish it three times."""
    warehouse.parent.mkdir(parents=True)
    began = time.monotonic()
    made = make_history(warehouse, table, versions)
    made_seconds, size = time.monotonic() - began, warehouse.stat().st_size
    log(f"{made:,} versions of {table} made in {made_seconds:.0f} s")
    first = _build(warehouse)
    log(f"built: {_told(first)}")
    in_full = _publish(warehouse)
    log(f"published in full: {_told(in_full.process)}")
    landings: list[float] = []
    builds: list[Measured] = []
    published: list[Published] = []
    for number in range(1, ROUNDS + 1):
        landings.append(_land_changes(warehouse, table, number))
        builds.append(_build(warehouse))
        published.append(_publish(warehouse))
        log(f"refreshed: {_told(builds[-1])}; published: {_told(published[-1].process)}")
    if any(one.in_full_because for one in published):
        raise RuntimeError(f"published in full: {published}")
    last = published[-1]
    return Refreshed(
        made,
        made_seconds,
        size / made,
        first,
        in_full,
        sorted(landings)[ROUNDS // 2],
        medians(builds),
        Published(medians([one.process for one in published]), last.rows, last.megabytes, None),
        _nothing_new(warehouse),
        _models(builds[-1].printed),
    )


def _told(measured: Measured) -> str:
    return (
        f"{measured.seconds:.1f} s, {measured.cpu_seconds:.1f} s of CPU, {measured.peak_mb:,.0f} MB"
    )


def _land_changes(warehouse: Path, table: str, number: int) -> float:
    """Seconds that landing takes, the file opened and closed."""
    at = now() + timedelta(minutes=number)
    folder = warehouse.parent / f"changes-{number}"
    folder.mkdir()
    fetched = Fetched(ENTITIES[table], "history", Window(now(), now() + timedelta(1)), folder)
    fetched.fetched_through = fetched.finished = at + timedelta(minutes=1)
    fetched.pages, fetched.rows, fetched.parts = 1, CHANGED, 1
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        changes = _CHANGES.format(table=table, change=_CHANGE[table])
        connection.execute(f"create temp table changes as {changes}", {"at": at, "now": now()})
        connection.execute(f"copy changes to '{fetched.rows_file(0)}'")
        if fetched.entity.has_person_counts:
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
        state = fingerprint.fingerprint(connection, _PROJECT, date.fromisoformat(_START_DATE))
        built = fingerprint.built(connection)
    found = json.loads(manifest.read_bytes()) if built else {}
    unchanged = without(
        left_out(found, state, built, is_refresh=True), warehouse.with_suffix(".left_out")
    )
    # The first build writes the manifest by which later ones are selected
    files = fingerprint.WITHOUT_FILES if built else ()
    measured = _run_dbt(warehouse, [*files, *unchanged])
    with duckdb.connect(str(warehouse)) as connection:
        fingerprint.remember(connection, state)
    return measured


def _run_dbt(warehouse: Path, arguments: Sequence[str]) -> Measured:
    project = ("--project-dir", str(_PROJECT), "--profiles-dir", str(_PROJECT))
    return run(
        [_DBT, *_EVENTS, *_AS_A_REFRESH, *arguments, *project],
        folder=warehouse.parent,
        environment={
            "MEWS_WAREHOUSE": str(warehouse),
            "MEWS_START_DATE": _START_DATE,
            "DBT_TARGET_PATH": str(warehouse.with_suffix(".target")),
            "DBT_LOG_PATH": str(warehouse.with_suffix(".logs")),
            "DO_NOT_TRACK": "1",
        },
    )


def _publish(warehouse: Path) -> Published:
    """Publish in a process of its own, whose start counts too."""
    analytics = analytics_of(warehouse)
    program = (
        "import json, sys; from pathlib import Path;"
        "from mews_pipeline.publish import publish;"
        "from mews_pipeline.warehouse.file import DuckDBFile;"
        "done = publish(DuckDBFile(Path(sys.argv[1])), Path(sys.argv[2]));"
        "print(json.dumps([sum(done.rows.values()), done.in_full_because]))"
    )
    command = [PYTHON, "-c", program, str(warehouse), str(analytics)]
    measured = run(command, folder=warehouse.parent)
    # DuckDB may have drawn its progress before
    rows, reason = json.loads(measured.printed.splitlines()[-1])
    return Published(measured, rows, analytics.stat().st_size / 1_000_000, reason)


def _nothing_new(warehouse: Path) -> Measured:
    """Look whether anything changed since the last build, which is all that a refresh does then."""
    program = (
        "import datetime, sys, pathlib; from mews_pipeline.warehouse import fingerprint;"
        "from mews_pipeline.warehouse.file import DuckDBFile;"
        "start = datetime.date.fromisoformat(sys.argv[3]);"
        "opened = DuckDBFile(pathlib.Path(sys.argv[1])).connect();"
        "fingerprint.fingerprint(opened.__enter__(), pathlib.Path(sys.argv[2]), start)"
    )
    command = [PYTHON, "-c", program, str(warehouse), str(_PROJECT), _START_DATE]
    return medians([run(command, folder=warehouse.parent) for _ in range(ROUNDS)])


def _models(events: str) -> dict[str, float]:
    """Seconds of wall clock of each model, from the events that dbt printed."""
    data = [json.loads(line)["data"] for line in events.splitlines()]
    return {
        one["node_info"]["node_name"]: float(one["execution_time"])
        for one in data
        if "execution_time" in one and one.get("node_info", {}).get("resource_type") == "model"
    }
