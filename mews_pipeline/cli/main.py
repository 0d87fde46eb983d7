"""The command line: mews-pipeline demo, dev, doctor, fetch, migrate, report, sandbox."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from mews_pipeline.cli import fetch, report, services
from mews_pipeline.demo import single as demonstration
from mews_pipeline.demo.single import DemoError
from mews_pipeline.files import private_folder
from mews_pipeline.monitoring.doctor import examine
from mews_pipeline.sandbox import Clock, SandboxOptions, running_sandbox, serve
from mews_pipeline.settings import (
    LocalSettings,
    Settings,
    SettingsError,
    load,
    tokens_are_given,
    warehouse_address,
)
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
# The stream of now, so that progress goes on while a run's own output is held back
console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)


def _today() -> date:
    return datetime.now(UTC).date()


@contextmanager
def _told() -> Iterator[None]:
    """End with the message of an error that the user can mend, not with a traceback."""
    try:
        yield
    except (DemoError, SettingsError, WarehouseError, services.ServiceError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        raise typer.Exit(1) from None


def _prepare_dagster_home() -> None:
    """Where Dagster keeps its records: a folder of the project unless DAGSTER_HOME says otherwise.

    Its storage is set up before anything starts on it: two processes that set it up at once leave
    it broken.
    """
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(Path(".dagster").absolute())))
    private_folder(home)
    command = [_beside("dagster"), "instance", "info"]
    subprocess.run(command, check=True, capture_output=True, umask=0o077)  # noqa: S603


def _beside(command: str) -> str:
    return str(Path(sys.executable).with_name(command))


def _near(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


@app.command()
def demo() -> None:
    """Backfill 60 days from the bundled sandbox, live 14 more, print both reports."""
    start = _today() - timedelta(days=demonstration.BACKFILL_DAYS + demonstration.LIVED_DAYS - 1)
    with _told():
        warehouse = demonstration.file_of(load(LocalSettings).warehouse)
        demonstration.clear(warehouse)
        _prepare_dagster_home()
        console.print("Simulating three hotels and their guests")
        world, clock = demonstration.demo_world(start), Clock()
        with running_sandbox(world, clock) as address:
            os.environ.update(demonstration.sandbox_environment(address, start, warehouse))
            # Only now: definitions take their start date from the environment
            from mews_pipeline.demo import in_process  # noqa: PLC0415

            with in_process.runs() as materialize:
                demonstration.live(world, clock, materialize, console)
        demonstration.print_reports(DuckDBFile(warehouse), _today(), console)
        published = load(LocalSettings)
    console.print(f"\nTo query:      {_near(published.analytics)} (docs/cookbook.md has questions)")
    console.print(f"To look at:    {_near(published.report)}")
    console.print("Dagster's UI:  make dev")
    console.print(
        f"The pipeline's own file, which one program at a time may open: {_near(warehouse)}"
    )


@app.command()
def dev(port: Annotated[int, typer.Option(help="Port of the UI on 127.0.0.1.")] = 3000) -> None:
    """Open Dagster's UI, against Mews when there are tokens, else against the sandbox."""
    with _told(), services.until_signal():
        services.refuse_taken(port)
        _prepare_dagster_home()
        with _mews_or_sandbox():
            services.run_services(port)


@contextmanager
def _mews_or_sandbox() -> Iterator[None]:
    if tokens_are_given():
        load(Settings)
        yield
        return
    warehouse = demonstration.file_of(load(LocalSettings).warehouse)
    start = demonstration.began(warehouse) or _today() - timedelta(demonstration.BACKFILL_DAYS)
    console.print("There are no tokens in the settings: the bundled sandbox plays Mews.")
    with running_sandbox(demonstration.demo_world(start)) as address:
        os.environ.update(demonstration.sandbox_environment(address, start, warehouse))
        yield


@app.command()
def doctor() -> None:
    """Look at settings, tokens, permissions, time zones, warehouse and versions, one line each."""
    is_well, screen = True, Console(highlight=False, soft_wrap=True)
    for found in examine():
        is_well &= not found.is_wrong
        mark = "[red]wrong[/]" if found.is_wrong else "[green]ok[/]   "
        screen.print(f"{mark} {found.what}: {escape(found.text)}")
    if not is_well:
        raise typer.Exit(1)


@app.command()
def migrate(
    to: Annotated[str, typer.Option(help="ducklake:postgres:, reached as MEWS_LAKE_* say.")],
) -> None:
    """Copy the raw tables of the DuckDB warehouse into a lake; stopped, it goes on when run again.

    The source is read only. Models are built there by the next run, with MEWS_WAREHOUSE changed.
    """
    with _told():
        source = warehouse_of(load(LocalSettings).warehouse)
        if not isinstance(source, DuckDBFile):
            raise WarehouseError(f"MEWS_WAREHOUSE is {source.name}: it must name the file to copy.")
        try:
            address = warehouse_address(to)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--to") from None
        moved = migration.migrate(source, warehouse_of(address), console.print)
    for table, rows in moved.items():
        console.print(f"raw.{table}: {rows:,} rows, the same in both")
    console.print(f"Next: MEWS_WAREHOUSE={to}, then the job refresh.")


@app.command()
def sandbox(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1.")] = 8765,
    start: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of the hotels' life.")
    ] = None,
) -> None:
    """Serve the stand-in for Mews on loopback, with real time."""
    first = start.date() if start else _today() - timedelta(demonstration.BACKFILL_DAYS)
    console.print(f"Mews' stand-in: http://127.0.0.1:{port}, its tokens: /sandbox/tokens")
    serve("127.0.0.1", port, demonstration.demo_world(first), Clock(), SandboxOptions())
