"""No report needs personal data: the marts are the same whatever is kept of it."""

import re
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.extract.entities import ENTITIES, personal_columns
from mews_pipeline.extract.windows import Window
from mews_pipeline.sandbox import simulate
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.personal_policy import applied
from mews_pipeline_tests.conftest import settings_for
from mews_pipeline_tests.models.test_incremental_builds import _built_in_full, _differing, _marts
from mews_pipeline_tests.support.built_marts import (
    LONG_AGO,
    MODELS_ALONE,
    at_midnight,
    connect,
    land_as_of,
)
from mews_pipeline_tests.support.dbt import DBT_PROJECT, built

START = date(2026, 8, 1)


def test_no_model_after_staging_reads_a_personal_column() -> None:
    # "number" and "_extra" are called otherwise after staging
    names = personal_columns() - {"number"} | {"order_number", "unknown_fields"}
    reading = [
        path.name
        for path in (DBT_PROJECT / "models").rglob("*.sql")
        if path.parent.name != "staging" and names & {*re.findall(r"\w+", path.read_text())}
    ]
    assert reading == []


@pytest.mark.slow
def test_the_marts_are_the_same_when_nothing_personal_is_kept(tmp_path: Path) -> None:
    end = at_midnight(START + timedelta(days=6))
    world = simulate(seed=18, start=START, end=end.date(), scale=0.2)
    (tmp_path / "pages").mkdir()
    warehouse = tmp_path / "warehouse.duckdb"
    with connect(warehouse) as connection:
        land_as_of(connection, tmp_path / "pages", world, Window(LONG_AGO, end))
    built(warehouse, START, *MODELS_ALONE)
    kept = tmp_path / "kept.duckdb"
    kept.write_bytes(warehouse.read_bytes())

    settings = settings_for("http://mews.test", START, warehouse=str(warehouse), personal="drop")
    applied(DuckDBFile(warehouse), settings, lambda _: None)

    assert _filled(kept) > 0
    assert _filled(warehouse) == 0
    assert len(_marts(kept)) > 0
    assert _differing(kept, _built_in_full(warehouse, START)) == []


def _filled(warehouse: Path) -> int:
    """Count the versions that still have a personal field."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = 0
        for entity in ENTITIES.values():
            filled = " or ".join(f"{name} is not null" for name in entity.personal_columns)
            counted = connection.execute(f"select count(*) from raw.{entity.table} where {filled}")
            found += counted.fetchall()[0][0]
        return found
