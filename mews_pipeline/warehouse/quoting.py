"""Values in statements that take no parameters (comments, attach, copy)."""


def literal(text: str | None) -> str:
    """A text as an SQL literal; null for None."""
    return "null" if text is None else "'" + text.strip().replace("'", "''") + "'"
