"""One Excel workbook of the published copy: occupancy, pickup, pace, and what each column means."""

from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from mews_pipeline.errors import PipelineError
from mews_pipeline.files import publish_file, published_folder
from mews_pipeline.publish.published_copy import opened

FILE = "mews_pipeline.xlsx"
_QUERIES = files("mews_pipeline.publish") / "queries"
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


@dataclass(frozen=True)
class Sheet:
    """A sheet, of the query `workbook_<name>.sql`, and the mart whose columns it has."""

    name: str
    mart: str


# The names of the columns, and the rows
Table = tuple[list[str], list[tuple[Any, ...]]]

SHEETS = (
    Sheet("Occupancy", "rpt_portfolio_daily"),
    Sheet("Pickup", "rpt_pickup"),
    Sheet("Pace", "rpt_booking_pace"),
)


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
        bold = workbook.add_format({"bold": True})
        for name, (names, rows) in tables.items():
            formats = {column: percent for column in names if column.startswith("occupancy")}
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
        connection.execute(_sql("properties"))
        reach = connection.execute(_sql("reach")).fetchone()
        tables = {sheet.name: _read(connection, sheet) for sheet in SHEETS}
        meanings = [
            (sheet.name, column, _meaning(connection, sheet, column))
            for sheet in SHEETS
            for column in tables[sheet.name][0]
        ]
    return (reach[0] if reach else ""), tables, meanings


def _read(connection: duckdb.DuckDBPyConnection, sheet: Sheet) -> Table:
    found = connection.execute(_sql(f"workbook_{sheet.name.lower()}"))
    names = [name for name, *_ in found.description or []]
    rows = found.fetchall()
    if len(rows) > _ROWS_MOST:
        raise WorkbookError(
            f"The sheet {sheet.name} would have {len(rows):,} rows, and Excel opens {_ROWS_MOST:,}:"
            " read the Parquet files beside it instead."
        )
    return names, rows


def _meaning(connection: duckdb.DuckDBPyConnection, sheet: Sheet, column: str) -> str:
    found = connection.execute(
        "select any_value(comment) from duckdb_columns()"
        " where schema_name = 'marts' and table_name = ? and column_name = ?",
        [sheet.mart, column],
    ).fetchone()
    return (found and found[0]) or "Name of the property."


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


def _sql(name: str) -> str:
    return (_QUERIES / f"{name}.sql").read_text(encoding="utf-8")
