"""A warehouse built refresh by refresh holds what one built at once from the same raw data does."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.sandbox import simulate
from mews_pipeline.windows import Window
from mews_pipeline_tests.built_marts import (
    LONG_AGO,
    MODELS_ALONE,
    at_midnight,
    connect,
    dbt,
    land_as_of,
)

START = date(2026, 8, 1)


def _marts(warehouse: Path) -> list[str]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'marts'"
        ).fetchall()
    return [name for (name,) in tables]


def _differing(one: Path, other: Path) -> list[str]:
    """Name the marts of which the two warehouses do not hold the same rows."""
    differing = []
    with duckdb.connect() as connection:
        connection.execute(f"attach '{one}' as one (read_only)")
        connection.execute(f"attach '{other}' as other (read_only)")
        for table in _marts(one):
            left, right = f"from one.marts.{table}", f"from other.marts.{table}"
            rows = connection.execute(
                f"({left} except all {right}) union all ({right} except all {left}) limit 1"
            ).fetchall()
            if rows:
                differing.append(table)
    return differing


@pytest.mark.slow
def test_sixty_days_and_fourteen_refreshes_give_what_a_full_build_gives(tmp_path: Path) -> None:
    days, refreshes = 60, 14
    world = simulate(seed=1, start=START, end=START + timedelta(days=days + refreshes))
    (tmp_path / "pages").mkdir()
    refreshed = tmp_path / "refreshed.duckdb"
    looked = LONG_AGO
    for number in range(refreshes + 1):
        look = at_midnight(START + timedelta(days=days + number)) + timedelta(hours=9, minutes=30)
        with connect(refreshed) as connection:
            land_as_of(connection, tmp_path / "pages", world, Window(looked, look))
        dbt(refreshed, START, *MODELS_ALONE)
        looked = look - timedelta(minutes=30)
    full = tmp_path / "full.duckdb"
    full.write_bytes(refreshed.read_bytes())

    dbt(full, START, *MODELS_ALONE, "--full-refresh")

    assert _differing(refreshed, full) == []
