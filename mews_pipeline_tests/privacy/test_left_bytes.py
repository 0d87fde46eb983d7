"""Two weeks with everything on leave personal data only where docs/privacy.md lists it."""

import gzip
import os
import shutil
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.defs.dbt_project import manifest_of, project
from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN
from mews_pipeline_tests.support.dbt import STATE
from mews_pipeline_tests.support.left_bytes import places
from mews_pipeline_tests.support.marked_guest import (
    all_markers,
    guest_ids,
    landing_markers,
    marker,
)
from mews_pipeline_tests.support.running import executable
from mews_pipeline_tests.support.two_weeks import START

_ROOT = Path(__file__).parents[2]


@dataclass
class Lived:
    """All folders that a life writes to are in this one."""

    folder: Path

    @property
    def environment(self) -> dict[str, str]:
        """The environment of its processes."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith("MEWS_")}
        return inherited | {
            "HOME": str(self.folder / "user"),
            "TMPDIR": str(self.folder / "tmp"),
            "DAGSTER_HOME": str(self.folder / "home"),
            "DO_NOT_TRACK": "1",
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "MEWS_ENV_FILE": "",
            "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
            "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
            "MEWS_START_DATE": START.isoformat(),
            "MEWS_WAREHOUSE": str(self.folder / "data" / "warehouse.duckdb"),
            "MEWS_RATE_LIMIT": "100000",
        }

    def do(self, *command: str) -> None:
        """Run a Python program, and keep what it prints as one of the files."""
        done = subprocess.run(
            [sys.executable, *command],
            env=self.environment,
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        (self.folder / "said").open("a").write(done.stdout + done.stderr)
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]

    def live(self, part: str) -> None:
        """Run a part of the life."""
        self.do("-m", "mews_pipeline_tests.support.two_weeks", part, str(self.folder))


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Lived:
    folder = tmp_path_factory.mktemp("life")
    for name in ("user", "tmp", "home", "data"):
        (folder / name).mkdir(mode=0o700)
    shutil.copy(_ROOT / "deploy" / "dagster.yaml", folder / "home")
    # dbt parses for seconds: all tests share what it makes
    STATE.mkdir(exist_ok=True)
    manifest_of(project(STATE))
    (folder / "data" / "dbt").mkdir(mode=0o700)
    for name in ("manifest.json", "parsed_from", "partial_parse.msgpack"):
        shutil.copy(STATE / "dbt" / name, folder / "data" / "dbt")
    lived = Lived(folder)
    lived.live("live")
    return lived


def _assert_money_is_published(folder: Path) -> None:
    """Look that items of the guest are in what is searched: else it would find nothing of them."""
    published = next(folder.rglob("analytics.duckdb"))
    with duckdb.connect(str(published), read_only=True) as connection:
        for mart in ("fct_revenue_ledger", "fct_revenue_daily", "rpt_performance_daily"):
            assert connection.execute(f"from marts.{mart} limit 1").fetchall(), mart
    assert next(folder.rglob("fct_revenue_ledger*.parquet"))


@pytest.mark.slow
def test_personal_values_are_in_the_warehouse_alone_and_once_forgotten_nowhere(
    life: Lived,
) -> None:
    left = {path.suffix for path in life.folder.rglob("*")}
    assert {".duckdb", ".parquet", ".xlsx", ".html", ".db", ".out"} <= left
    assert "mews_manager" in (life.folder / "performance.txt").read_text()
    assert "Room revenue" in (life.folder / "metrics.txt").read_text()
    _assert_money_is_published(life.folder)
    found = places(life.folder, all_markers())
    fetched = found[marker(RESERVATIONS, "Number")]
    assert "fetched.txt" in fetched
    # What somebody fetched into a file has the number of a booking; no command knows where it is
    fetched.remove("fetched.txt")
    (life.folder / "fetched.txt").unlink()
    assert found == {value: {"data/warehouse.duckdb"} for value in landing_markers()}

    life.do(executable("mews-pipeline"), "forget", *guest_ids(), "--runs")
    assert places(life.folder, all_markers()) == {}

    life.live("again")
    assert places(life.folder, all_markers()) == {}


def test_the_search_finds_a_value_in_every_form_that_files_have(tmp_path: Path) -> None:
    value = "5eed" * 8
    text = f"some {value} here"
    (tmp_path / "plain.log").write_text(text)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(text.encode()))
    shutil.make_archive(str(tmp_path / "zipped"), "zip", tmp_path, "plain.log")
    (tmp_path / f"{value}.empty").touch()
    compressed = [tmp_path / "compressed.duckdb", tmp_path / "compressed.parquet"]
    with duckdb.connect(str(compressed[0])) as connection:
        # DuckDB samples a column at random to choose how to compress it, and may leave it as it is
        connection.execute("set force_compression = 'fsst'")
        # Among texts of the same characters, so that it is compressed as they are
        connection.execute(
            "create table t as select h || if(i = 500, ?, h) || h as c"
            " from (select i, md5(i::varchar) as h from range(50000) r(i))",
            [value],
        )
        connection.execute(f"copy t to '{compressed[1]}' (compression zstd)")
    assert not any(value.encode() in path.read_bytes() for path in compressed)
    with closing(sqlite3.connect(tmp_path / "blobs.db")) as kept, kept:
        kept.execute("create table t (c blob)")
        kept.execute("insert into t values (?)", [zlib.compress(text.encode())])
    files = {path.name for path in tmp_path.iterdir()}
    assert places(tmp_path, [value, "absent"]) == {value: files}
