"""Quote values for SQL statements that take no parameters: comments, attach, copy, files."""

import re
from pathlib import Path


def literal(text: str | None) -> str:
    """Return a text, unchanged, as an SQL literal; null for None."""
    return "null" if text is None else "'" + text.replace("'", "''") + "'"


def file(path: Path) -> str:
    """Return the path of one file as an SQL literal, whatever characters it has.

    DuckDB reads `[`, `*` and `?` in a path as a pattern.
    """
    return literal(_escaped(str(path)))


def files(pattern: Path) -> str:
    """Return a pattern of files in one folder as an SQL literal; only its last part is one."""
    return literal(f"{_escaped(str(pattern.parent))}/{pattern.name}")


def _escaped(path: str) -> str:
    return re.sub(r"([\[*?])", r"[\1]", path)
