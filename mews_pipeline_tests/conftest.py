"""What many tests need: settings that point at a sandbox, and a warehouse with a life in it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock

from mews_pipeline.extract.entities import UPDATED
from mews_pipeline.ingest import Ingest
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    Clock,
    World,
    running_sandbox,
    simulate,
)
from mews_pipeline.settings import Settings
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.landing import Run

BACKFILLED = 60
DBT_PROJECT = Path(__file__).parents[1] / "dbt_project"


@pytest.fixture(autouse=True)
def _no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MEWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MEWS_ENV_FILE", "")


def settings_for(address: str, start: date, **changes: object) -> Settings:
    """Settings for a sandbox, with the seeds' tokens."""
    return Settings.model_validate(
        {
            "platform_address": address,
            "client_token": CLIENT_TOKEN,
            "access_tokens": [PORTFOLIO_TOKEN],
            "start_date": start,
            "rate_limit": 100_000,
        }
        | changes
    )


def dbt(warehouse: Path, start: date, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run dbt on a warehouse, with its output and target beside it."""
    return subprocess.run(
        [Path(sys.executable).with_name("dbt"), "--quiet", *arguments],
        cwd=DBT_PROJECT,
        env=os.environ
        | {
            "MEWS_WAREHOUSE": str(warehouse),
            "MEWS_START_DATE": start.isoformat(),
            "DBT_TARGET_PATH": str(warehouse.parent / "target"),
            "DBT_LOG_PATH": str(warehouse.parent / "logs"),
            "DO_NOT_TRACK": "1",
        },
        capture_output=True,
        text=True,
        check=False,
    )


@dataclass(frozen=True)
class Lived:
    """A warehouse after a backfill of 60 days and 14 daily refreshes, and the world behind it."""

    world: World
    warehouse: Path
    start: date
    now: datetime

    @property
    def instants(self) -> list[datetime]:
        """When Mews was asked: after the backfilled days, then every day, and now.

        Each time for the day since and the one that has begun, so that all that was true at that
        instant is known.
        """
        first = datetime.combine(self.start, time(0, 20), UTC) + timedelta(days=BACKFILLED)
        days = (self.now - first).days
        return [*(first + timedelta(days=n) for n in range(days + 1)), self.now]

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the warehouse to read."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            yield connection


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Lived:
    """Backfilled, refreshed and built once per session, whichever worker comes first."""
    # Spring, so that both changes to summer time lie inside
    start, now = date(2026, 2, 10), datetime(2026, 4, 25, 9, 30, tzinfo=UTC)
    own = tmp_path_factory.getbasetemp()
    shared = (own if worker_id == "master" else own.parent) / "lived"
    shared.mkdir(exist_ok=True)
    world = simulate(7, start, now.date())
    alive = Lived(world, shared / "warehouse.duckdb", start, now)
    with FileLock(shared / "lock"):
        if not (shared / "done").exists():
            _live(alive)
            (shared / "done").touch()
    return alive


def _live(lived: Lived) -> None:
    clock = Clock(lived.now)
    with running_sandbox(lived.world, clock) as address:

        def refresh(*days: date) -> None:
            run = Run(run_id=f"run of {days[-1]}", root_run_id=f"run of {days[-1]}")
            work = Ingest(
                settings_for(address, lived.start), DuckDBFile(lived.warehouse), run, lambda _: None
            )
            for report in [*work.reference().values(), *work.updates(UPDATED, days).values()]:
                assert report.errors == []

        days = [lived.start + timedelta(n) for n in range(BACKFILLED)]
        for instant in lived.instants:
            clock.set(instant)
            refresh(*days, instant.date())
            days = [instant.date()]
    built = dbt(lived.warehouse, lived.start, "build")
    assert built.returncode == 0, built.stdout
