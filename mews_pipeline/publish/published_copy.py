"""Open the published copy to read it, which never waits for the pipeline."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import duckdb

from mews_pipeline.errors import PipelineError

_QUERIES = files("mews_pipeline.publish") / "queries"


class ReportError(PipelineError):
    """There is no published copy to report from; the message says what to do."""


@contextmanager
def opened(analytics: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open the copy read-only, with UTC as the zone of its session. Raises ReportError."""
    if not analytics.exists():
        raise ReportError(
            f"There is no published copy {analytics} yet. The job refresh publishes one, and so "
            "does mews-pipeline demo; MEWS_ANALYTICS sets its path."
        )
    try:
        with duckdb.connect(str(analytics), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            yield connection
    except duckdb.Error as error:
        raise ReportError(
            f"{analytics} cannot be read as a published copy: {str(error).splitlines()[0]}"
        ) from None


def sql(name: str) -> str:
    """Read a query of this package by its name."""
    return (_QUERIES / f"{name}.sql").read_text(encoding="utf-8")


def make_properties(connection: duckdb.DuckDBPyConnection) -> str:
    """Make the temporary table `properties`; return how current the copy is, for a title."""
    connection.execute(sql("properties"))
    reach = connection.execute(sql("reach")).fetchone()
    return str(reach[0]) if reach else ""
