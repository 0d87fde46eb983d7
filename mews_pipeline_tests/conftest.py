"""Fixtures of many tests: settings for a sandbox, and a warehouse built from its hotels."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from filelock import FileLock
from hypothesis import settings

from mews_pipeline.extract.entities import UPDATED
from mews_pipeline.ingest import Ingest
from mews_pipeline.publish import publish
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
from mews_pipeline_tests.support.built_marts import MODELS_ALONE
from mews_pipeline_tests.support.dbt import STATE, built
from mews_pipeline_tests.support.lakes import configure_lakes_for_tests

if TYPE_CHECKING:
    from mews_pipeline.demo.cluster.servers import Catalog, ObjectStore

BACKFILLED = 66
# The slow files that take minutes, the longest first
_TAKE_MINUTES = (
    "test_daemon.py",
    "test_ui.py",
    "test_docs_commands.py",
    "test_kills.py",
    "test_wheel.py",
    "test_lake_servers.py",
    "test_cluster.py",
    "test_brute_force.py",
    "test_clocks.py",
    "test_incremental_builds.py",
    "test_left_bytes.py",
    "test_soak.py",
    "test_published_builds.py",
    "test_ledger_window.py",
    "test_failures.py",
)

# DuckDB seeks it for each value of a query, through the whole path while it is not installed
sys.modules.setdefault("pandas", None)  # type: ignore[arg-type]

# An example takes long on a busy machine, which says nothing about the code
settings.register_profile("without deadline", deadline=None)
settings.load_profile("without deadline")

# Nothing of what was imported and collected ever ends: collections of garbage would walk through it
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that build models with dbt, which `make unit` leaves out, and order them."""
    models = Path(__file__).with_name("models")
    for item in items:
        if models in item.path.parents or "lived" in getattr(item, "fixturenames", ()):
            item.add_marker("dbt")
    _begin_with_what_takes_longest(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a file to one process where `--dist loadscope` asks for scopes."""
    # Only here: a run without processes needs none of it
    from mews_pipeline_tests.support.processes import ByFile  # noqa: PLC0415

    return ByFile(config, log) if config.getvalue("dist") == "loadscope" else None


def _begin_with_what_takes_longest(items: list[pytest.Item]) -> None:
    """Have one process make the lived warehouse while the others run what does without it.

    Slow files whose tests take minutes come first: at the end a process would wait for them alone.
    """
    needing = [item.path for item in items if "lived" in getattr(item, "fixturenames", ())]
    order = dict.fromkeys(needing, 2) | dict.fromkeys(needing[:1], 0)

    def place(item: pytest.Item) -> tuple[int, int]:
        takes_minutes = item.get_closest_marker("slow") and item.path.name in _TAKE_MINUTES
        first = _TAKE_MINUTES.index(item.path.name) if takes_minutes else len(_TAKE_MINUTES)
        return first, order.get(item.path, 1)

    items.sort(key=place)


def _forget_settings(patch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MEWS_")]:
        patch.delenv(name)
    patch.setenv("MEWS_ENV_FILE", "")
    patch.setenv("MEWS_STATE", str(STATE))


@pytest.fixture(scope="session", autouse=True)
def _no_settings_of_the_developer() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        _forget_settings(patch)
        yield


@pytest.fixture(scope="session", autouse=True)
def _configures_lakes_for_tests() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        configure_lakes_for_tests(patch)
        yield


@pytest.fixture(autouse=True)
def _no_settings_of_another_test(monkeypatch: pytest.MonkeyPatch) -> None:
    _forget_settings(monkeypatch)


def settings_for(address: str, start: date, **changes: object) -> Settings:
    """Return settings for a sandbox, with the vendor's example tokens."""
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


def variables_for(address: str) -> dict[str, str]:
    """Return the environment of a command that asks a sandbox, with the vendor's example tokens."""
    return {
        "MEWS_ENV_FILE": "",
        "MEWS_PLATFORM_ADDRESS": address,
        "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
        "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
        "MEWS_RATE_LIMIT": "100000",
    }


@dataclass(frozen=True)
class Lived:
    """A warehouse after a backfill of 66 days and 8 daily refreshes, and the world behind it."""

    world: World
    warehouse: Path
    start: date
    now: datetime

    @property
    def instants(self) -> list[datetime]:
        """The instants of the fetches: after the backfilled days, then every day, and now.

        Each fetches the day before and the one that has begun, so that everything that was true
        at that instant is known.
        """
        first = datetime.combine(self.start, time(0, 20), UTC) + timedelta(days=BACKFILLED)
        days = (self.now - first).days
        return [*(first + timedelta(days=n) for n in range(days + 1)), self.now]

    @contextmanager
    def connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """Open the warehouse read-only."""
        with duckdb.connect(str(self.warehouse), read_only=True) as connection:
            yield connection


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Lived:
    """Backfill, refresh and build once per session, by the first worker that needs it."""
    # Spring, so that it contains both changes to summer time
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


@pytest.fixture(scope="session")
def copy(lived: Lived) -> Path:
    """Publish the lived warehouse once per session. It is read-only; tests copy it to change it."""
    target = lived.warehouse.with_name("published") / "analytics.duckdb"
    with FileLock(lived.warehouse.with_name("publish.lock")):
        if not target.exists():
            publish(DuckDBFile(lived.warehouse), target)
    return target


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
    # What the project tests, models/test_truth.py runs on it
    built(lived.warehouse, lived.start, *MODELS_ALONE)


@pytest.fixture(scope="module")
def catalog() -> "Iterator[Catalog]":
    """Run PostgreSQL for the tests of a file."""
    # Only here: most tests need no driver of a server
    from mews_pipeline.demo.cluster import servers  # noqa: PLC0415

    with servers.catalog() as running:
        yield running


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[ObjectStore]":
    """Run an S3-compatible store for the tests of a file."""
    from mews_pipeline.demo.cluster import servers  # noqa: PLC0415

    with servers.object_store(tmp_path_factory.mktemp("store") / "s3") as running:
        yield running
