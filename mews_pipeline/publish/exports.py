"""The published tables as Parquet files, for Excel, Power BI, pandas and R."""

from pathlib import Path

import duckdb

from mews_pipeline.files import publish_file, published_folder
from mews_pipeline.publish.books import INTERNAL
from mews_pipeline.warehouse.quoting import literal

# Types that readers of Parquet do not know, or know differently
_PORTABLE = {"INTERVAL": "varchar", "HUGEINT": "bigint"}


def export(analytics: Path, folder: Path, group: str | None = None) -> dict[str, int]:
    """Write each table of the published copy to `folder`/<table>.parquet and return the row counts.

    Each file is replaced whole. Intervals (offsets of services) become text such as 15:00:00.
    Raises duckdb.IOException if there is no copy, OSError if a file cannot be written.
    """
    published_folder(folder, group)
    with duckdb.connect(str(analytics), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name != ? union all "
            "select schema_name, view_name from duckdb_views() where not internal order by all",
            [INTERNAL],
        ).fetchall()
        rows = {}
        for schema, name in tables:
            partial = folder / f".{name}.parquet.partial"
            rows[name] = _write(connection, schema, name, partial)
            publish_file(partial, group).replace(folder / f"{name}.parquet")
    for file in folder.glob("*.parquet"):
        if file.stem not in rows:
            file.unlink()
    return rows


def _write(connection: duckdb.DuckDBPyConnection, schema: str, name: str, partial: Path) -> int:
    columns = ", ".join(
        f'cast("{column}" as {_PORTABLE[kind]}) as "{column}"' if kind in _PORTABLE
        else f'"{column}"'
        for column, kind, *_ in connection.execute(f'describe {schema}."{name}"').fetchall()
    )  # fmt: skip
    copied = connection.execute(
        f'copy (select {columns} from {schema}."{name}") to {literal(str(partial))} '
        "(format parquet, compression zstd)"
    ).fetchone()
    return int(copied[0]) if copied else 0
