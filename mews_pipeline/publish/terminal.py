"""Tables for the terminal: occupancy, performance, state transitions and pickup.

They are read from the published copy, so they never wait for the pipeline. The command
`mews-pipeline report` and the demos print the same tables.
"""

from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mews_pipeline.publish.money import definition, make_money
from mews_pipeline.publish.properties import matching
from mews_pipeline.publish.published_copy import ReportError, make_properties, opened, sql
from mews_pipeline.texts import on_screen

# What `prop` takes for the sum of all properties
ALL, _ALL_PROPERTIES = "all", "All properties"
# Per room with the smaller unit of a currency, amounts of a night or more without it
_RATIOS, _AMOUNTS = {"adr", "revpar", "trevpar"}, {"room_revenue", "total_revenue"}
_NO_MONEY = "there is none: nothing was fetched of it yet, or the tokens may not read order items."


@dataclass(frozen=True)
class TerminalTable:
    """A table: its title with the instant it shows, column names, rows.

    Columns of numbers are found by their values; `numbers` names those whose numbers are texts.
    """

    title: str
    names: list[str]
    rows: list[tuple[Any, ...]]
    numbers: set[str] = field(default_factory=set)
    # Rows with which a table for people ends
    totals: list[tuple[Any, ...]] = field(default_factory=list)
    # What is printed for people where there is no row
    nothing: str = "nothing to show."

    def is_number(self, column: int) -> bool:
        """Whether the column has only numbers."""
        values = [row[column] for row in self.rows if row[column] is not None]
        return self.names[column] in self.numbers or (
            bool(values) and all(isinstance(value, int | float | Decimal) for value in values)
        )

    def with_sums(self) -> "TerminalTable":
        """Add a total with the sums of the columns of whole numbers."""
        if not self.rows:
            return self
        columns = [list(column) for column in zip(*self.rows, strict=True)][1:]
        sums = [sum(c) if all(isinstance(v, int) for v in c) else None for c in columns]
        return replace(self, totals=[("total", *sums)])


def occupancy(
    analytics: Path, first: date | None = None, last: date | None = None, prop: str | None = None
) -> TerminalTable:
    """Read the nights of each property; without dates, the last 14 and the next 14 nights.

    `prop` is a property's name (% matches anything), its id, or `all`. Raises ReportError.
    """
    values = {"first": first, "last": last, "property": prop}
    return _read(analytics, "Occupancy", "occupancy", values)


def transitions(
    analytics: Path, first: date | None = None, last: date | None = None, prop: str | None = None
) -> TerminalTable:
    """Read how many reservations went from state to state, in whole months. Raises ReportError."""
    values = {"first": first, "last": last, "property": prop}
    return _read(analytics, "State transitions", "transitions", values)


def pickup(
    analytics: Path,
    days: int,
    first: date | None = None,
    last: date | None = None,
    prop: str | None = None,
) -> TerminalTable:
    """Read how the definite books of each night changed within `days` days, and why.

    `prop` is a property's name (% matches anything) or its id; without it, or with `all`, it is
    their sum. Without dates, the next 14 nights. `days` is a window of the mart rpt_pickup. Raises
    ReportError.
    """
    together = prop in {None, ALL}
    values = {
        "first": first,
        "last": last,
        "days": days,
        "together": together,
        "property": None if together else prop,
    }
    return _read(analytics, f"Pickup of the last {days} days", "pickup", values).with_sums()


