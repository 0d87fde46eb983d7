"""The tools that an assistant sees, served on stdin and stdout or on a port of this machine."""

import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations

from mews_pipeline.errors import PipelineError
from mews_pipeline.mcp import copy
from mews_pipeline.mcp.copy import ROWS, SECONDS, Answer
from mews_pipeline.metrics import MetricQuery, metrics, run

HOST = "127.0.0.1"
_INSTRUCTIONS = (
    "Occupancy, pickup, bookings and cancellations of hotels, read only. Today and now are those "
    "of the table about (as_of_utc), not of the clock. Prefer metric over query: its definitions "
    "are agreed. Never average ratios and never add services that are not lodging."
)
_READ_ONLY = ToolAnnotations(read_only_hint=True, open_world_hint=False)


def server(analytics: Path, seconds: float = SECONDS) -> MCPServer[Any]:
    """Make the server over a copy, which each question opens as it is published then."""
    made: MCPServer[Any] = MCPServer(
        "mews-pipeline",
        instructions=_INSTRUCTIONS,
        version=version("mews-pipeline"),
        log_level="WARNING",
    )
    for tool in _tools(analytics, seconds):
        made.tool(annotations=_READ_ONLY)(tool)
    return made


def _tools(analytics: Path, seconds: float) -> list[Callable[..., Any]]:
    def list_metrics() -> list[dict[str, Any]]:
        """List the metrics with their meanings, formulas and the date that they go by."""
        return [vars(metric) for metric in metrics()]

    def metric(
        names: list[str],
        by: list[str] | None = None,
        first: date | None = None,
        last: date | None = None,
        property_name: str | None = None,
    ) -> dict[str, Any]:
        """Compute metrics, by dimensions, from a first to a last date (both included).

        `by` takes day, week, month, quarter, year, property__name, room_type__name,
        service__name, night__weekday and others; an unknown one is answered with those that
        there are. `property_name` restricts to a property; % in it matches anything.
        """
        asked = MetricQuery(names, by or [], first, last, property_name)
        with _answering(), copy.locked(analytics, seconds) as connection:
            found = run(connection, asked)
            return _shown(copy.cut(found.names, found.rows))

    def list_tables() -> list[dict[str, Any]]:
        """List the tables and macros that query reads, with what one row of each means."""
        with _answering():
            return _records(copy.tables(analytics))

    def columns(table: str) -> list[dict[str, Any]]:
        """List the columns of a table, with types and meanings."""
        with _answering():
            return _records(copy.columns(analytics, table))

    def query(sql: str) -> dict[str, Any]:
        """Answer one SELECT over marts.*, about and the macros."""
        with _answering():
            return _shown(copy.select(analytics, sql, seconds=seconds))

    query.__doc__ = f"{query.__doc__} At most {ROWS} rows and {seconds:g} seconds; DuckDB's SQL."
    return [list_metrics, metric, list_tables, columns, query]


@contextmanager
def _answering() -> Iterator[None]:
    """Give the assistant our message; any other error would reach it without one."""
    try:
        yield
    except PipelineError as error:
        raise ToolError(str(error)) from None


def _shown(answer: Answer) -> dict[str, Any]:
    shown: dict[str, Any] = {"rows": _records(answer)}
    if answer.is_cut:
        shown["note"] = f"Only the first {len(answer.rows)} rows: ask for less, or for sums."
    return shown


def _records(answer: Answer) -> list[dict[str, Any]]:
    return [dict(zip(answer.names, map(_plain, row), strict=True)) for row in answer.rows]


def _plain(value: Any) -> Any:
    """Give a value that JSON has; dates, instants and ids as text."""
    if isinstance(value, Decimal):
        return float(value)
    is_plain = value is None or isinstance(value, bool | int | float | str)
    return value if is_plain else str(value)


def serve_stdio(analytics: Path, seconds: float) -> None:
    """Serve the program that started this one, until it closes stdin. Logs go to stderr."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    server(analytics, seconds).run("stdio")


def serve_http(analytics: Path, port: int, seconds: float) -> None:
    """Serve http://127.0.0.1:PORT/mcp until a signal; requests of other hosts are refused."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING)
    app = server(analytics, seconds).streamable_http_app(host=HOST)
    # Its own configuration would write each request to stdout
    uvicorn.run(app, host=HOST, port=port, log_config=None, access_log=False)
