"""A day's fetch leaves no file that other users of the machine may read."""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.extract.entities import ENTITIES
from mews_pipeline.ingest import Ingest
from mews_pipeline.monitoring.doctor import examine
from mews_pipeline.sandbox import Clock, running_sandbox, simulate
from mews_pipeline.warehouse import landing
from mews_pipeline.warehouse.file import DuckDBFile, warehouse_lock
from mews_pipeline.warehouse.landing import Landed, Run
from mews_pipeline_tests.conftest import settings_for

DAY = date(2026, 1, 5)


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    assert os.umask(before) == 0o022


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Create the temporary folder of the machine, which others may enter."""
    folder = tmp_path / "tmp"
    folder.mkdir(mode=0o755)
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def opened(folder: Path) -> list[str]:
    """List what others may read or enter below a folder."""
    return [
        f"{path.relative_to(folder)}: {path.stat().st_mode & 0o777:o}"
        for path in folder.rglob("*")
        # An empty file that pyrate-limiter opens by itself, in a private folder
        if path.stat().st_mode & 0o077 and not path.name.endswith(".sqlite.lock")
    ]


def test_a_fetch_creates_private_files_alone(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = simulate(3, date(2026, 1, 1), date(2026, 1, 6), scale=0.2)
    warehouse = tmp_path / "data" / "warehouse.duckdb"
    spooled: set[str] = set()
    seen: list[str] = []

    land = landing.land

    def looked(*arguments: Any) -> Landed:
        spooled.update(path.suffix for path in temporary.rglob("*"))
        seen.extend(opened(temporary))
        return land(*arguments)

    monkeypatch.setattr(landing, "land", looked)

    with running_sandbox(world, Clock(datetime(2026, 1, 6, tzinfo=UTC))) as address:
        ingest = Ingest(
            settings_for(address, DAY),
            DuckDBFile(warehouse),
            Run(run_id="a", root_run_id="a"),
            print,
        )
        ingest.updates([ENTITIES["reservations"], ENTITIES["product_service_orders"]], [DAY])

    assert {".parquet", ".sqlite"} <= spooled
    assert seen == []
    assert opened(tmp_path / "data") == []
    assert warehouse.parent.stat().st_mode & 0o777 == 0o700
    assert {path.name for path in warehouse.parent.iterdir()} == {
        "warehouse.duckdb",
        "warehouse.duckdb.lock",
    }


def test_a_warehouse_that_was_open_is_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(path)).close()
    path.chmod(0o644)
    with warehouse_lock(path):
        assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("mode", "is_wrong"), [(0o600, False), (0o644, True), (0o640, True)])
def test_the_doctor_refuses_an_env_file_that_others_may_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: int, is_wrong: bool
) -> None:
    env = tmp_path / ".env"
    env.write_text(f"MEWS_WAREHOUSE={tmp_path / 'warehouse.duckdb'}\n")
    env.chmod(mode)
    monkeypatch.setenv("MEWS_ENV_FILE", str(env))
    [found] = [finding for finding in examine() if finding.what == ".env"]
    assert found.is_wrong == is_wrong
    assert (f"chmod 600 {env}" in found.text) == is_wrong
