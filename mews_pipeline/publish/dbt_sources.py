"""The published copy as sources of another dbt project: dbt_sources.yml, which ships with the code.

It also is the record of the published schema: a test compares it with a copy. Write it again from a
copy after a change: python -m mews_pipeline.publish.dbt_sources data/analytics.duckdb
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import yaml  # type: ignore[import-untyped]

SHIPPED = Path(__file__).with_suffix(".yml")
_HEAD = """\
# The published copy, analytics.duckdb, as sources of another dbt project, which attaches it under
# the name mews (docs/dbt.md). Made by `mews-pipeline dbt-sources`: write it again after each
# upgrade.
"""
_ASSET = ("publish", "analytics")
# The nightly run publishes even where nothing has landed
_FRESHNESS = {
    "warn_after": {"count": 26, "period": "hour"},
    "error_after": {"count": 3, "period": "day"},
}
_COLUMNS = """
    select
        columns.table_name,
        coalesce(tables.comment, views.comment),
        columns.column_name,
        -- The labels of an enum are data
        case when data_type like 'ENUM(%' then 'enum' else lower(data_type) end,
        columns.comment
    from duckdb_columns() as columns
    left join duckdb_tables() as tables using (database_name, schema_name, table_name)
    left join duckdb_views() as views
        on columns.database_name = views.database_name
        and columns.schema_name = views.schema_name
        and columns.table_name = views.view_name
    where columns.database_name = current_database() and columns.schema_name = ?
        and not columns.internal
    order by columns.table_name, columns.column_index
"""

Source = dict[str, Any]


def sources_of(connection: duckdb.DuckDBPyConnection) -> list[Source]:
    """Describe the tables of a copy as dbt's sources: the marts, and `about` with its freshness."""
    marts = _source("mews", "The published marts of mews_pipeline.", "marts")
    marts["tables"] = _tables(connection, "marts")
    copy = _source("mews_copy", "What the published copy says about itself.", "main")
    copy["config"] |= {"loaded_at_field": "published_utc", "freshness": _FRESHNESS}
    copy["tables"] = _tables(connection, "main")
    return [marts, copy]


def _source(name: str, description: str, schema: str) -> Source:
    config = {"meta": {"dagster": {"asset_key": list(_ASSET)}}}
    return {
        "name": name,
        "description": description,
        "database": "mews",
        "schema": schema,
        "config": config,
    }


def _tables(connection: duckdb.DuckDBPyConnection, schema: str) -> list[Source]:
    tables: dict[str, Source] = {}
    for table, meaning, column, kind, text in connection.execute(_COLUMNS, [schema]).fetchall():
        found = tables.setdefault(table, {"name": table, "description": meaning, "columns": []})
        found["columns"].append({"name": column, "data_type": kind, "description": text})
    return list(tables.values())


def written(sources: list[Source]) -> str:
    """Give the text of the yml file."""
    content = {"version": 2, "sources": sources}
    text: str = yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=100)
    return _HEAD + "\n" + text


def shipped_sources(key_prefix: Sequence[str] = ()) -> str:
    """Give the shipped file, for a copy whose asset key in Dagster begins with this prefix."""
    sources: list[Source] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))["sources"]
    for source in sources:
        source["config"]["meta"]["dagster"]["asset_key"] = [*key_prefix, *_ASSET]
    return written(sources)


if __name__ == "__main__":
    with duckdb.connect(sys.argv[1], read_only=True) as opened:
        SHIPPED.write_text(written(sources_of(opened)), encoding="utf-8")
