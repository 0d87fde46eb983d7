"""Read figures of revenue that somebody copied from Mews into a csv file."""

import csv
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple, TypeVar

from mews_pipeline.errors import PipelineError

Value = TypeVar("Value")

COLUMNS = ("property", "date", "classification", "net")
CURRENCY = "currency"
_LARGEST_BYTES = 50_000_000
_DELIMITERS = (",", ";", "\t")
_NUMBER = re.compile(r"[+-]?\d{1,18}(\.\d{1,6})?")


class RevenueFileError(PipelineError):
    """The file cannot be compared; the message names the line and what it should be."""


class Figure(NamedTuple):
    """A line of the file."""

    line: int
    prop: str
    day: date
    classification: str
    # None is the default currency of the property
    currency: str | None
    net: Decimal


def figures(path: Path) -> list[Figure]:
    """Read the figures of the file. Raises RevenueFileError, and OSError if it cannot be read."""
    lines = _lines(path)
    delimiter = max(_DELIMITERS, key=next(iter(lines), "").count)
    rows = csv.DictReader(lines, delimiter=delimiter, strict=True)
    names = [name.strip().casefold() for name in rows.fieldnames or []]
    if missing := [name for name in COLUMNS if name not in names]:
        raise RevenueFileError(
            f"{path} has no column {', '.join(missing)}. Its first line must name "
            f"{', '.join(COLUMNS)}, and may name {CURRENCY}."
        )
    rows.fieldnames = names
    found = list(_read(path, rows))
    if not found:
        raise RevenueFileError(f"{path} has no figures below its first line.")
    return found


def _lines(path: Path) -> list[str]:
    if not path.is_file():
        raise RevenueFileError(f"There is no file {path}.")
    if path.stat().st_size > _LARGEST_BYTES:
        raise RevenueFileError(f"{path} is larger than {_LARGEST_BYTES:,} bytes.")
    try:
        # Excel begins its csv files with a byte order mark
        return path.read_text(encoding="utf-8-sig").splitlines(keepends=True)
    except UnicodeDecodeError:
        raise RevenueFileError(
            f"{path} is not a text in UTF-8. In Excel, save it as CSV UTF-8."
        ) from None


def _read(path: Path, rows: "csv.DictReader[str]") -> Iterator[Figure]:
    try:
        for row in rows:
            if None in row:
                raise RevenueFileError(
                    f"{path}, line {rows.line_num}: it has more cells than the first line. A "
                    "number with a decimal comma needs quotes, or semicolons between the cells."
                )
            cells = {name: (row.get(name) or "").strip() for name in (*COLUMNS, CURRENCY)}
            if any(cells.values()):
                yield _figure(f"{path}, line {rows.line_num}", rows.line_num, cells)
    except csv.Error as error:
        raise RevenueFileError(f"{path}, line {rows.line_num}: {error}") from None


def _figure(where: str, line: int, cells: dict[str, str]) -> Figure:
    for name in ("property", "classification"):
        if not cells[name]:
            raise RevenueFileError(f"{where}: {name} is empty.")
    return Figure(
        line,
        cells["property"],
        _parsed(where, "date", cells["date"], date.fromisoformat, "a date such as 2026-01-31"),
        cells["classification"],
        cells[CURRENCY].upper() or None,
        _parsed(where, "net", cells["net"], _amount, "a number such as 1234.50"),
    )


def _parsed(where: str, name: str, text: str, read: Callable[[str], Value], wanted: str) -> Value:
    try:
        return read(text)
    except (ValueError, InvalidOperation):
        raise RevenueFileError(f"{where}: {name} is {text!r}, not {wanted}.") from None


def _amount(text: str) -> Decimal:
    """Read a number whose decimal mark is a point, or a comma if there is no point."""
    plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
    if not _NUMBER.fullmatch(plain):
        raise ValueError(text)
    return Decimal(plain)
