"""What a target shows, to compare with the published copy."""

import json
from pathlib import Path
from typing import Any

import duckdb

from mews_pipeline.publish.targets.copies import Copies
from mews_pipeline.warehouse.extensions import load

Rows = dict[str, list[Any]]


def as_published(analytics: Path) -> Rows:
    """Read the tables of the copy, in the types that targets get."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(f"attach '{analytics}' as newest (read_only)")
        return {
            table.name: in_order(
                connection, f"select {table.expressions} from {table.of('newest')}"
            )
            for table in Copies(connection, has_before=False).tables()
        }


def in_database(where: Path | str, options: str = "read_only", schema: str = "marts") -> Rows:
    """Read the tables of a database: a DuckDB file, or an address that DuckDB attaches."""
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        kinds = {"ducklake:": "ducklake", "host=": "postgres_scanner"}
        for prefix, extension in kinds.items():
            if str(where).startswith(prefix):
                connection.execute(load(extension, "A test"))
        connection.execute(f"attach '{where}' as target ({options})")
        names = connection.execute(
            "select table_name from duckdb_tables()"
            " where database_name = 'target' and schema_name = ?",
            [schema],
        ).fetchall()
        return {name: in_order(connection, f'from target.{schema}."{name}"') for (name,) in names}


def in_folder(folder: Path) -> Rows:
    """Read the tables of the snapshot that the pointer names."""
    pointer = json.loads((folder / "latest.json").read_text())
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return {
            name: in_order(
                connection,
                f"from read_parquet('{folder}/snapshot={pointer['snapshot']}/{name}.parquet',"
                " hive_partitioning = false)",
            )
            for name in pointer["tables"]
        }


def in_order(connection: duckdb.DuckDBPyConnection, query: str) -> list[Any]:
    """Read the rows in any order of columns, which altered tables have at their end."""
    described = connection.execute(f"describe {query}").fetchall()
    names = ", ".join(sorted(f'"{name}"' for name, *_ in described))
    return connection.execute(f"select {names} from ({query}) order by all").fetchall()
