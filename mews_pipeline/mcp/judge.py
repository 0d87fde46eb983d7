"""What an assistant may ask: one SELECT over the published tables and macros, nothing else.

DuckDB's own parser says what a text is; the tree that it gives is walked here.
"""

from collections.abc import Iterator
from typing import Any

import duckdb
import orjson

from mews_pipeline.errors import PipelineError
from mews_pipeline.publish.marts import MARTS

# Of the schema main, beside the macros
ABOUT = "about"
_SERIES = {"range", "generate_series", "unnest"}
_TABLES = {
    "BASE_TABLE", "TABLE_FUNCTION", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "EMPTY", "PIVOT",
}  # fmt: skip
_SHOWN = "Only marts.*, about and the macros on_the_books, pickup and occupancy_between are served"
# Settings (they name paths of the machine), variables, sequences, and what waits or writes
_REFUSED = {
    "current_setting", "current_query", "getenv", "getvariable", "nextval", "currval", "setseed",
    "sleep_ms", "write_log", "query", "query_table",
}  # fmt: skip


class RefusedError(PipelineError):
    """The question is refused; the message says what may be asked."""


def judge(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Raise RefusedError unless the text is one SELECT that reads only what is served.

    The connection is to the published copy; nothing of the text is executed.
    """
    tree = _parsed(connection, sql)
    nodes = list(_nodes(tree))
    served = _macros(connection) | _SERIES
    hidden = _names_of_the_system(connection)
    named = {each["key"].lower() for node in nodes for each in _map(node)}
    if named & hidden:
        raise RefusedError(f"Give the CTE {min(named & hidden)} another name.")
    for node in nodes:
        if "sample" in node and "alias" in node and "class" not in node:
            _judge_table(node, named, served)
        if node.get("class") == "FUNCTION" and node["function_name"].lower() in _REFUSED:
            raise RefusedError(f"The function {node['function_name']} is not served.")


def _parsed(connection: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    found = connection.execute("select json_serialize_sql(?)", [sql]).fetchall()
    tree: dict[str, Any] = orjson.loads(found[0][0])
    if tree["error"] and tree["error_type"] == "parser":
        raise RefusedError(f"DuckDB cannot read it: {tree['error_message']}")
    if tree["error"] or len(tree["statements"]) != 1:
        raise RefusedError("Ask with one SELECT: nothing else is executed.")
    return tree


def _nodes(tree: object) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for value in tree.values():
            yield from _nodes(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from _nodes(value)


def _map(node: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the CTEs that a node names."""
    found: list[dict[str, Any]] = (node.get("cte_map") or {}).get("map") or []
    return found


def _judge_table(node: dict[str, Any], named: set[str], served: set[str]) -> None:
    kind = node["type"]
    if kind not in _TABLES:
        raise RefusedError(f"{_SHOWN}; list_tables and columns describe them.")
    if kind == "TABLE_FUNCTION":
        name = node["function"].get("function_name", "").lower()
        if name not in served:
            raise RefusedError(f"{_SHOWN}, not the function {name}.")
    if kind == "BASE_TABLE":
        schema, table = node["schema_name"].lower(), node["table_name"].lower()
        is_plain = schema in {"", "main"} and (table == ABOUT or (not schema and table in named))
        catalog = node["catalog_name"]
        if catalog or not (schema == MARTS or is_plain):
            raise RefusedError(f"{_SHOWN}, not {'.'.join(filter(None, (catalog, schema, table)))}.")


def _macros(connection: duckdb.DuckDBPyConnection) -> set[str]:
    found = connection.execute(
        "select function_name from duckdb_functions() where function_type = 'table_macro' "
        "and database_name = current_database() and not internal"
    )
    return {name.lower() for (name,) in found.fetchall()}


def _names_of_the_system(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """List names that DuckDB would find for an unknown table: its own views."""
    found = connection.execute("select view_name from duckdb_views() where internal")
    return {name.lower() for (name,) in found.fetchall()}
