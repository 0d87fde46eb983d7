"""Quote values for SQL statements that take no parameters: comments, attach, copy."""


def literal(text: str | None) -> str:
    """Return a text, unchanged, as an SQL literal; null for None."""
    return "null" if text is None else "'" + text.replace("'", "''") + "'"
