"""What the report shows, asked of the published copy."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from mews_pipeline.publish.report.queries import FIGURES, MEANINGS, SCOPES


@dataclass(frozen=True)
class Figures:
    """The report's numbers: rows by figure, what columns mean, the instant they stand for."""

    rows: dict[str, list[dict[str, Any]]]
    meanings: dict[str, str]
    as_of: datetime | None
    version: str

    @property
    def is_empty(self) -> bool:
        """Whether no reservation is known yet."""
        return not any(row["reservations"] for row in self.rows["properties"])


def figures(analytics: Path) -> Figures:
    """Ask the published copy for all figures. Raises duckdb.IOException when there is none."""
    with duckdb.connect(str(analytics), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(SCOPES)
        as_of, version = connection.execute(
            "select max(as_of_utc), max(pipeline_version) from about"
        ).fetchall()[0]
        return Figures(
            rows={name: _rows(connection, sql) for name, sql in FIGURES.items()},
            meanings=dict(connection.execute(MEANINGS).fetchall()),
            as_of=as_of,
            version=version,
        )


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    found = connection.execute(sql)
    names = [column for column, *_ in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