def performance(
    analytics: Path,
    asked: str | None = None,
    first: date | None = None,
    last: date | None = None,
    prop: str | None = None,
) -> TerminalTable:
    """Read rooms sold, ADR, RevPAR and revenue of each night, with a total for each currency.

    `asked` is a definition of revenue. `prop` is a property's name (% matches anything) or its id;
    `all` is the sum of all that share a currency. Without dates, the next 14 nights. Raises
    ReportError.
    """
    refuse_inverted(first, last)
    together = prop in {ALL, _ALL_PROPERTIES}
    values: dict[str, Any] = {
        "first": first,
        "last": last,
        "together": together,
        "property": None if together else prop,
    }
    with opened(analytics) as connection:
        reach = _prepared(connection, values)
        make_money(connection)
        name = definition(connection, asked)
        by = f", by the definition {name}" if name else ""
        title = f"Revenue on the books, net{by}{reach}"
        table = _table(connection, title, "performance", values | {"definition": name})
    # The last two columns tell rows from totals
    return replace(
        table,
        names=table.names[:-2],
        rows=[row[:-2] for row in table.rows if not row[-1]],
        totals=[row[:-2] for row in table.rows if row[-1]],
        nothing=_NO_MONEY,
    )


def next_nights(analytics: Path) -> TerminalTable:
    """Read the next 14 nights of all properties together. Raises ReportError."""
    return _with_something(_read(analytics, "The next 14 nights", "next_nights", {}))


def next_nights_by_property(analytics: Path) -> TerminalTable:
    """Read the sums of the next 14 nights of each property, with its ADR, RevPAR and revenue.

    Raises ReportError.
    """
    with opened(analytics) as connection:
        make_properties(connection)
        make_money(connection)
        name = definition(connection)
        money = f"; revenue net, by the definition {name}" if name else ""
        title = f"The same by property, in sums{money}"
        return _with_something(_table(connection, title, "next_nights_by_property", {}))


def _with_something(report: TerminalTable) -> TerminalTable:
    """Leave out columns without any value, as last year's before there is one."""
    kept = [n for n in range(len(report.names)) if any(row[n] is not None for row in report.rows)]
    return replace(
        report,
        names=[report.names[n] for n in kept],
        rows=[tuple(row[n] for n in kept) for row in report.rows],
    )


def show(report: TerminalTable, console: Console) -> None:
    """Print a report as a table, or a sentence when it has no rows."""
    if not report.rows:
        console.print(f"{report.title}: {report.nothing}")
        return
    table = Table(
        title=report.title,
        title_justify="left",
        box=SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    rows = [
        [on_screen(_text(name, value)) for name, value in zip(report.names, row, strict=True)]
        for row in (*report.rows, *report.totals)
    ]
    for column, (name, cells) in enumerate(zip(report.names, zip(*rows, strict=True), strict=True)):
        # A narrow terminal breaks headings, never a date or a number
        table.add_column(
            name.replace("_", " "),
            justify="right" if report.is_number(column) else "left",
            min_width=max(len(str(cell)) for cell in cells),
        )
    for place, row in enumerate(rows, start=1):
        table.add_row(*row, end_section=bool(report.totals) and place == len(report.rows))
    console.print(table)


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if name.startswith("occupancy") and isinstance(value, float):
        return f"{value:.1%}"
    if name in _RATIOS:
        return f"{value:,.2f}"
    return f"{value:,.0f}" if isinstance(value, int) or name in _AMOUNTS else str(value)


def _read(analytics: Path, title: str, query: str, values: dict[str, Any]) -> TerminalTable:
    refuse_inverted(values.get("first"), values.get("last"))
    with opened(analytics) as connection:
        reach = _prepared(connection, values)
        return _table(connection, f"{title}{reach}", query, values)


def _prepared(connection: duckdb.DuckDBPyConnection, values: dict[str, Any]) -> str:
    """Refuse a property that is not known, and return what the numbers reach to, for a title."""
    prop = values.get("property")
    if prop and prop not in {ALL, _ALL_PROPERTIES}:
        matching(connection, prop)
    return make_properties(connection)


def _table(
    connection: duckdb.DuckDBPyConnection, title: str, query: str, values: dict[str, Any]
) -> TerminalTable:
    found = connection.execute(sql(query), values)
    return TerminalTable(title, [name for name, *_ in found.description or []], found.fetchall())


def refuse_inverted(first: date | None, last: date | None) -> None:
    """Refuse a range of dates that ends before it starts. Raises ReportError."""
    if first and last and last < first:
        raise ReportError(f"The range ends ({last}) before it starts ({first}): exchange its ends.")
