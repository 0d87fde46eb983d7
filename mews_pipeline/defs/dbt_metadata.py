"""What Dagster shows of the tables that dbt built: rows, columns, their lineage, a chart."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DbtCliInvocation
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from mews_pipeline.defs.column_lineage import Relation, column_lineage, schema_of
from mews_pipeline.publish.report.svg import sketch
from mews_pipeline.warehouse.base import Warehouse


def with_metadata(built: DbtCliInvocation, warehouse: Warehouse) -> Iterator[Any]:
    """Yield the events of a build, those of tables with their metadata, then its failure if any.

    The metadata is read after the build, over one connection: dagster-dbt's own `fetch_row_counts`
    and `fetch_column_metadata` query each model while dbt runs, which was measured to take twice
    the CPU of the build itself.
    """
    seen: list[Any] = []
    failure: Exception | None = None
    try:
        seen.extend(built.stream())
    except DagsterDbtCliRuntimeError as error:
        failure = error
    with warehouse.connect() as connection:
        tables = _Tables(built, connection)
        for event in seen:
            yield tables.described(event) if isinstance(event, dg.Output) else _red(event)
    if failure:
        raise failure


def _red(event: Any) -> Any:
    """Show a failed `assert_` test as an error, even one that does not stop the publishing.

    Tests named `warn_` stay warnings.
    """
    if isinstance(event, dg.AssetCheckResult) and str(event.check_name).startswith("assert_"):
        return event._replace(severity=dg.AssetCheckSeverity.ERROR)
    return event


class _Tables:
    """The tables as they are after a build."""

    def __init__(self, built: DbtCliInvocation, connection: duckdb.DuckDBPyConnection) -> None:
        self._nodes: Mapping[str, Any] = built.manifest["nodes"]
        self._compiled = built.target_path / "compiled"
        self._connection = connection
        self._columns: dict[Relation, list[dg.TableColumn]] = {}
        for schema, table, *column in connection.execute(
            "select schema_name, table_name, column_name, data_type, comment"
            " from duckdb_columns() where database_name = current_database() order by column_index"
        ).fetchall():
            name, kind, comment = column
            self._columns.setdefault((schema, table), []).append(
                dg.TableColumn(name, type=kind, description=comment)
            )
        found = connection.execute(
            "select schema_name, table_name from duckdb_tables()"
            " where database_name = current_database()"
        )
        self._tables = set(found.fetchall())
        ((database,),) = connection.execute("select current_database()").fetchall()
        self._schema = schema_of(
            database, {r: {c.name: c.type for c in cs} for r, cs in self._columns.items()}
        )
        translator = built.dagster_dbt_translator
        self._keys = {
            (node["schema"], node.get("identifier") or node["alias"]): translator.get_asset_key(
                node
            )
            for node in [*self._nodes.values(), *built.manifest["sources"].values()]
            if node["resource_type"] in ("model", "seed", "source")
        }

    def described(self, output: dg.Output[Any]) -> dg.Output[Any]:
        node = self._nodes[str(output.metadata["unique_id"].value)]
        relation = (node["schema"], node["alias"])
        metadata: dict[str, Any] = dict(output.metadata)
        if columns := self._columns.get(relation):
            metadata["dagster/column_schema"] = dg.TableSchema(columns)
        if relation in self._tables:
            # DuckDB knows the count of a table; it would have to compute the rows of a view
            counted = self._connection.execute('select count(*) from "{}"."{}"'.format(*relation))
            (metadata["dagster/row_count"],) = counted.fetchall()[0]
        sql = self._compiled / node["package_name"] / node["original_file_path"]
        if columns and node["resource_type"] == "model":
            lineage = column_lineage(sql.read_text(), self._schema, self._keys)
            metadata |= {"dagster/column_lineage": lineage} if lineage else {}
        if chart := sketch(self._connection, node["name"]):
            metadata["chart"] = dg.MetadataValue.md(chart)
        return output.with_metadata(metadata)
