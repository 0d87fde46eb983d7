"""Compare a mart as it was built with the rows expected of it, and list the differences."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from mews_pipeline_tests.models.brute_force.rows import Row

SHOWN = 5


def _plain(value: Any) -> Any:
    """Make values of equal meaning equal: instants in UTC, numbers rounded."""
    if isinstance(value, datetime):
        return value.astimezone(UTC)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return round(float(value), 9)
    return value


def built(warehouse: Path, mart: str) -> list[Row]:
    """Read all rows of a mart."""
    return called(warehouse, f"marts.{mart}")


def called(warehouse: Path, source: str, *values: object) -> list[Row]:
    """Read all rows of a table, or of a call of a table macro."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        cursor = connection.execute(f"from {source}", values)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]


def differences(found: list[Row], expected: list[Row], keys: tuple[str, ...]) -> list[str]:
    """List, by key and column, where the built rows are not those expected."""
    report = [_columns(found, expected)] if found and expected else []
    if found and not set(keys) <= set(found[0]):
        return report
    index = [
        _indexed([{k: _plain(v) for k, v in row.items()} for row in rows], keys)
        for rows in (found, expected)
    ]
    counts: Counter[str] = Counter()
    lines = []
    for key in sorted({*index[0], *index[1]}, key=repr):
        have, want = (one.get(key) for one in index)
        if have == want:
            continue
        lines.append(_line(dict(zip(keys, key, strict=True)), have, want, counts))
    if lines:
        report.append(f"{len(lines)} of {len(expected)} rows differ: {dict(counts)}")
    return [line for line in report if line] + lines[:SHOWN]


def _columns(found: list[Row], expected: list[Row]) -> str:
    have, want = set(found[0]), set(expected[0])
    return "" if have == want else f"columns: built only {have - want}, expected only {want - have}"


def _indexed(rows: list[Row], keys: tuple[str, ...]) -> dict[tuple[Any, ...], Row]:
    index = {tuple(row[key] for key in keys): row for row in rows}
    assert len(index) == len(rows), f"{keys} do not identify rows"
    return index


def _line(key: Row, have: Row | None, want: Row | None, counts: Counter[str]) -> str:
    where = ", ".join(f"{name} {_short(value)}" for name, value in key.items())
    if have is None or want is None:
        what, row = ("missing", want) if have is None else ("too many", have)
        counts[what] += 1
        rest = {k: _short(v) for k, v in (row or {}).items() if k not in key}
        return f"  {what}: {where}: {rest}"
    names = [name for name in {**have, **want} if have.get(name) != want.get(name)]
    counts.update(names)
    report = ", ".join(f"{n} is {_short(have.get(n))}, not {_short(want.get(n))}" for n in names)
    return f"  {where}: {report}"


def _short(value: Any) -> str:
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else str(value)


Expectation = Callable[..., list[Row]]
