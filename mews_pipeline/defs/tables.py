"""What Dagster shows of the tables that dbt built: row counts, columns, what each means."""

from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from mews_pipeline.defs.resources import Warehouse


def described(events: Iterable[Any], warehouse: Warehouse) -> Iterator[Any]:
    """Give the events of a build, those of tables with their metadata, then its failure if any.

    Told after the build, over one connection: dagster-dbt's own `fetch_row_counts` and
    `fetch_column_metadata` ask for each model while dbt goes on, which was measured to take twice
    the CPU of the build itself.
    """
    seen: list[Any] = []
    failure: Exception | None = None
    try:
        seen.extend(events)
    except DagsterDbtCliRuntimeError as error:
        failure = error
    with warehouse.get_connection() as connection:
        for event in seen:
            yield _told(event, connection) if isinstance(event, dg.Output) else event
    if failure:
        raise failure


def _told(output: dg.Output[Any], connection: duckdb.DuckDBPyConnection) -> dg.Output[Any]:
    name = str(output.metadata["unique_id"].value).rpartition(".")[2]
    return output.with_metadata({**output.metadata, **_table(connection, name)})


def _table(connection: duckdb.DuckDBPyConnection, name: str) -> dict[str, Any]:
    columns = connection.execute(
        "select schema_name, column_name, data_type, comment from duckdb_columns()"
        " where table_name = ? and schema_name in ('staging', 'intermediate', 'marts')"
        " order by column_index",
        [name],
    ).fetchall()
    if not columns:
        return {}
    rows = connection.execute(
        "select estimated_size from duckdb_tables() where schema_name = ? and table_name = ?",
        [columns[0][0], name],
    ).fetchone()
    schema = dg.TableSchema([dg.TableColumn(n, t, description=c) for _, n, t, c in columns])
    told: dict[str, Any] = {"dagster/column_schema": schema}
    return told | ({"dagster/row_count": rows[0]} if rows else {})
