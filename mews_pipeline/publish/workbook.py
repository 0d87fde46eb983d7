"""One Excel workbook of the published copy: occupancy, pickup, pace, revenue, and their columns."""

from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from mews_pipeline.errors import PipelineError
from mews_pipeline.files import publish_file, published_folder
from mews_pipeline.publish.money import make_money
from mews_pipeline.publish.published_copy import make_properties, opened, sql

FILE = "mews_pipeline.xlsx"
_COMMENTS = (
    "select table_name, column_name, comment from duckdb_columns()"
    " where schema_name = 'marts' and comment is not null"
)
# Excel's own limit, of which the title and the names of the columns take two
_ROWS_MOST = 1_048_576 - 2
_OPTIONS = {
    "default_date_format": "yyyy-mm-dd",
    # A property may be called "=1+1"
    "strings_to_formulas": False,
    "strings_to_urls": False,
}


class WorkbookError(PipelineError):
    """The workbook would have more rows than Excel opens; the message says what to do."""


# Columns with these names, and those that begin with them, as those of last year
_AMOUNTS = ("room_revenue", "total_revenue", "adr", "revpar", "trevpar")
# The names of the columns, and the rows
Table = tuple[list[str], list[tuple[Any, ...]]]

# There is no such sheet without money
_PERFORMANCE = "Performance"
# The mart whose columns a sheet has; its query is workbook_<sheet>.sql
SHEETS = {
    "Occupancy": "rpt_portfolio_daily",
    "Pickup": "rpt_pickup",
    "Pace": "rpt_booking_pace",
    _PERFORMANCE: "rpt_performance_daily",
}


def write_workbook(analytics: Path, folder: Path, group: str | None = None) -> dict[str, int]:
    """Write `folder`/mews_pipeline.xlsx, replaced whole, and return the rows of each sheet.

    Nights are from a month ago to a year ahead, of pace to 90 days ahead, by the local date of
    each property. Raises ReportError without a copy, WorkbookError for too many rows, and OSError.
    """
    published_folder(folder, group)
    partial = folder / f".{FILE}.partial"
    title, tables, meanings = _read_all(analytics)
    with xlsxwriter.Workbook(str(partial), _OPTIONS) as workbook:
        percent = workbook.add_format({"num_format": "0.0%"})
        amount = workbook.add_format({"num_format": "#,##0.00"})
        bold = workbook.add_format({"bold": True})
        for name, (names, rows) in tables.items():
            formats = {column: percent for column in names if column.startswith("occupancy")}
            formats |= {column: amount for column in names if column.startswith(_AMOUNTS)}
            worksheet = workbook.add_worksheet(name)
            worksheet.write(0, 0, f"{name}{title}", bold)
            _write(worksheet, names, rows, formats)
        worksheet = workbook.add_worksheet("Definitions")
        worksheet.write(0, 0, "What the columns mean; an empty cell is not known", bold)
        _write(worksheet, ["sheet", "column", "meaning"], meanings, {})
    publish_file(partial, group).replace(folder / FILE)
    return {name: len(rows) for name, (_, rows) in tables.items()}


def _read_all(analytics: Path) -> tuple[str, dict[str, Table], list[tuple[str, str, str]]]:
    """Return the title that says how current the copy is, each sheet's table, and the meanings."""
    with opened(analytics) as connection:
        title = make_properties(connection)
        make_money(connection)
        tables = {sheet: _read(connection, sheet) for sheet in SHEETS}
        if not tables[_PERFORMANCE][1]:
            del tables[_PERFORMANCE]
        comments = connection.execute(_COMMENTS).fetchall()
    known = {(table, column): comment for table, column, comment in comments}
    meanings = [
        (sheet, column, known.get((mart, column), "Name of the property."))
        for sheet, mart in SHEETS.items()
        for column in tables.get(sheet, ((), ()))[0]
    ]
    return title, tables, meanings


def _read(connection: duckdb.DuckDBPyConnection, sheet: str) -> Table:
    found = connection.execute(sql(f"workbook_{sheet.lower()}"))
    names = [name for name, *_ in found.description or []]
    rows = found.fetchall()
    if len(rows) > _ROWS_MOST:
        raise WorkbookError(
            f"The sheet {sheet} would have {len(rows):,} rows, and Excel opens {_ROWS_MOST:,}:"
            " read the Parquet files beside it instead."
        )
    return names, rows


def _write(
    worksheet: Worksheet,
    names: list[str],
    rows: list[tuple[Any, ...]],
    formats: dict[str, Format],
) -> None:
    """Write a table below the title, with a filter on each column. A table has at least one row."""
    columns = [
        {"header": name, "format": formats[name]} if name in formats else {"header": name}
        for name in names
    ]
    table = {"data": rows, "columns": columns, "style": "Table Style Light 1"}
    worksheet.add_table(1, 0, max(len(rows), 1) + 1, len(names) - 1, table)
    worksheet.freeze_panes(2, 2)
    worksheet.autofit(400)
