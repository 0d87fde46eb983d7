"""The properties of the published copy, found by the names that people type."""

from difflib import get_close_matches
from typing import NamedTuple

import duckdb

from mews_pipeline.errors import PipelineError

_SHOWN = 5


class PropertyError(PipelineError):
    """No property, or more than one, has that name; the message lists names that have one."""


class Property(NamedTuple):
    """A property of the published copy."""

    id: str
    name: str


def matching(connection: duckdb.DuckDBPyConnection, asked: str) -> list[Property]:
    """Find properties by id or by name, in which % matches anything. Raises PropertyError."""
    found = connection.execute(
        "select enterprise_id, enterprise_name from about where enterprise_id != 'all' "
        "and (enterprise_id = $asked or enterprise_name ilike $asked) order by enterprise_name",
        {"asked": asked},
    ).fetchall()
    if not found:
        raise PropertyError(f"There is no property {asked}. {_nearest(connection, asked)}")
    return [Property(*row) for row in found]


def only(connection: duckdb.DuckDBPyConnection, asked: str | None) -> Property:
    """Find the one property that is meant; None means the only one there is.

    Raises PropertyError.
    """
    found = matching(connection, "%" if asked is None else asked)
    if len(found) == 1:
        return found[0]
    which = "No property is named" if asked is None else f"More than one property is {asked}"
    raise PropertyError(f"{which}. Name one of {_listed([each.name for each in found])}")


def _nearest(connection: duckdb.DuckDBPyConnection, asked: str) -> str:
    every = connection.execute("select enterprise_name from about where enterprise_id != 'all'")
    names = {name.casefold(): name for (name,) in every.fetchall() if name}
    if not names:
        return "The published copy has none yet: the job refresh fetches them."
    wanted = asked.casefold().strip("%")
    near = [name for name in names if wanted and wanted in name]
    near += get_close_matches(wanted, [name for name in names if name not in near], _SHOWN, 0.5)
    if near:
        return f"The nearest: {_listed([names[name] for name in near])}"
    return f"There are: {_listed(sorted(names.values()))}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN:,} more" if len(names) > _SHOWN else ""
    return ", ".join(f"'{name}'" for name in names[:_SHOWN]) + more
