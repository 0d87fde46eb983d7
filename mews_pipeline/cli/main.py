"""The command line, mews-pipeline."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from shutil import copyfile
from typing import Annotated

import typer
from rich.console import Console

from mews_pipeline import demo_mode
from mews_pipeline.cli import (
    brief,
    dbt_sources,
    explain,
    fetch,
    forget,
    mcp,
    metrics,
    reconcile,
    report,
    services,
)
from mews_pipeline.cli.demo_mode import enter_demo_mode
from mews_pipeline.cli.errors import exit_on_error
from mews_pipeline.demo import replacing
from mews_pipeline.demo import single as demonstration
from mews_pipeline.demo_mode import BACKFILL_DAYS, LIVED_DAYS, RECENT_DAYS
from mews_pipeline.errors import PipelineError
from mews_pipeline.files import private_folder
from mews_pipeline.monitoring.doctor import Finding, examine
from mews_pipeline.progress import progress
from mews_pipeline.sandbox import Clock, SandboxOptions, sandbox_process, serve
from mews_pipeline.settings import (
    LAKE,
    LocalSettings,
    Settings,
    SettingsError,
    lake_address,
    load,
    tokens_are_given,
)
from mews_pipeline.shipped import shipped
from mews_pipeline.texts import on_screen
from mews_pipeline.warehouse import migrate as migration
from mews_pipeline.warehouse.base import WarehouseError
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.file import DuckDBFile

app = typer.Typer(
    help="Mews reservations and orders in DuckDB, every version kept, with dbt reports.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)
app.add_typer(fetch.app, name="fetch")
app.add_typer(report.app, name="report")
app.command(epilog=explain.EPILOG)(explain.explain)
app.command()(brief.brief)
app.command("forget", epilog=forget.EPILOG)(forget.forget_persons)
app.command()(dbt_sources.dbt_sources)
app.command()(metrics.metrics)
app.command()(mcp.mcp)
app.command("reconcile-revenue", epilog=reconcile.EPILOG)(reconcile.reconcile_revenue)
# Bind stdout now, so progress still prints while a run's output is redirected
console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)


class DagsterHomeError(PipelineError):
    """Dagster's records cannot be used; the message says why and what to do."""


def _prepare_dagster_home() -> None:
    """Create the folder of Dagster's records: DAGSTER_HOME, else a folder of the project.

    Its storage is set up before any process uses it: two that set it up at once leave it broken.
    """
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(Path(".dagster").absolute())))
    private_folder(home)
    if not (home / "dagster.yaml").exists():
        copyfile(shipped("deploy") / "dagster.yaml", home / "dagster.yaml")
    command = [_executable("dagster"), "instance", "info"]
    ended = subprocess.run(command, check=False, capture_output=True, umask=0o077)  # noqa: S603
    if ended.returncode:
        raise DagsterHomeError(
            f"Dagster's records in {home} cannot be opened: {_reason(ended.stderr)}. Move that "
            "folder away and start again: the history of runs is lost, the warehouse is not; the "
            "days are then fetched once more."
        )


def _reason(stderr: bytes) -> str:
    """Return the line of the error in a traceback, which may be followed by its details."""
    lines = stderr.decode(errors="replace").splitlines()
    errors = [line for line in lines if re.match(r"[\w.]+(Error|Exception)\b", line)]
    return (errors or lines or ["for an unknown reason"])[-1]


def _executable(command: str) -> str:
    return str(Path(sys.executable).with_name(command))


