"""The pipeline as a Dagster component: instances apart, and light to import."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from mews_pipeline.component import MewsPipelineComponent, MountError, _check_apart
from mews_pipeline_tests.support.dbt import share_manifest


def test_importing_the_package_loads_no_dagster() -> None:
    check = "import mews_pipeline, sys; assert 'dagster' not in sys.modules"
    subprocess.run([sys.executable, "-c", check], check=True)


def test_a_dg_command_that_imports_the_component_loads_no_dbt_and_no_duckdb() -> None:
    check = (
        "import mews_pipeline, sys; mews_pipeline.MewsPipelineComponent; "
        "assert not {'dagster_dbt', 'duckdb', 'polars'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", check], check=True)


def test_each_instance_reads_variables_of_its_prefix_and_has_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTH_START_DATE", "2025-02-03")
    monkeypatch.setenv("SOUTH_WAREHOUSE", str(tmp_path / "elsewhere" / "south.duckdb"))
    north = MewsPipelineComponent(env_prefix="NORTH_", key_prefix=["north"], token_groups=2)
    south = MewsPipelineComponent(env_prefix="SOUTH_", key_prefix=["south"], state_folder="s")

    first, second = north.pipeline(tmp_path), south.pipeline(tmp_path)

    assert first.settings.start_date.isoformat() == "2025-02-03"
    assert len(first.partitions.groups) == 2
    assert first.settings.warehouse == str(tmp_path / "data/north/warehouse.duckdb")
    assert first.settings.analytics == tmp_path / "data/north/analytics.duckdb"
    assert second.settings.warehouse == str(tmp_path / "elsewhere" / "south.duckdb")
    assert second.settings.state == tmp_path / "s"


@pytest.mark.parametrize("what", ["key_prefix", "env_prefix"])
def test_two_instances_with_one_prefix_are_an_error_that_names_both(what: str) -> None:
    given = [
        {"key_prefix": ["north"], "env_prefix": "NORTH_"},
        {"key_prefix": ["south"], "env_prefix": "SOUTH_"},
    ]
    given[1][what] = given[0][what]
    one, other = (MewsPipelineComponent.model_validate(each) for each in given)
    with pytest.raises(MountError, match=f"same {what}") as caught:
        _check_apart([one, other])
    assert one.named in str(caught.value)
    assert other.named in str(caught.value)


def test_a_pipeline_up_to_raw_has_neither_models_nor_what_is_published(tmp_path: Path) -> None:
    component = MewsPipelineComponent(key_prefix=["north"], build="raw", schedules=False)
    found = component.definitions(tmp_path)
    keys = found.resolve_asset_graph().get_all_asset_keys()
    made = {key.path[1] for key in keys if found.resolve_asset_graph().get(key).is_executable}
    assert made == {"mews", "retention"}
    repository = found.get_repository_def()
    assert repository.schedule_defs == []
    assert [sensor.name for sensor in repository.sensor_defs] == ["north__failure_alert"]
    dg.Definitions.validate_loadable(found)


def test_a_problem_of_the_settings_names_the_variable_of_the_instance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTH_START_DATE", "yesterday")
    share_manifest(tmp_path / "data" / "north")
    component = MewsPipelineComponent(env_prefix="NORTH_", key_prefix=["north"], build="raw")
    found = component.definitions(tmp_path)
    specs = found.resolve_all_asset_specs()
    shown = [spec.description or "" for spec in specs if spec.key.path[1] == "mews"]
    assert len(shown) > 1
    assert all("NORTH_START_DATE cannot be used" in description for description in shown)
