"""The built wheel works in an empty folder, without a checkout, and writes nothing into itself."""

import json
import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copytree
from typing import Any

import duckdb
import pytest

from mews_pipeline.demo.cluster.servers import PASSWORD, Catalog, catalog
from mews_pipeline.demo_mode import sandbox_environment
from mews_pipeline.sandbox import Clock, running_sandbox, simulate
from mews_pipeline_tests.cli.test_mcp import Ask, rows, with_client

pytestmark = [pytest.mark.slow]
ROOT = Path(__file__).parents[2]
TODAY = datetime.now(UTC).date()
BACKFILLED, LIVED = 20, 3
_SCRIPT = """#!{python}
import sys
from importlib.metadata import entry_points

command, *_ = entry_points(group="console_scripts", name="{name}")
if __name__ == "__main__":
    sys.exit(command.load()())
"""

# The demo of fewer days: test_docs_commands.py runs the whole one
_SHORT_DEMO = f"""
from mews_pipeline import demo_mode
demo_mode.BACKFILL_DAYS, demo_mode.LIVED_DAYS = {BACKFILLED}, {LIVED}
from mews_pipeline.cli.main import app
app(["demo"])
"""


@dataclass(frozen=True)
class Installed:
    """A virtual environment with the wheel in it, and an empty folder to work in."""

    environment: Path
    folder: Path
    # Kept out of the output of a failing test: the shell may hold secrets
    variables: dict[str, str] = field(repr=False)

    @property
    def package(self) -> Path:
        """The folder of the installed package."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        return self.environment / "lib" / version / "site-packages" / "mews_pipeline"

    def run(self, command: str, *arguments: str, **variables: str) -> str:
        """Run a command of the environment in the empty folder; give what it prints."""
        return self.run_in(self.folder, command, *arguments, **variables)

    def run_in(self, folder: Path, command: str, *arguments: str, **variables: str) -> str:
        """Run a command of the environment in a folder; give what it prints."""
        done = subprocess.run(
            [self.environment / "bin" / command, *arguments],
            cwd=folder,
            env=self.variables | variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def files(self) -> dict[str, int]:
        """List the files of the installed package, with their times."""
        found = [path for path in self.package.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.package)): path.stat().st_mtime_ns for path in found}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installed]:
    """Build the wheel and install it, with the dependencies of this environment behind it.

    These are reached by a path file rather than installed, since tests need no network. Python does
    not follow the path files in there, so the checkout is not reached.
    """
    folder = tmp_path_factory.mktemp("wheel")
    dist, environment, empty = folder / "dist", folder / "venv", folder / "empty"
    empty.mkdir()
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(dist)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = dist.iterdir()
    venv.create(environment, with_pip=True)
    # Neither the PATH nor the settings of the developer
    variables = {"PATH": os.defpath, "HOME": str(folder), "MEWS_ENV_FILE": ""}
    variables |= {"PYTHONDONTWRITEBYTECODE": "1", "DO_NOT_TRACK": "1"}
    found = Installed(environment, empty, variables)
    found.run("python", "-m", "pip", "install", "--no-index", "--no-deps", str(wheel))
    path_file = found.package.parent / "dependencies.pth"
    path_file.write_text(sysconfig.get_path("purelib") + "\n")
    for name in ("create-dagster", "dagster", "dbt", "dg"):
        script = environment / "bin" / name
        script.write_text(_SCRIPT.format(python=environment / "bin" / "python", name=name))
        script.chmod(0o755)
    directories = [found.package, *(path for path in found.package.rglob("*") if path.is_dir())]
    for each in directories:
        each.chmod(0o555)
    yield found
    for each in directories:
        each.chmod(0o755)


def test_the_wheel_holds_what_is_shipped_and_nothing_that_was_made(installed: Installed) -> None:
    found = installed.files()
    shipped = {"py.typed", "dbt_project/profiles.yml", "deploy/distributed/dagster.yaml"}
    assert shipped <= found.keys()
    assert not [
        name for name in found if name.startswith(("dbt_project/target", "dbt_project/logs"))
    ]
    where = installed.run("python", "-c", "import mews_pipeline; print(mews_pipeline.__path__[0])")
    assert where.strip() == str(installed.package)


def test_definitions_load_by_their_module(installed: Installed, tmp_path: Path) -> None:
    before = installed.files()
    installed.run(
        *("dagster", "definitions", "validate", "-m", "mews_pipeline.definitions"),
        DAGSTER_HOME=str(tmp_path),
        MEWS_STATE=str(tmp_path / "state"),
    )
    assert (tmp_path / "state" / "dbt" / "manifest.json").exists()
    assert list(installed.folder.iterdir()) == []
    assert installed.files() == before


def test_the_demo_and_the_commands_work_in_an_empty_folder(installed: Installed) -> None:
    before = installed.files()
    printed = installed.run("python", "-c", _SHORT_DEMO)
    assert "Dagster's UI:  mews-pipeline dev" in printed
    assert {path.name for path in installed.folder.iterdir()} <= {".dagster", "data"}
    assert (installed.folder / "data" / "dbt" / "manifest.json").exists()
    assert (installed.folder / "data" / "report.html").exists()

    start = TODAY - timedelta(days=BACKFILLED + LIVED - 1)
    world = simulate(1, start, TODAY + timedelta(days=2), scale=0.2)
    warehouse = installed.folder / "data" / "warehouse.duckdb"
    with running_sandbox(world, Clock()) as address:
        settings = sandbox_environment(address, start, warehouse)
        assert "ok    versions" in installed.run("mews-pipeline", "doctor", **settings)
        days = f"{start}..{start + timedelta(days=10)}"
        fetch = ("mews-pipeline", "fetch", "reservations", "--updated", days, "--format", "jsonl")
        assert '"id":' in installed.run(*fetch, **settings)
    assert "occupancy" in installed.run("mews-pipeline", "report", "occupancy").lower()
    assert installed.files() == before


@dataclass(frozen=True)
class Mounted:
    """A project of dg with two instances, of which `north` has a day in its marts.

    It publishes to PostgreSQL too.
    """

    installed: Installed
    project: Path
    day: date
    variables: dict[str, str] = field(repr=False)
    postgres: Catalog

    @property
    def copy(self) -> Path:
        """The published copy of `north`."""
        return self.project / "data/north/analytics.duckdb"

    def dg(self, *arguments: str) -> str:
        """Run dg in the project; give what it prints."""
        return self.installed.run_in(self.project, "dg", *arguments, **self.variables)

    def rows(self, database: Path, sql: str) -> list[tuple[Any, ...]]:
        """Read a database of the project."""
        with duckdb.connect(str(self.project / database), read_only=True) as connection:
            return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def mounted(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mounted]:
    """Create the project, scaffold both instances, and launch a day of one."""
    folder = tmp_path_factory.mktemp("mounted")
    installed.run_in(folder, "create-dagster", "project", "chain", "--no-uv-sync")
    project, home = folder / "chain", folder / "home"
    home.mkdir()
    variables = {"PYTHONPATH": str(project / "src"), "DAGSTER_HOME": str(home)}
    variables["PATH"] = f"{installed.environment / 'bin'}:{os.defpath}"
    day = TODAY - timedelta(days=3)
    world = simulate(1, day, TODAY, scale=0.1)
    with running_sandbox(world, Clock()) as address, catalog() as postgres:
        postgres.add("bi")
        variables |= {
            "NORTH_PUBLISH": "postgres:",
            "NORTH_PUBLISH_POSTGRES_HOST": "127.0.0.1",
            "NORTH_PUBLISH_POSTGRES_PORT": str(postgres.port),
            "NORTH_PUBLISH_POSTGRES_DATABASE": "bi",
            "NORTH_PUBLISH_POSTGRES_USER": "lake",
            "NORTH_PUBLISH_POSTGRES_PASSWORD": PASSWORD,
        }
        given = sandbox_environment(address, day, folder / "unused")
        # The token of each is its own variable; the warehouse follows from the folder
        given = {name.removeprefix("MEWS_"): value for name, value in given.items()}
        for name in ("north", "south"):
            variables |= {
                f"{name.upper()}_{rest}": value
                for rest, value in given.items()
                if rest not in {"WAREHOUSE", "ENV_FILE"}
            }
        found = Mounted(installed, project, day, variables, postgres)
        assert "mews_pipeline.MewsPipelineComponent" in found.dg("list", "components", "--json")
        for name in ("north", "south"):
            found.dg("scaffold", "defs", "mews_pipeline.MewsPipelineComponent", name)
            file = project / "src/chain/defs" / name / "defs.yaml"
            file.write_text(file.read_text().replace("MEWS_", f"{name.upper()}_"))
        # As docs/component.md recommends: another executor loads all definitions for each step
        executor = (
            "import dagster as dg\n\ndefs = dg.Definitions(executor=dg.in_process_executor)\n"
        )
        (project / "src/chain/defs/executor.py").write_text(executor)
        found.dg("check", "yaml")
        found.dg("launch", "--job", "north__reference_data")
        found.dg("launch", "--job", "north__nightly", "--partition", day.isoformat())
        yield found


def test_two_components_in_a_project_of_dg_bring_a_day_to_the_marts(mounted: Mounted) -> None:
    assert not (mounted.project / "data/south/warehouse.duckdb").exists()
    asked = "select sum(rooms_occupied) from marts.fct_occupancy_daily"
    [(rooms,)] = mounted.rows(mounted.copy, asked)
    assert rooms > 0
    with mounted.postgres.connect("bi") as connection:
        assert connection.execute(asked).fetchall() == [(rooms,)]


OCCUPANCY = (
    "select cast(stay_date as varchar), sum(spaces_occupied) / nullif(sum(spaces_usable), 0)"
    " from marts.rpt_portfolio_daily where enterprise_id != 'all'"
)
PICKUP = (
    "select cast(stay_date as varchar), sum(rooms) from marts.rpt_pickup"
    " join marts.dim_service using (service_id, enterprise_id) where window_days = 7 and is_lodging"
)


@pytest.mark.parametrize(
    ("metric", "sql"), [("occupancy_mews", OCCUPANCY), ("pickup_7_days", PICKUP)]
)
def test_metrics_of_the_copy_are_the_marts(mounted: Mounted, metric: str, sql: str) -> None:
    printed = mounted.installed.run(
        *("mews-pipeline", "metrics", metric, "--by", "day", "--format", "json"),
        MEWS_ANALYTICS=str(mounted.copy),
    )
    # A night that only other windows of pickup changed is null
    found = [tuple(row.values()) for row in json.loads(printed) if row[metric] is not None]
    assert found == mounted.rows(mounted.copy, f"{sql} group by stay_date order by stay_date")
    assert len(found) > 1


def test_an_assistant_asks_for_the_occupancy_of_next_week(mounted: Mounted) -> None:
    first, last = TODAY + timedelta(days=1), TODAY + timedelta(days=7)

    async def talk(ask: Ask) -> None:
        week = {"first": first.isoformat(), "last": last.isoformat()}
        answer = await ask("metric", names=["occupancy_mews"], by=["day"], **week)
        assert [tuple(row.values()) for row in rows(answer)] == mounted.rows(
            mounted.copy,
            f"{OCCUPANCY} and stay_date between '{first}' and '{last}' group by stay_date"
            " order by stay_date",
        )

    with_client(mounted.copy, talk, mounted.installed.environment / "bin/mews-pipeline")


def test_the_example_of_a_dbt_project_builds_downstream_of_the_copy(mounted: Mounted) -> None:
    warehouse = mounted.project / "data/north/warehouse.duckdb"
    before = warehouse.stat().st_mtime_ns
    example, placed = mounted.project / "budget", mounted.project / "src/chain/defs/budget"
    copytree(ROOT / "examples/budget", example)
    placed.mkdir()
    (example / "defs.yaml").rename(placed / "defs.yaml")
    sources = mounted.installed.run("mews-pipeline", "dbt-sources", "--key-prefix", "north")
    (example / "models/sources.yml").write_text(sources)
    copy, month = mounted.copy, mounted.day.replace(day=1)
    [(hotel,)] = mounted.rows(copy, "select min(enterprise_name) from marts.dim_enterprise")
    (example / "seeds/budgets.csv").write_text(
        f"property,month,room_nights\n{hotel},{month},1000\n"
    )
    budget = mounted.project / "data/budget.duckdb"
    mounted.variables.update(BUDGET_MEWS=str(copy), BUDGET_DATABASE=str(budget))

    mounted.dg("launch", "--assets", 'key:"budgets" or key:"occupancy_against_budget"')

    [listed] = [
        asset["dependency_keys"]
        for asset in json.loads(mounted.dg("list", "defs", "--json"))["assets"]
        if asset["asset_key"] == "occupancy_against_budget"
    ]
    assert sorted(listed) == ["budgets", "north/publish/analytics"]
    expected = mounted.rows(
        copy,
        "select sum(rooms_occupied) from marts.fct_occupancy_daily join marts.dim_service "
        "using (service_id, enterprise_id) join marts.dim_enterprise using (enterprise_id) "
        f"where is_lodging and enterprise_name = '{hotel}' "
        f"and date_trunc('month', stay_date) = date '{month}'",
    )
    booked = (
        "select booked_room_nights from occupancy_against_budget where budgeted_room_nights = 1000"
    )
    assert mounted.rows(budget, booked) == expected
    assert expected[0][0] > 0
    assert warehouse.stat().st_mtime_ns == before
