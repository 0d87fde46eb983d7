"""Check single values of settings; each raises ValueError, which shows no value."""

from pathlib import Path
from typing import Any

from pydantic import SecretStr

LAKE, POSTGRES_LAKE = "ducklake:", "ducklake:postgres:"


def comma_separated(value: Any) -> Any:
    """Split a text at its commas; anything else stays as it is."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def header(value: str) -> str:
    """Check what is sent as an HTTP header."""
    if not (value.isascii() and value.isprintable()):
        raise ValueError("write it on one line, in letters without accents: it is an HTTP header")
    return value


def token(value: SecretStr) -> SecretStr:
    """Check one token."""
    text = value.get_secret_value()
    if not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("a token has no spaces, line breaks or accents, and commas between tokens")
    return value


def tokens(values: list[SecretStr]) -> list[SecretStr]:
    """Check each token."""
    return [token(value) for value in values]


def web_address(value: SecretStr | None) -> SecretStr | None:
    """Check the address of a web server."""
    if value and not value.get_secret_value().lower().startswith(("https://", "http://")):
        raise ValueError("it starts with https://")
    return value


def redis_address(value: SecretStr | None) -> SecretStr | None:
    """Check the address of a Redis."""
    if value and not value.get_secret_value().startswith(("redis://", "rediss://", "unix://")):
        raise ValueError("it starts with redis://")
    return value


def warehouse_address(value: str) -> str:
    """Check what MEWS_WAREHOUSE names and make its path absolute.

    Raises ValueError, which shows no value.
    """
    kind = LAKE if value.startswith(LAKE) else ""
    where = value.removeprefix(LAKE)
    if value == POSTGRES_LAKE:
        return value
    if "://" in where or (kind and (":" in where or not where)):
        raise ValueError("give PostgreSQL's address in MEWS_LAKE_HOST, not here")
    return kind + str(absolute(Path(where)))


def absolute(path: Path) -> Path:
    """Return the absolute path, `~` expanded."""
    return path.expanduser().absolute()


def beside(warehouse: str) -> Path:
    """Return the path of the published copy in the warehouse's folder."""
    where = "data/lake" if warehouse == POSTGRES_LAKE else warehouse.removeprefix(LAKE)
    return Path(where).with_name("analytics.duckdb")
