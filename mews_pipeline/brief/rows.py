"""Rows of the report's queries, and their sums."""

from collections.abc import Iterable, Sequence
from typing import Any

Row = dict[str, Any]


def sums(rows: Sequence[Row], names: Iterable[str]) -> Row:
    """Add rows up by column; what one row does not know is not known of all."""
    return {
        name: None if any(row[name] is None for row in rows) else sum(row[name] for row in rows)
        for name in names
    }
