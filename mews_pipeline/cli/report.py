"""`mews-pipeline report`: occupancy, performance, transitions and pickup in the terminal."""

import csv
import sys
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

import orjson
import typer
from rich.console import Console

from mews_pipeline.cli.errors import exit_on_error
from mews_pipeline.cli.output import RAW_HELP
from mews_pipeline.publish import terminal
from mews_pipeline.publish.terminal import TerminalTable
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.texts import for_csv, for_json

app = typer.Typer(
    help="Print reports from the published copy: as a table, or as csv or json for tools.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


class ReportFormat(StrEnum):
    """The formats of a report."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class PickupDays(StrEnum):
    """The windows of rpt_pickup, in days of 24 hours up to the last fetch."""

    DAY = "1"
    WEEK = "7"
    MONTH = "30"


Property = Annotated[
    str | None,
    typer.Option("--property", help="Only this property: its name (% matches anything) or its id."),
]
_DAY = {"formats": ["%Y-%m-%d"]}
First = Annotated[datetime | None, typer.Option("--from", help="First date.", **_DAY)]
Last = Annotated[datetime | None, typer.Option("--to", help="Last date, included.", **_DAY)]
As = Annotated[
    ReportFormat, typer.Option("--format", help="A table for people, csv or json for tools.")
]
Raw = Annotated[bool, typer.Option("--raw", help=RAW_HELP)]


@app.command()
def occupancy(
    first: First = None, last: Last = None, prop: Property = None, form: As = ReportFormat.TABLE,
    raw: Raw = False,
) -> None:  # fmt: skip
    """Show the nights of each property: rooms, guests, spaces, occupancy by Mews' and USALI's rule.

    Covers lodging services; the last 14 and the next 14 nights unless dates are given.
    """
    with exit_on_error():
        analytics = load(LocalSettings).analytics
        write(terminal.occupancy(analytics, as_date(first), as_date(last), prop), form, is_raw=raw)


@app.command()
def performance(  # noqa: PLR0913, PLR0917 - Typer makes each a flag
    definition: Annotated[
        str | None,
        typer.Option(help="What counts as revenue: mews_manager, by_category or usali."),
    ] = None,
    first: First = None,
    last: Last = None,
    prop: Property = None,
    form: As = ReportFormat.TABLE,
    raw: Raw = False,
) -> None:
    """Show ADR, RevPAR and revenue on the books of each night: definite, net, in its currency.

    The next 14 nights of each property unless dates are given. Currencies are never added.
    """
    with exit_on_error():
        analytics = load(LocalSettings).analytics
        write(
            terminal.performance(analytics, definition, as_date(first), as_date(last), prop),
            form,
            is_raw=raw,
        )


@app.command()
def transitions(
    first: First = None, last: Last = None, prop: Property = None, form: As = ReportFormat.TABLE,
    raw: Raw = False,
) -> None:  # fmt: skip
    """Count transitions from state to state, in whole months, and how each count is known."""
    with exit_on_error():
        analytics = load(LocalSettings).analytics
        write(
            terminal.transitions(analytics, as_date(first), as_date(last), prop), form, is_raw=raw
        )


@app.command()
def pickup(  # noqa: PLR0913, PLR0917 - Typer makes each a flag
    days: Annotated[PickupDays, typer.Option(help="Length of the window.")] = PickupDays.WEEK,
    first: First = None,
    last: Last = None,
    prop: Property = None,
    form: As = ReportFormat.TABLE,
    raw: Raw = False,
) -> None:
    """Show what changed on the definite books of each night, and why. Covers lodging services.

    The next 14 nights of all properties together, unless dates or a property (or %) are given.
    """
    with exit_on_error():
        analytics = load(LocalSettings).analytics
        write(
            terminal.pickup(analytics, int(days), as_date(first), as_date(last), prop),
            form,
            is_raw=raw,
        )


def as_date(value: datetime | None) -> date | None:
    """Give the date of what Typer read."""
    return value.date() if value else None


def write(report: TerminalTable, form: ReportFormat, *, is_raw: bool) -> None:
    """Write a table for people to the screen, or csv or json for tools."""
    if form is ReportFormat.CSV:
        rows = [[cell if is_raw else for_csv(cell) for cell in row] for row in report.rows]
        # A carriage return, which only raw cells have, would end the line without quotes
        writer = csv.writer(
            sys.stdout,
            lineterminator="\n",
            quoting=csv.QUOTE_NONNUMERIC if is_raw else csv.QUOTE_MINIMAL,
        )
        writer.writerows([report.names, *rows])
    elif form is ReportFormat.JSON:
        records = [dict(zip(report.names, row, strict=True)) for row in report.rows]
        # Amounts are decimals, and numbers for tools
        text = orjson.dumps(records, default=float, option=orjson.OPT_INDENT_2).decode()
        sys.stdout.write(for_json(text) + "\n")
    else:
        width = None if sys.stdout.isatty() else 140
        terminal.show(report, Console(file=sys.stdout, width=width))
