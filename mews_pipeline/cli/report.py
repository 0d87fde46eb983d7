"""`mews-pipeline report`: occupancy, transitions and pickup in the terminal.

Asks the published copy, so that it never waits for the pipeline. Numbers are those of the marts.
"""

import csv
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import duckdb
import orjson
import typer
from rich.console import Console
from rich.table import Table

from mews_pipeline.settings import LocalSettings, SettingsError, load

app = typer.Typer(
    help="Reports from the published copy: as a table, or for tools as csv or json.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)


class Format(StrEnum):
    """How a report is given."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


class ReportError(RuntimeError):
    """There is nothing to report from; the message says what to do."""


@dataclass(frozen=True)
class Answer:
    """What was found: names, which of them are numbers, rows."""

    names: list[str]
    numbers: set[str]
    rows: list[tuple[Any, ...]]


_AS_OF = """
    create temp table properties as
    select
        enterprise_id, enterprise_name as property,
        cast(as_of_utc at time zone coalesce(time_zone, 'UTC') as date) as today
    from about
"""
_OCCUPANCY = """
    select
        property, stay_date as night, rooms_occupied as rooms, rooms_optional as tentative,
        guests, arrivals, departures, spaces_occupied, spaces_usable as usable,
        spaces_active as active, round(occupancy_mews, 4) as occupancy_mews,
        round(occupancy_usali, 4) as occupancy_usali
    from marts.rpt_portfolio_daily join properties using (enterprise_id)
    where
        stay_date between coalesce($first, today - 14) and coalesce($last, today + 13)
        and ($property is null or property ilike $property or enterprise_id = $property)
    order by property, night
"""
_TRANSITIONS = """
    select
        coalesce(from_state, '(new)') as from_state, to_state,
        coalesce(sum(transitions) filter (basis = 'observed'), 0)::bigint as observed,
        coalesce(sum(transitions) filter (basis = 'inferred'), 0)::bigint as inferred,
        coalesce(sum(transitions) filter (basis = 'collapsed'), 0)::bigint as collapsed,
        sum(transitions)::bigint as transitions
    from marts.rpt_state_transition_matrix
    left join marts.dim_service using (service_id)
    left join properties using (enterprise_id)
    where
        ($first is null or period_start >= date_trunc('month', $first::date))
        and ($last is null or period_start <= $last)
        and ($property is null or property ilike $property or enterprise_id = $property)
    group by all order by all
"""
_PICKUP = """
    select
        property, stay_date as night, sum(rooms)::bigint as rooms, sum(guests)::bigint as guests,
        sum(rooms_new)::bigint as new, sum(rooms_converted)::bigint as converted,
        sum(rooms_reinstated)::bigint as reinstated, sum(rooms_moved)::bigint as moved,
        sum(rooms_cancelled)::bigint as cancelled, sum(rooms_no_show)::bigint as no_show
    from marts.rpt_pickup
    join marts.dim_service using (service_id, enterprise_id)
    join properties using (enterprise_id)
    where
        window_days = $days and is_lodging
        and ($first is null or stay_date >= $first) and ($last is null or stay_date <= $last)
        and ($property is null or property ilike $property or enterprise_id = $property)
    group by all order by all
"""

Property = Annotated[
    str | None,
    typer.Option("--property", help="Only this property: its name (% stands for anything) or id."),
]
_DAY = {"formats": ["%Y-%m-%d"]}
First = Annotated[datetime | None, typer.Option("--from", help="First date.", **_DAY)]
Last = Annotated[datetime | None, typer.Option("--to", help="Last date, included.", **_DAY)]
As = Annotated[Format, typer.Option("--format", help="A table for people, the others for tools.")]


class Window(StrEnum):
    """The windows of rpt_pickup, in days of 24 hours up to the last fetch."""

    DAY = "1"
    WEEK = "7"
    MONTH = "30"


@app.command()
def occupancy(
    first: First = None, last: Last = None, prop: Property = None, form: As = Format.TABLE
) -> None:
    """Nights of each property: rooms, guests, spaces, occupancy by Mews' and USALI's rule.

    Of lodging services; the last 14 and the next 14 nights unless dates are given.
    """
    _tell("Occupancy", _OCCUPANCY, form, first=_date(first), last=_date(last), property=prop)


@app.command()
def transitions(
    first: First = None, last: Last = None, prop: Property = None, form: As = Format.TABLE
) -> None:
    """How many reservations went from state to state, in whole months, and how that is known."""
    _tell("State transitions", _TRANSITIONS, form,
          first=_date(first), last=_date(last), property=prop)  # fmt: skip


@app.command()
def pickup(
    days: Annotated[Window, typer.Option(help="Length of the window.")] = Window.WEEK,
    first: First = None,
    last: Last = None,
    prop: Property = None,
    form: As = Format.TABLE,
) -> None:
    """What came onto and went from the definite books of each night, and why. Lodging services."""
    _tell(f"Pickup of the last {days} days", _PICKUP, form,
          days=int(days), first=_date(first), last=_date(last), property=prop)  # fmt: skip


def _date(value: datetime | None) -> date | None:
    return value.date() if value else None


def _tell(title: str, sql: str, form: Format, **values: object) -> None:
    try:
        analytics = load(LocalSettings).analytics
        with _opened(analytics) as connection:
            as_of, found = _asked(connection, sql, values)
    except (ReportError, SettingsError) as error:
        Console(stderr=True, soft_wrap=True).print(
            str(error), style="red", markup=False, highlight=False
        )
        raise typer.Exit(1) from None
    _WRITERS[form](found, f"{title}, as of {as_of:%Y-%m-%d %H:%M} UTC" if as_of else title)


@contextmanager
def _opened(analytics: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    if not analytics.exists():
        raise ReportError(
            f"There is no published copy {analytics} yet. The job refresh publishes one, and so "
            "does mews-pipeline demo; MEWS_ANALYTICS says where it is."
        )
    try:
        with duckdb.connect(str(analytics), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            yield connection
    except duckdb.Error as error:
        raise ReportError(
            f"{analytics} cannot be read as a published copy: {str(error).splitlines()[0]}"
        ) from error


def _asked(
    connection: duckdb.DuckDBPyConnection, sql: str, values: dict[str, object]
) -> tuple[datetime | None, Answer]:
    connection.execute(_AS_OF)
    (as_of,) = connection.execute("select max(as_of_utc) from about").fetchall()[0]
    found = connection.execute(sql, values)
    described = found.description or []
    names = [name for name, *_ in described]
    numbers = {name for name, kind, *_ in described if kind == "NUMBER"}
    return as_of, Answer(names, numbers, found.fetchall())


def _table(found: Answer, title: str) -> None:
    console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140)
    table = Table(title=title, title_justify="left")
    for name in found.names:
        table.add_column(
            name.replace("_", " "), justify="right" if name in found.numbers else "left"
        )
    for row in found.rows:
        table.add_row(*(_shown(n, value) for n, value in zip(found.names, row, strict=True)))
    console.print(table if found.rows else f"{title}: nothing to show.")


def _shown(name: str, value: object) -> str:
    if value is None:
        return ""
    if name.startswith("occupancy_") and isinstance(value, float):
        return f"{value:.1%}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _csv(found: Answer, _: str) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerows([found.names, *found.rows])


def _json(found: Answer, _: str) -> None:
    rows = [dict(zip(found.names, row, strict=True)) for row in found.rows]
    sys.stdout.write(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode() + "\n")


_WRITERS = {Format.TABLE: _table, Format.CSV: _csv, Format.JSON: _json}