def _relative(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


@app.command()
def demo() -> None:
    """Backfill a year from the bundled sandbox, simulate 14 more days, print the reports."""
    start = demo_mode.today() - timedelta(days=BACKFILL_DAYS + LIVED_DAYS - 1)
    with exit_on_error():
        local = load(LocalSettings)
        warehouse = replacing.file_of(local.warehouse)
        with replacing.replaced(warehouse, start) as new:
            # What is published is replaced as a whole by itself, and dbt's manifest is shared
            os.environ["MEWS_ANALYTICS"] = str(local.analytics)
            os.environ["MEWS_STATE"] = str(local.state)
            _demonstrate(start, new)
        demonstration.print_reports(local.analytics, console)
        for line in (
            "",
            f"To query:      {_relative(local.analytics)} (docs/cookbook.md has examples)",
            f"To look at:    {_relative(local.report)}",
            "More tables:   mews-pipeline report --help, mews-pipeline explain --help",
            "Dagster's UI:  mews-pipeline dev",
            f"The pipeline's own file, for one program at a time: {_relative(warehouse)}",
        ):
            console.print(on_screen(line))


def _demonstrate(start: date, warehouse: Path) -> None:
    with ExitStack() as running:
        with progress(Console(stderr=True), "Loading the pipeline"):
            # It simulates meanwhile
            sandbox = running.enter_context(sandbox_process(*demo_mode.world_arguments(start)))
            _prepare_dagster_home()
            os.environ.update(demo_mode.sandbox_environment(sandbox.address, start, warehouse))
            # Imported only now: definitions read their start date from the environment
            from mews_pipeline.demo import in_process  # noqa: PLC0415

            materialize, refresh = running.enter_context(in_process.runs())
        # It shows its own progress
        demonstration.live(start, sandbox.set_clock, materialize, refresh, console)


@app.command()
def dev(
    port: Annotated[
        int, typer.Option(min=1, max=65535, help="Port of the UI on 127.0.0.1.")
    ] = 3000,
) -> None:
    """Start Dagster's UI, against Mews if there are tokens, else against the sandbox."""
    with exit_on_error(), services.until_signal(), services.reserved(port):
        _prepare_dagster_home()
        with _mews_or_sandbox():
            services.run_services(port)


@contextmanager
def _mews_or_sandbox() -> Iterator[None]:
    local = load(LocalSettings)
    if tokens_are_given():
        load(Settings)
        demo_mode.refuse_real_tokens()
    elif demo_mode.is_on():
        console.print(on_screen(demo_mode.enter()))
    else:
        replacing.file_of(local.warehouse)
        raise demo_mode.DemoError(
            f"No token is set, and {local.warehouse} is not the demo's. Set the tokens of your "
            "Mews (.env), or name another file for the sandbox: MEWS_WAREHOUSE=data/demo.duckdb"
        )
    if local.warehouse.startswith(LAKE):
        yield
        return
    with replacing.in_use(Path(local.warehouse)):
        yield


@app.command()
def doctor() -> None:
    """Check settings, tokens, permissions, time zones, warehouse and versions, one line each."""
    is_well, screen = True, Console(highlight=False, soft_wrap=True)
    with suppress(SettingsError):  # which is a finding
        enter_demo_mode(screen)
    for found in _findings():
        is_well &= not found.is_wrong
        mark = on_screen("fails", "red") if found.is_wrong else on_screen("ok   ", "green")
        screen.print(mark, on_screen(f"{found.what}: {found.text}"))
    if not is_well:
        raise typer.Exit(1)


def _findings() -> Iterator[Finding]:
    """Give the findings one by one, with a sign of life while Mews responds."""
    waiting, findings = Console(stderr=True), examine()
    while True:
        with progress(waiting, "Checking"):
            found = next(findings, None)
        if found is None:
            return
        yield found


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="ducklake:postgres:, reached as set in MEWS_LAKE_*.")],
) -> None:
    """Copy the raw tables of the DuckDB warehouse into a lake; run again, it resumes.

    The source is only read. Once MEWS_WAREHOUSE names the lake, the next run builds its models.
    """
    with exit_on_error():
        source = warehouse_of(load(LocalSettings).warehouse)
        if not isinstance(source, DuckDBFile):
            raise WarehouseError(f"MEWS_WAREHOUSE is {source.name}: it must name the file to copy.")
        try:
            address = lake_address(to, "--to")
        except SettingsError as error:
            raise typer.BadParameter(str(error), param_hint="--to") from None
        moved = migration.migrate(source, warehouse_of(address), _log)
    for table, rows in moved.items():
        console.print(f"raw.{table}: {rows:,} rows, the same in both")
    _log(f"Next: MEWS_WAREHOUSE={to}, then the job refresh.")


def _log(text: str) -> None:
    console.print(on_screen(text))


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on 127.0.0.1.")] = 8765,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First simulated day.")
    ] = None,
) -> None:
    """Serve the sandbox, a fake Mews, on loopback in real time."""
    first = start.date() if start else demo_mode.today() - timedelta(RECENT_DAYS)
    console.print(f"The sandbox: http://127.0.0.1:{port}, its tokens: /sandbox/tokens")
    serve("127.0.0.1", port, demo_mode.demo_world(first), Clock(), SandboxOptions())
