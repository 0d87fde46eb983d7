"""The manifest follows the project's content, and nothing is written into the project."""

import os
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree

import pytest

from mews_pipeline.defs.dbt_project import (
    DbtProjectError,
    Manifest,
    manifest_of,
    project,
    raw_column_meanings,
)
from mews_pipeline.defs.dbt_selection import left_out
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.warehouse.fingerprint import State
from mews_pipeline.warehouse.raw import SOURCES
from mews_pipeline_tests.support.dbt import DBT_PROJECT


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Copy the project, without what dbt wrote there."""
    return copytree(
        DBT_PROJECT, tmp_path / "project", ignore=ignore_patterns("target", "logs", ".user.yml")
    )


@pytest.fixture
def small(copied: Path) -> Path:
    """Keep one model of the copied project, for what holds for any: parsing all takes seconds."""
    for folder in ("models", "seeds", "tests"):
        rmtree(copied / folder)
    (copied / "models").mkdir()
    (copied / "models" / "one.sql").write_text("select 1 as one")
    return copied


@pytest.fixture(scope="module")
def manifest() -> Manifest:
    return manifest_of(project(load(LocalSettings).state))


@pytest.mark.slow
def test_the_manifest_is_parsed_again_only_when_the_content_changed(
    copied: Path, tmp_path: Path
) -> None:
    at = project(tmp_path / "state", copied)
    first = manifest_of(at)["metadata"]["invocation_id"]
    os.utime(copied / "dbt_project.yml")
    assert manifest_of(at)["metadata"]["invocation_id"] == first

    # Installers may give a new file an old time
    macro = copied / "macros" / "bucket.sql"
    with macro.open("a") as file:
        file.write("{# changed #}")
    os.utime(macro, (0, 0))
    assert manifest_of(at)["metadata"]["invocation_id"] != first


@pytest.mark.slow
def test_descriptions_of_tests_survive_a_changed_macro(copied: Path, tmp_path: Path) -> None:
    def tests() -> dict[str, object]:
        nodes = manifest_of(project(tmp_path / "state", copied))["nodes"].values()
        found = [node for node in nodes if node["resource_type"] == "test"]
        return {node["name"]: (node["description"], node["config"]["meta"]) for node in found}

    before = tests()
    with (copied / "macros" / "bucket.sql").open("a") as macro:
        macro.write("{# changed #}")
    assert tests() == before


def test_dbt_writes_into_the_state_folder_alone(small: Path, tmp_path: Path) -> None:
    before = sorted(small.rglob("*"))
    manifest_of(project(tmp_path / "state", small))
    assert sorted(small.rglob("*")) == before
    assert (tmp_path / "state" / "dbt" / "manifest.json").exists()
    assert (tmp_path / "state" / "dbt" / "dbt.log").exists()


def test_a_project_that_cannot_be_parsed_fails_with_the_words_of_dbt(
    small: Path, tmp_path: Path
) -> None:
    (small / "models" / "broken.sql").write_text("select {{ ref('no_such_model') }}")
    with pytest.raises(DbtProjectError, match="no_such_model"):
        manifest_of(project(tmp_path / "state", small))


def test_a_state_folder_that_is_none_fails_with_the_setting_to_change(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(DbtProjectError, match="Set MEWS_STATE to a folder"):
        manifest_of(project(tmp_path / "state"))


def test_a_view_that_holds_the_mark_of_a_build_is_in_every_refresh(manifest: Manifest) -> None:
    unchanged = State("project", (), {})
    skipped = left_out(manifest, unchanged, unchanged, is_refresh=True)
    assert "model.mews_pipeline.int_calendar_context" in skipped
    assert "model.mews_pipeline.int_touched_by_age_category" not in skipped


@pytest.mark.parametrize("table", SOURCES)
def test_each_column_of_a_raw_table_has_its_meaning(table: str, manifest: Manifest) -> None:
    meanings = raw_column_meanings(manifest, table)
    assert meanings.keys() >= SOURCES[table].keys()
    assert all(meanings.values())


def test_a_renamed_column_names_its_raw_one_in_meta() -> None:
    columns = {
        "service_name": {"description": "Its name.", "meta": {"raw_column": "name"}},
        "currency": {"description": "Its currency."},
    }
    manifest = {"nodes": {"model.mews_pipeline.stg_mews__services": {"columns": columns}}}
    meanings = raw_column_meanings(manifest, "services")
    assert (meanings["name"], meanings["currency"]) == ("Its name.", "Its currency.")
