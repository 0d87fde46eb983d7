"""Turn amounts and exchange rates, as JSON has them, into exact decimals.

The parsers give a number with a point as a double. Every decimal of at most 15 significant digits
is the shortest text of its double, so it comes back exactly: an amount below 1,000,000,000 with six
decimal places, one below 1,000,000,000,000 with three. Digits beyond the scale of a column are
rounded. A number is also counted in units of the last place, which is what is hashed: 100, 100.0
and 1e2 are one amount.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any

import msgspec
import polars as pl

from mews_pipeline.extract.entities import Kind

# Digits in all, and after the point, as in the name of the kind
_SHAPES = {Kind.DECIMAL: (18, 6), Kind.RATE: (28, 12)}
POLARS_DECIMALS = {kind: pl.Decimal(*shape) for kind, shape in _SHAPES.items()}
_PER_ONE = 10.0**6
# Below, the product of a double and a million is less than half a millionth from the exact one
_SMALL = 2.0**31
# Whole numbers up to here are exact as doubles
_WHOLE = 2.0**53


@dataclass(frozen=True)
class Decimals:
    """A column of decimals: as a series, in units of the last place, and where a value is none."""

    series: pl.Series
    units: list[int | None]
    misfits: list[int]


def decimals(name: str, kind: Kind, values: Sequence[Any]) -> Decimals:
    """Return values of JSON as a column; what is no number or too large is null in it."""
    if kind is Kind.DECIMAL and (small := _small(values)) is not None:
        units = (small * _PER_ONE).round(mode="half_to_even").cast(pl.Int64)
        return Decimals(_scaled(name, units), units.to_list(), [])
    counted = [_units(value, kind) for value in values]
    misfits = [at for at, value in enumerate(values) if value is not None and counted[at] is None]
    scale = _SHAPES[kind][1]
    exact = [None if one is None else Decimal(one).scaleb(-scale) for one in counted]
    return Decimals(pl.Series(name, exact, dtype=POLARS_DECIMALS[kind]), counted, misfits)


def _small(values: Sequence[Any]) -> pl.Series | None:
    """Return the values as doubles, where all are numbers that are not large, as is usual."""
    if not set(map(type, values)) <= {int, float, type(None)}:
        return None
    try:
        doubles = pl.Series(values, dtype=pl.Float64, strict=False)
    except (OverflowError, TypeError):
        return None
    # Neither holds of what is not a number
    return doubles if (doubles.abs() < _SMALL).all() else None


def _scaled(name: str, millionths: pl.Series) -> pl.Series:
    kind = POLARS_DECIMALS[Kind.DECIMAL]
    return (millionths.cast(pl.Decimal(38, 6)) / Decimal(10**6)).cast(kind).alias(name)


def _units(value: Any, kind: Kind) -> int | None:
    """Return a number in units of the last place; None for anything else, or too large a one."""
    precision, scale = _SHAPES[kind]
    if type(value) is int:
        units = value * 10**scale
    elif type(value) is not float or not isfinite(value):
        return None
    elif kind is Kind.DECIMAL and abs(value) < _SMALL:
        # As a whole column is computed: a value is the same on any page
        units = round(value * _PER_ONE)
    else:
        units = int(Decimal(repr(value)).scaleb(scale).to_integral_value())
    return units if abs(units) < 10**precision else None


def _number(text: str) -> int | float:
    return _plain(float(text))


def _plain(number: float) -> int | float:
    is_whole = abs(number) < _WHOLE and number.is_integer()
    return int(number) if is_whole else number


def plain(value: Any) -> Any:
    """Return a value of JSON with whole numbers as such wherever they are: 100 for 100.0."""
    if isinstance(value, float):
        return _plain(value)
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


# Parses JSON as plain() returns it
decode_plain = msgspec.json.Decoder(float_hook=_number).decode
