"""Build cleanly what another warehouse was built from."""

from pathlib import Path

import duckdb


def copy_raw(source: Path, target: Path) -> None:
    """Copy the raw tables alone into a warehouse in which nothing was built."""
    with duckdb.connect(str(target)) as connection:
        connection.execute(f"attach '{source}' as old (read_only)")
        connection.execute("create schema raw")
        for (table,) in connection.execute(
            "select table_name from duckdb_tables()"
            " where database_name = 'old' and schema_name = 'raw'"
        ).fetchall():
            connection.execute(f"create table raw.{table} as from old.raw.{table}")
