"""Forgetting changes no number: nothing that a model counts by is personal, and none is built."""

import shutil
from pathlib import Path

import duckdb

from mews_pipeline.extract.entities import personal_columns
from mews_pipeline.privacy.forget import forget
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.raw import SOURCES
from mews_pipeline_tests.conftest import Lived


def test_what_models_read_and_made_is_the_same_after_a_forgetting(
    lived: Lived, tmp_path: Path
) -> None:
    path = tmp_path / lived.warehouse.name
    shutil.copy(lived.warehouse, path)
    with duckdb.connect(str(path), read_only=True) as connection:
        before = contents(connection)
        guests = connection.execute(
            "select distinct account_id from raw.reservations where account_id is not null limit 50"
        ).fetchall()
    found = forget(DuckDBFile(path), load(LocalSettings), [one for (one,) in guests])
    assert found.records >= len(guests)
    with duckdb.connect(str(path), read_only=True) as connection:
        assert contents(connection) == before
        personal = connection.execute(
            "select table_name, column_name from duckdb_columns()"
            " where schema_name in ('intermediate', 'marts') and column_name in"
            " (select unnest(?::varchar[]))",
            [sorted(personal_columns())],
        ).fetchall()
    assert personal == []


def contents(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[object, ...] | None]:
    """Return the number of rows and a hash of each table, without personal columns of raw."""
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where schema_name in ('intermediate', 'marts') union all select 'raw', unnest(?)",
        [list(SOURCES)],
    ).fetchall()
    personal = personal_columns()
    found = {}
    for schema, table in tables:
        described = connection.execute(f'describe {schema}."{table}"').fetchall()
        kept = ", ".join(f'"{name}"' for name, *_ in described if name not in personal)
        found[f"{schema}.{table}"] = connection.execute(
            f'select count(*), sum(hash({kept})::hugeint) from {schema}."{table}"'
        ).fetchone()
    return found
