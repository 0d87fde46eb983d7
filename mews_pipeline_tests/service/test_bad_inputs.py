"""Whatever is wrong on the user's side, a line names it at once, and nothing landed is lost."""

import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
import stamina
from typer.testing import CliRunner

from mews_pipeline.cli.main import app
from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.ingest import Ingest
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN, Clock, running_sandbox, simulate
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.landing import Run
from mews_pipeline_tests.conftest import settings_for, variables_for
from mews_pipeline_tests.service.bad_inputs import INPUTS, NAMES, Input

pytestmark = pytest.mark.slow

START, DAYS = date(2025, 3, 1), 2
NOW = datetime(2025, 3, 3, 0, 20, tzinfo=UTC)
MOST_LINES, MOST_SECONDS = 20, 5.0


@dataclass(frozen=True)
class Landed:
    """A sandbox, and a warehouse that its reservations have landed in."""

    address: str
    warehouse: Path
    rows: int


def ids(warehouse: Path) -> list[str]:
    """Give the id of every row."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return [
            found
            for (found,) in connection.execute(
                "select id from raw.reservations order by 1"
            ).fetchall()
        ]


def land(address: str, warehouse: Path) -> None:
    """Fetch and land the days of the sandbox."""
    work = Ingest(
        settings_for(address, START), DuckDBFile(warehouse), Run("run", "run"), lambda _: None
    )
    days = [START + timedelta(days=n) for n in range(DAYS)]
    for reports in (work.reference(), work.updates([RESERVATIONS], days)):
        assert [error for report in reports.values() for error in report.errors] == []


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landed]:
    world = simulate(5, START, START + timedelta(days=DAYS), properties=1, scale=0.05)
    warehouse = tmp_path_factory.mktemp("known") / "w.duckdb"
    with running_sandbox(world, Clock(NOW)) as address:
        land(address, warehouse)
        yield Landed(address, warehouse, len(ids(warehouse)))


@pytest.fixture
def folder(known: Landed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a folder with a warehouse, the working directory of a user whose settings are right."""
    shutil.copy(known.warehouse, tmp_path / "w.duckdb")
    monkeypatch.chdir(tmp_path)
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in {
        "SANDBOX": known.address,
        "DAGSTER_HOME": str(tmp_path / "home"),
        **variables_for(known.address),
        "MEWS_WAREHOUSE": str(tmp_path / "w.duckdb"),
        "MEWS_STATE": "",
    }.items():
        monkeypatch.setenv(name, value)
    return tmp_path


@pytest.mark.parametrize("bad", INPUTS, ids=[bad.name for bad in INPUTS])
def test_a_bad_input_is_named_at_once(
    bad: Input, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in bad.prepare(folder).items():
        if name:
            monkeypatch.setenv(name, value)
    before = {path: path.read_bytes() for path in folder.rglob("*.duckdb") if path.is_file()}
    began = time.process_time()

    with stamina.set_testing(True, attempts=2):
        done = CliRunner().invoke(app, list(bad.command))

    seconds = time.process_time() - began
    assert isinstance(done.exception, SystemExit | None), repr(done.exception)
    assert {
        "exit status": done.exit_code,
        "names it": bad.names in _first(done.output) or _first(done.output),
        "few lines": len(_faults(done.output)) <= MOST_LINES,
        "at once": seconds < MOST_SECONDS,
        "no traceback": "Traceback" not in done.output,
        "no secret": CLIENT_TOKEN not in done.output and PORTFOLIO_TOKEN not in done.output,
        "changed": [p.name for p, content in before.items() if p.read_bytes() != content],
    } == {
        "exit status": bad.exit_status,
        "names it": True,
        "few lines": True,
        "at once": True,
        "no traceback": True,
        "no secret": True,
        "changed": [],
    }, done.output


def _faults(output: str) -> list[str]:
    """Return the lines of an output without those of doctor that say that something is right."""
    return [line for line in output.splitlines() if not line.startswith("ok ")]


def _first(output: str) -> str:
    """Give the first words of an error: of the doctor's findings and of Typer's box those of it."""
    text = re.sub(r"[│╭╮╰╯─]", " ", output)
    if (wrong := text.find("fails ")) >= 0:
        text = text[wrong:]
    elif (error := text.find(" Error ")) >= 0:
        text = text[error:]
    return " ".join(" ".join(text.splitlines()[:4]).split())


@pytest.mark.parametrize("name", NAMES)
def test_a_path_is_data_whatever_its_name(
    known: Landed, folder: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = folder / name
    place.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    warehouse = place / "w.duckdb"

    land(known.address, warehouse)
    monkeypatch.setenv("MEWS_WAREHOUSE", str(warehouse))
    output = place / f"{name}.csv"
    done = CliRunner().invoke(app, ["fetch", "reservations", "--all", "--output", str(output)])

    assert ids(warehouse) == ids(known.warehouse)
    assert done.exit_code == 0, done.output
    assert output.read_text().count("\n") > known.rows / 2
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 0


@pytest.mark.parametrize(
    ("command", "variables", "names"),
    [
        (["fetch", "reservations", "--number", "52"], {"MEWS_CLIENT": "H\u00f4tel"}, "MEWS_CLIENT"),
        (["doctor"], {"NO_PROXY": "[::1]"}, "NO_PROXY"),
        (["report", "occupancy"], {}, "analytics.duckdb"),
    ],
)
def test_a_terminal_gets_a_few_lines(
    folder: Path,
    command: list[str],
    variables: dict[str, str],
    names: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    executable = Path(sys.executable).with_name("mews-pipeline")

    done = subprocess.run(
        [executable, *command], cwd=folder, capture_output=True, text=True, check=False
    )

    output = done.stdout + done.stderr
    assert done.returncode == 1
    assert names in output
    assert "Traceback" not in output
    assert len(output.splitlines()) <= MOST_LINES


def test_there_are_enough_bad_inputs() -> None:
    assert len({bad.name for bad in INPUTS}) == len(INPUTS) >= 60
