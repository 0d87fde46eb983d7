"""Dagster shows what dbt built: how many rows, which columns, their lineage, a chart."""

from pathlib import Path
from shutil import copyfile
from typing import Any

import dagster as dg
import pytest

from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.support.mounted import parts, resources_at

MATRIX, DATES = "rpt_state_transition_matrix", "dim_date"
# A view, whose rows DuckDB would have to compute
SERVICES = "stg_mews__services"


@pytest.fixture(scope="module")
def built(
    lived: Lived, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, dg.MetadataValue[Any]]]:
    """Give the metadata of three models, built by Dagster on a warehouse of their own."""
    warehouse = tmp_path_factory.mktemp("tables") / "warehouse.duckdb"
    copyfile(lived.warehouse, warehouse)
    here = Path.cwd()
    result = dg.materialize(
        [parts().models],
        selection=dg.AssetSelection.assets(
            ["marts", MATRIX], ["marts", DATES], ["staging", SERVICES]
        ),
        resources=resources_at(warehouse),
    )
    assert Path.cwd() == here
    return {
        event.asset_key.path[-1]: dict(event.materialization.metadata)
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }


def test_rows_of_tables_are_counted_those_of_views_are_not(
    lived: Lived, built: dict[str, dict[str, dg.MetadataValue[Any]]]
) -> None:
    with lived.connect() as connection:
        ((rows,),) = connection.execute(f"select count(*) from marts.{MATRIX}").fetchall()

    assert built[MATRIX]["dagster/row_count"].value == rows > 0
    assert "dagster/row_count" not in built[SERVICES]


def test_columns_have_their_types_and_meanings(
    built: dict[str, dict[str, dg.MetadataValue[Any]]],
) -> None:
    schema = built[MATRIX]["dagster/column_schema"].value
    assert isinstance(schema, dg.TableSchema)
    assert {c.name: c.type for c in schema.columns}["transitions"] == "BIGINT"
    assert all(column.description for column in schema.columns)


@pytest.mark.parametrize(
    ("model", "column", "source"),
    [
        (MATRIX, "to_state", ["marts", "fct_reservation_state_transitions"]),
        (SERVICES, "service_id", ["mews", "services"]),
    ],
)
def test_columns_lead_to_the_assets_that_they_come_from(
    built: dict[str, dict[str, dg.MetadataValue[Any]]], model: str, column: str, source: list[str]
) -> None:
    lineage = built[model]["dagster/column_lineage"].value
    assert isinstance(lineage, dg.TableColumnLineage)
    assert [dep.asset_key.path for dep in lineage.deps_by_column[column]] == [source]


def test_the_matrix_has_its_chart(built: dict[str, dict[str, dg.MetadataValue[Any]]]) -> None:
    assert "data:image/svg+xml;base64," in str(built[MATRIX]["chart"].value)
    assert "chart" not in built[DATES]
