"""`mews-pipeline reconcile-revenue`: our revenue next to figures copied from Mews."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from mews_pipeline.cli.errors import exit_on_error
from mews_pipeline.cli.output import RAW_HELP
from mews_pipeline.cli.report import ReportFormat, write
from mews_pipeline.publish.reconcile import Difference, Reconciled, reconcile
from mews_pipeline.publish.terminal import TerminalTable
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.texts import on_screen

EPILOG = (
    "The file has the columns property (name or id), date (2026-01-31), classification and net, "
    "and may have currency. Copy them from Mews' Manager report: mode Day, grouped by "
    "classification, status Confirmed, values Net. The exit code is 1 if figures differ."
)


def reconcile_revenue(
    file: Annotated[Path, typer.Argument(help="A csv file.", dir_okay=False)],
    form: Annotated[
        ReportFormat, typer.Option("--format", help="A table for people, csv or json for tools.")
    ] = ReportFormat.TABLE,
    raw: Annotated[bool, typer.Option("--raw", help=RAW_HELP)] = False,
) -> None:
    """Compare definite net revenue with figures copied from Mews, and print what differs."""
    with exit_on_error():
        found = reconcile(load(LocalSettings).analytics, file)
        if found.differences or form is not ReportFormat.TABLE:
            write(_table(found), form, is_raw=raw)
    screen = Console(stderr=form is not ReportFormat.TABLE, soft_wrap=True)
    screen.print(on_screen(_summary(found)))
    if found.not_in_file:
        screen.print(on_screen(f"Not in the file: {', '.join(found.not_in_file)}"))
    if found.differences:
        raise typer.Exit(1)


def _table(found: Reconciled) -> TerminalTable:
    names = list(Difference._fields)
    rows = [
        (each.property, str(each.date), each.classification, each.currency,
         *(f"{amount:.2f}" for amount in (each.ours, each.file, each.difference)), each.note)
        for each in found.differences
    ]  # fmt: skip
    return TerminalTable("What differs", names, rows, numbers={"ours", "file", "difference"})


def _summary(found: Reconciled) -> str:
    equal = found.compared - len(found.differences)
    return f"{equal:,} of {found.compared:,} figures are equal to ours."
