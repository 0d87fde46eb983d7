"""The newest rows of a raw table for display, without anything that leads to a person."""

from typing import Any

import duckdb

from mews_pipeline.cli.output import PERSONAL
from mews_pipeline.warehouse.raw import TABLES

ROWS = 5
# Numbers and free text by which a guest may be found, in addition to the ids of people
_WITHHELD = PERSONAL | {
    "number", "channel_number", "channel_manager_number", "_extra", "_hash", "_run_id",
}  # fmt: skip


def sample(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, list[dict[str, Any]]]:
    """Return the number of rows of a raw table and its newest rows, without empty columns.

    Reads from a connection that the caller opened with `Warehouse.open()`.
    """
    columns = [name for name in TABLES[table] if name not in _WITHHELD]
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
