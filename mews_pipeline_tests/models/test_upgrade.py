"""A warehouse built by an earlier release upgrades by itself, with the next build.

`fixtures/warehouse-0.1.0.duckdb.xz` is a warehouse as release 0.1.0 left it: three simulated
hotels, twelve days backfilled, five daily refreshes, all models built.
"""

import lzma
from datetime import date
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.support.dbt import dbt
from mews_pipeline_tests.support.raw_copy import copy_raw

FIXTURE = Path(__file__).parents[1] / "fixtures" / "warehouse-0.1.0.duckdb.xz"
START = date(2026, 3, 16)
BUILT = "('staging', 'intermediate', 'marts')"


def _relations(warehouse: Path) -> dict[str, str]:
    """Give every relation that models build, with its kind."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return dict(
            connection.execute(
                f"""
                select schema_name || '.' || table_name, 'table' from duckdb_tables()
                where schema_name in {BUILT}
                union all
                select schema_name || '.' || view_name, 'view' from duckdb_views()
                where schema_name in {BUILT}
                """
            ).fetchall()
        )


def _differing(one: Path, other: Path) -> list[str]:
    """Name the marts whose columns or rows differ between two warehouses."""
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        differing = []
        for (table,) in connection.execute(
            "select table_name from duckdb_tables()"
            " where database_name = 'other' and schema_name = 'marts' order by all"
        ).fetchall():
            rows = f"from {{}}.marts.{table}"
            query = "({0} except all {1}) union all ({1} except all {0}) limit 1"
            if connection.execute(
                query.format(rows.format("one"), rows.format("other"))
            ).fetchall():
                differing.append(table)
        return differing


def _build(warehouse: Path) -> None:
    with DuckDBFile(warehouse).open():
        pass
    built = dbt(warehouse, START, "build", "--exclude-resource-type", "unit_test")
    assert built.returncode == 0, built.stdout


@pytest.mark.slow
def test_a_warehouse_of_release_0_1_0_becomes_what_a_clean_build_gives(tmp_path: Path) -> None:
    for name in ("upgraded", "clean"):
        (tmp_path / name).mkdir()
    upgraded = tmp_path / "upgraded" / "warehouse.duckdb"
    clean = tmp_path / "clean" / "warehouse.duckdb"
    upgraded.write_bytes(lzma.decompress(FIXTURE.read_bytes()))
    copy_raw(upgraded, clean)

    _build(upgraded)
    _build(clean)

    assert _relations(upgraded) == _relations(clean)
    assert _differing(upgraded, clean) == []
