"""Quote values for SQL statements that take no parameters: comments, attach, copy, files."""

import re
from pathlib import Path

_WILD = re.compile(r"([\[*?])")


def literal(text: str | None) -> str:
    """Return a text, unchanged, as an SQL literal; null for None."""
    return "null" if text is None else "'" + text.replace("'", "''") + "'"


def file(path: Path) -> str:
    """Return the path of one file as an SQL literal, whatever characters it has.

    DuckDB reads `[`, `*` and `?` in a path as a pattern.
    """
    escaped = _WILD.sub(r"[\1]", str(path))
    return literal(_without_backslash(escaped) if escaped != str(path) else escaped)


def files(pattern: Path) -> str:
    """Return a pattern of files in one folder as an SQL literal; only its last part is one."""
    folder = _without_backslash(_WILD.sub(r"[\1]", str(pattern.parent)))
    return literal(f"{folder}/{pattern.name}")


def _without_backslash(pattern: str) -> str:
    """Match a backslash as any one character: in a pattern, DuckDB has no way to write it."""
    return pattern.replace("\\", "?")
