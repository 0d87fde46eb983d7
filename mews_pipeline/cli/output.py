"""Print or write the result of a look-up: a table for people, csv, jsonl or parquet for tools."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

import orjson
import polars as pl
from rich.console import Console
from rich.table import Table

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract.entities import ENTITIES, EXTRA, Kind, personal_columns
from mews_pipeline.files import private_file
from mews_pipeline.texts import for_csv, for_json, on_screen

ROWS_SHOWN = 200
RAW_HELP = "Write csv cells as they are, without a ' before what a spreadsheet takes for a formula."
_SHOWN = {
    "reservations": (
        "property", "number", "state", "scheduled_start_utc", "scheduled_end_utc", "persons",
        "updated_utc", "id",
    ),
    "product_service_orders": ("property", "number", "state", "created_utc", "updated_utc", "id"),
}  # fmt: skip


class Format(StrEnum):
    """The formats of a look-up."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class OutputError(PipelineError):
    """The result cannot be written as requested; the message says what to do."""


def chosen_format(asked: Format | None, output: Path | None) -> Format:
    """Return the requested format, else the one of the file's ending, else a table.

    Raises OutputError if there is none, or if it does not fit the output.
    """
    if asked is None and output is not None:
        endings = {f".{form}": form for form in Format if form is not Format.TABLE}
        if output.suffix.lower() not in endings:
            raise OutputError(
                f"The format of {output.name} is not known by its ending: use .parquet, .csv or "
                ".jsonl, or give --format."
            )
        return endings[output.suffix.lower()]
    form = asked or Format.TABLE
    if form is Format.PARQUET and output is None:
        raise OutputError("Parquet needs a file: give --output FILE.parquet.")
    if form is Format.TABLE and output is not None:
        raise OutputError("A table is for the screen: give --format csv, jsonl or parquet.")
    return form


def chosen_columns(table: str, form: Format, asked: str | None, known: Sequence[str]) -> list[str]:
    """Return the requested columns (comma-separated, or `all`), else a useful choice.

    The choice is a few in a table, and in a file all but the personal ones, except the number.
    Raises OutputError.
    """
    if asked == "all":
        return list(known)
    if asked is None:
        return (
            [name for name in known if name in _SHOWN[table] or name not in personal_columns()]
            if form is not Format.TABLE
            else (list(_SHOWN[table]))
        )
    names = [name.strip() for name in asked.split(",") if name.strip()]
    if unknown := [name for name in names if name not in known]:
        raise OutputError(
            f"There is no column {', '.join(unknown)}. There are: {', '.join(known)}; or all."
        )
    if not names:
        raise OutputError("--columns names no column.")
    return list(dict.fromkeys(names))


def write(
    table: str, frame: pl.DataFrame, form: Format, output: Path | None, screen: Console
) -> None:
    """Write the frame to a file, or to the screen if no file is given. Raises OSError."""
    if form is Format.TABLE:
        _print(table, frame, screen)
        return
    with _target(output, screen) as file:
        if form is Format.PARQUET:
            frame.write_parquet(file)
        elif form is Format.CSV:
            _as_text(frame).write_csv(file)
        else:
            file.writelines(_lines(table, frame))


@contextmanager
def _target(output: Path | None, screen: Console) -> Iterator[BinaryIO]:
    """Open the file, which appears whole or not at all; or the stream of the screen."""
    if output is None:
        screen.file.flush()
        yield screen.file.buffer  # type: ignore[attr-defined]
        return
    part = output.with_name(output.name + ".part")
    try:
        with private_file(part).open("wb") as file:
            yield file
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    """Format instants as Mews does: 2023-04-01T00:00:00Z, with a fraction only if there is one."""
    return frame.with_columns(pl.col(pl.Datetime("us", "UTC")).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"))


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with cells that a spreadsheet takes for text, to be written as csv."""
    return frame.with_columns(pl.col(pl.String).map_elements(for_csv, pl.String))


def _lines(table: str, frame: pl.DataFrame) -> Iterator[bytes]:
    kinds = ENTITIES[table].columns
    json = {EXTRA, "person_counts"} | {n for n, kind in kinds.items() if kind is Kind.JSON}
    for row in _as_text(frame).iter_rows(named=True):
        for name in json & row.keys():
            row[name] = None if row[name] is None else orjson.Fragment(row[name])
        yield for_json(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE).decode()).encode()


def _print(table: str, frame: pl.DataFrame, screen: Console) -> None:
    shown = Table(title=table.replace("_", " ").capitalize(), title_justify="left")
    for name, kind in frame.schema.items():
        shown.add_column(
            name.replace("_utc", " (UTC)") if name.endswith("_utc") else name,
            justify="right" if kind.is_numeric() else "left",
            overflow="fold",
        )
    texts = frame.head(ROWS_SHOWN).with_columns(
        pl.col(pl.Datetime("us", "UTC")).dt.strftime("%Y-%m-%d %H:%M")
    )
    for row in texts.iter_rows():
        shown.add_row(*(on_screen("" if value is None else value) for value in row))
    screen.print(shown)
    if frame.height > ROWS_SHOWN:
        screen.print(f"and {frame.height - ROWS_SHOWN:,} more: --output FILE writes them all")
