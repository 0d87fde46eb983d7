"""The manifest follows the project's content, and nothing is written into the project."""

import os
from collections.abc import Mapping
from pathlib import Path
from shutil import copytree, ignore_patterns, rmtree
from typing import NamedTuple

import pytest
from dagster_dbt import DbtProject

from mews_pipeline.defs import dbt_project
from mews_pipeline.defs.dbt_project import (
    DbtProjectError,
    Manifest,
    keep_parsed,
    manifest_of,
    project,
    raw_column_meanings,
)
from mews_pipeline.defs.dbt_selection import left_out
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.warehouse.fingerprint import State
from mews_pipeline.warehouse.raw import SOURCES
from mews_pipeline_tests.support.dbt import DBT_PROJECT
from mews_pipeline_tests.support.mounted import parts


def copy_to(folder: Path) -> Path:
    """Copy the project, without what dbt wrote there."""
    return copytree(
        DBT_PROJECT, folder / "project", ignore=ignore_patterns("target", "logs", ".user.yml")
    )


def small_copy(folder: Path) -> Path:
    """Keep one model of a copy of the project, for what holds for any: parsing takes seconds."""
    copied = copy_to(folder)
    for name in ("models", "seeds", "tests"):
        rmtree(copied / name)
    (copied / "models").mkdir()
    (copied / "models" / "one.sql").write_text(
        "{{ config(alias='since_' ~ env_var('MEWS_START_DATE', 'ever')) }} select 1 as one"
    )
    return copied


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return copy_to(tmp_path)


class Parsed(NamedTuple):
    """A small project that was parsed, its files before that, and what came of it."""

    project: Path
    before: list[Path]
    state: Path
    manifest: Manifest


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Parsed:
    folder = tmp_path_factory.mktemp("parsed")
    small, state = small_copy(folder), folder / "state"
    before = sorted(small.rglob("*"))
    found = manifest_of(project(state, small), {"MEWS_START_DATE": "2024_01_31"})
    return Parsed(small, before, state, found)


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


def test_dbt_writes_into_the_state_folder_alone(parsed: Parsed) -> None:
    assert sorted(parsed.project.rglob("*")) == parsed.before
    assert (parsed.state / "dbt" / "manifest.json").exists()
    assert (parsed.state / "dbt" / "dbt.log").exists()


def test_the_project_is_parsed_in_the_environment_of_its_builds(parsed: Parsed) -> None:
    model = parsed.manifest["nodes"]["model.mews_pipeline.one"]
    assert model["alias"] == "since_2024_01_31"


def test_the_models_are_parsed_for_the_warehouse_of_the_settings(
    tmp_path: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Mapping[str, str]] = []

    def parsed_for(_: DbtProject, environment: Mapping[str, str]) -> Manifest:
        given.append(environment)
        return manifest

    monkeypatch.setattr(dbt_project, "manifest_of", parsed_for)
    monkeypatch.setenv("MEWS_WAREHOUSE", str(tmp_path / "mine.duckdb"))
    monkeypatch.setenv("MEWS_START_DATE", "2024-01-31")
    monkeypatch.setenv("MEWS_MEMORY", "3GB")
    parts()
    assert given[0].items() >= {
        ("MEWS_WAREHOUSE", str(tmp_path / "mine.duckdb")),
        ("MEWS_START_DATE", "2024-01-31"),
        ("MEWS_MEMORY", "3GB"),
    }


def test_what_a_build_parsed_is_kept_for_the_next_one(tmp_path: Path) -> None:
    at, target = project(tmp_path / "state"), tmp_path / "state" / "dbt" / "one build"
    target.mkdir(parents=True)
    keep_parsed(at, target)
    (target / "partial_parse.msgpack").write_text("parsed")
    keep_parsed(at, target)
    assert (at.target_path / "partial_parse.msgpack").read_text() == "parsed"


def test_a_project_that_cannot_be_parsed_fails_with_the_words_of_dbt(tmp_path: Path) -> None:
    small = small_copy(tmp_path)
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


def test_a_refresh_with_new_items_alone_builds_no_calendar_of_rooms(manifest: Manifest) -> None:
    before, after = (State("project", (), {"order_items": at}) for at in ("1", "2"))
    skipped = left_out(manifest, after, before, is_refresh=True)
    models = {name for name in manifest["nodes"] if name.startswith("model.")} - {*skipped}
    built = {name.removeprefix("model.mews_pipeline.") for name in models}
    assert {"fct_revenue_ledger", "fct_revenue_daily", "rpt_performance_daily"} <= built
    rooms = {
        "int_known_capacity", "fct_occupancy_daily", "fct_moved_daily", "fct_spaces_occupied_daily",
        "rpt_portfolio_daily", "rpt_rooms_by_state", "rpt_restatements", "fct_room_night_ledger",
    }  # fmt: skip
    assert rooms & built == set()
    assert all(f"model.mews_pipeline.{name}" in manifest["nodes"] for name in rooms)


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
