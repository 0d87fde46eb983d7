"""The newest rows of a raw table for display, without anything that leads to a person."""

from typing import Any

import duckdb

from mews_pipeline.extract.entities import personal_columns
from mews_pipeline.warehouse.raw import SOURCES

ROWS = 5
_NOISE = {"_hash", "_run_id"}


def sample(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the number of rows of a raw table and its newest rows, without empty columns.

    Reads from a connection that the caller opened with `Warehouse.open()`.
    """
    withheld = personal_columns() | _NOISE
    columns = [name for name in SOURCES[table] if name not in withheld]
    quoted = ", ".join(f'"{name}"' for name in columns)
    found = connection.execute(
        f"select {quoted} from raw.{table} order by _landed_at desc limit {ROWS}"
    ).fetchall()
    filled = [
        place for place in range(len(columns)) if any(row[place] is not None for row in found)
    ]
    rows = [{columns[place]: row[place] for place in filled} for row in found]
    counted = connection.execute(f"select count(*) from raw.{table}").fetchone()
    return (int(counted[0]) if counted else 0), rows
