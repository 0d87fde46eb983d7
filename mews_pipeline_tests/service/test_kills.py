"""A run that is killed anywhere loses nothing, doubles nothing and leaves no guest's data behind.

KILLS is how many seeds are tried: 10 unless it is set (make test-kills: 100).
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from mews_pipeline.files import own_temporary_folder
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN, Clock, running_sandbox, simulate
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.support.dbt import built
from mews_pipeline_tests.support.mortal_process import MODELS, STAGES, Death
from mews_pipeline_tests.support.raw_copy import copy_raw

pytestmark = pytest.mark.slow

KILLS = int(os.environ.get("KILLS", "10"))
START, DAYS = date(2026, 3, 10), 10
SECOND = START + timedelta(days=DAYS - 2)
# They differ from run to run: when it landed, and how often the same window was fetched
_OF_A_RUN = {"_landed_at", "_run_id", "_fetched_utc", "fetches", "known_at"}
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Mortals:
    """Warehouses side by side, the address that they are filled from, and a life's events."""

    address: str
    clock: Clock
    folder: Path

    @property
    def counts(self) -> dict[str, int]:
        """How many events of each stage a life has."""
        return dict(json.loads((self.folder / "unharmed" / "counts.json").read_text()))

    def live(self, name: str, death: Death | None = None, **run: str | int) -> int:
        """Live two days from `SECOND` on in that folder, or die meanwhile; gives the exit code."""
        own = self.folder / name
        wanted = {
            "run_id": "run",
            "root": "run",
            "first": SECOND.isoformat(),
            "days": 2,
            "death": asdict(death) if death else None,
            "counts": str(own / "counts.json"),
        } | run
        (own / "temporary").mkdir(exist_ok=True)
        environment = os.environ | {
            "MEWS_PLATFORM_ADDRESS": self.address,
            "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
            "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
            "MEWS_RATE_LIMIT": "100000",
            "MEWS_START_DATE": START.isoformat(),
            "MEWS_WAREHOUSE": str(own / "warehouse.duckdb"),
            "MEWS_STATE": str(own),
            "DBT_TARGET_PATH": str(own / "target"),
            "DBT_LOG_PATH": str(own / "logs"),
            "DO_NOT_TRACK": "1",
            "TMPDIR": str(own / "temporary"),
        }
        command = [sys.executable, "-m", "mews_pipeline_tests.support.mortal_process"]
        # A session of its own, so that dbt can be killed with it
        done = subprocess.run(
            [*command, json.dumps(wanted)],
            env=environment,
            start_new_session=True,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode in {0, -signal.SIGKILL}, done.stderr[-4000:]
        return done.returncode

    def copy(self, source: str, name: str) -> Path:
        """Copy a warehouse and what is beside it into a folder of that name."""
        shutil.copytree(self.folder / source, self.folder / name)
        return self.folder / name


@pytest.fixture(scope="module")
def mortals(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Mortals]:
    """Live the first days and, once without a death, the last two; then build cleanly."""
    own = tmp_path_factory.getbasetemp()
    folder = (own if worker_id == "master" else own.parent) / "mortals"
    folder.mkdir(exist_ok=True)
    world = simulate(7, START, START + timedelta(days=DAYS), properties=2, scale=0.12)
    clock = Clock(datetime.combine(SECOND, datetime.min.time(), UTC) + timedelta(minutes=20))
    with running_sandbox(world, clock) as address:
        alive = Mortals(address, clock, folder)
        with FileLock(folder / "lock"):
            if not (folder / "done").exists():
                _prepare(alive)
                (folder / "done").touch()
        clock.set(clock.now() + timedelta(days=2))
        yield alive


def _prepare(alive: Mortals) -> None:
    (alive.folder / "begun").mkdir()
    alive.live("begun", run_id="before", root="before", first=START.isoformat(), days=DAYS - 2)
    shutil.rmtree(alive.folder / "begun" / "temporary")
    alive.copy("begun", "unharmed")
    began = alive.clock.now()
    alive.clock.set(began + timedelta(days=2))
    assert alive.live("unharmed") == 0
    alive.clock.set(began)
    (alive.folder / "clean").mkdir()
    clean = alive.folder / "clean" / "warehouse.duckdb"
    copy_raw(alive.folder / "unharmed" / "warehouse.duckdb", clean)
    with DuckDBFile(clean).open():
        pass
    built(clean, START, *MODELS)


def tables(database: Path, schema: str) -> Rows:
    """Give the rows of each table of a schema, in order, without what differs between runs."""
    found: Rows = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        columns = connection.execute(
            "select table_name, list(column_name order by column_name) from duckdb_columns()"
            " where schema_name = ? and database_name = current_database() group by all",
            [schema],
        ).fetchall()
        for table, names in columns:
            kept = ", ".join(f'"{name}"' for name in names if name not in _OF_A_RUN)
            found[table] = connection.execute(
                f'select {kept} from {schema}."{table}" order by all'
            ).fetchall()
    return found


def differing(one: Rows, other: Rows) -> dict[str, tuple[int, int]]:
    """Give the number of rows that only one of them has, by table."""
    counts = {}
    for table in one.keys() | other.keys():
        ours, theirs = one.get(table, []), other.get(table, [])
        if ours != theirs:
            counts[table] = len(set(ours) - set(theirs)), len(set(theirs) - set(ours))
    return counts


def raw(database: Path) -> Rows:
    """Give the rows of the raw tables; of the fetches only which windows are known."""
    found = tables(database, "raw")
    for bookkeeping in [name for name in found if name in {"fetches", "builds", "built"}]:
        del found[bookkeeping]
    return found


def windows(database: Path) -> set[tuple[Any, ...]]:
    """Give what was fetched completely."""
    with duckdb.connect(str(database), read_only=True) as connection:
        return set(
            connection.execute(
                "select operation, token_key, window_end_utc, fetched_through_utc from raw.fetches"
            ).fetchall()
        )


def files(folder: Path) -> set[str]:
    """Name what the pipeline wrote beside its warehouse."""
    ours = [found.relative_to(folder) for found in folder.rglob("*") if found.is_file()]
    return {str(file) for file in ours if file.parts[0] not in {"target", "logs", "temporary"}}


def left_in(folder: Path) -> list[str]:
    """List what is left in a temporary folder, except the rate limit that processes share."""
    shared = own_temporary_folder().name
    return [found.name for found in folder.iterdir() if not found.name.startswith(shared)]


def chosen(seed: int, counts: dict[str, int]) -> Death:
    """Choose a death by seed: each stage in turn, an event of it, now or a moment later."""
    dice, stage = random.Random(seed), STAGES[seed % len(STAGES)]  # noqa: S311  no secret
    # Not the last ones: how often a lock is tried differs from life to life
    # What waits lands in one opening of the file: some lives have fewer events of that than others
    share = 0.85 if stage == "landing" else 0.95
    event = dice.randint(1, max(1, int(counts[stage] * share)))
    return Death(stage, event, dice.choice([0.0, 0.002, 0.01]), dice.random() < 0.5)


def test_a_life_without_a_death_gives_what_a_clean_build_gives(mortals: Mortals) -> None:
    unharmed, clean = mortals.folder / "unharmed", mortals.folder / "clean"

    assert set(mortals.counts) == set(STAGES)
    assert tables(unharmed / "warehouse.duckdb", "marts")
    assert (
        differing(
            tables(unharmed / "warehouse.duckdb", "marts"),
            tables(clean / "warehouse.duckdb", "marts"),
        )
        == {}
    )


@pytest.mark.parametrize("seed", range(KILLS))
def test_after_a_kill_the_next_run_gives_what_a_clean_build_gives(
    mortals: Mortals, seed: int
) -> None:
    own, death = mortals.copy("begun", f"seed {seed}"), chosen(seed, mortals.counts)
    unharmed, clean = mortals.folder / "unharmed", mortals.folder / "clean"

    assert mortals.live(own.name, death) == -signal.SIGKILL
    # Run again by itself, or by somebody who does not know of the first
    assert mortals.live(own.name, run_id="again", root="run" if seed % 2 else "again") == 0

    warehouse = own / "warehouse.duckdb"
    assert {
        "raw": differing(raw(warehouse), raw(unharmed / "warehouse.duckdb")),
        "windows": windows(unharmed / "warehouse.duckdb") - windows(warehouse),
        "marts": differing(tables(warehouse, "marts"), tables(clean / "warehouse.duckdb", "marts")),
        "published": differing(
            tables(own / "analytics.duckdb", "marts"),
            tables(unharmed / "analytics.duckdb", "marts"),
        ),
        "files": files(own) ^ files(unharmed),
        "temporary": left_in(own / "temporary"),
    } == {
        "raw": {},
        "windows": set(),
        "marts": {},
        "published": {},
        "files": set(),
        "temporary": [],
    }, death
    shutil.rmtree(own)
