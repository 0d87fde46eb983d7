"""The dbt project: its layers hold, every model states and tests its grain, it builds empty."""

import atexit
import gc
import json
import os
import re
from functools import cache
from pathlib import Path
from shutil import copyfile, copytree, ignore_patterns
from typing import Any

import duckdb
import pytest
import yaml  # type: ignore[import-untyped]
from dbt.adapters.duckdb.plugins import BasePlugin
from filelock import FileLock

from mews_pipeline.warehouse import raw
from mews_pipeline_tests.support.dbt import DBT_PROJECT as PROJECT
from mews_pipeline_tests.support.dbt import dbt

# Folder: its schema and the prefixes of its models
LAYERS = {
    "staging": ("staging", ("stg_mews__",)),
    "intermediate": ("intermediate", ("int_",)),
    "refresh": ("intermediate", ("int_",)),
    "marts/core": ("marts", ("dim_", "fct_")),
    "marts/reports": ("marts", ("rpt_",)),
}
GRAIN_TESTS = {"unique", "unique_together", "one_row"}
MOST_REFS = 6

Node = dict[str, Any]


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the project over empty raw tables, once for all test processes."""
    folder = tmp_path_factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        folder = folder.parent
    folder /= "dbt_project"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            folder.mkdir()
            with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
                raw.create_tables(connection)
            (folder / "build.log").write_text(_dbt(folder, "build"))
    return folder


def _dbt(folder: Path, *arguments: str, project: Path = PROJECT) -> str:
    """Run dbt on the warehouse of the folder; give what it prints if it fails."""
    done = dbt(folder / "warehouse.duckdb", None, *arguments, "--write-json", project=project)
    return done.stdout if done.returncode else ""


@cache
def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "target" / "manifest.json").read_text())
    return manifest


def _models(folder: Path) -> list[Node]:
    return [n for n in _manifest(folder)["nodes"].values() if n["resource_type"] == "model"]


def _layer(model: Node) -> str:
    return str(model["path"]).split("/", maxsplit=1)[0]


def _columns(folder: Path) -> dict[tuple[str, str], set[tuple[str, str | None]]]:
    """Each relation's columns with their comments, as DuckDB has them."""
    found: dict[tuple[str, str], set[tuple[str, str | None]]] = {}
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        rows = connection.sql(
            "select schema_name, table_name, column_name, comment from duckdb_columns()"
        ).fetchall()
    for schema, table, column, comment in rows:
        found.setdefault((schema, table), set()).add((column, comment))
    return found


def test_the_project_builds_and_passes_its_tests_over_empty_raw_tables(built: Path) -> None:
    assert (built / "build.log").read_text() == ""


def test_only_staging_reads_sources_and_reads_nothing_else(built: Path) -> None:
    for model in _models(built):
        kinds = [node.split(".")[0] for node in model["depends_on"]["nodes"]]

        assert kinds == ["source"] if _layer(model) == "staging" else "source" not in kinds, model[
            "name"
        ]


def test_every_raw_table_has_its_staging_model(built: Path) -> None:
    staged = {m["name"] for m in _models(built) if _layer(m) == "staging"}

    assert staged == {f"stg_mews__{table}" for table in raw.SOURCES}


def test_folder_prefix_and_schema_agree(built: Path) -> None:
    for model in _models(built):
        schema, prefixes = LAYERS[str(Path(model["path"]).parent)]

        assert model["name"].startswith(prefixes), model["name"]
        assert model["schema"] == schema, model["name"]


def _upstream(folder: Path, name: str) -> set[str]:
    """Give every model, seed and source upstream of a model, itself included."""
    read = _manifest(folder)["nodes"].get(name, {}).get("depends_on", {}).get("nodes", [])
    return {name}.union(*(_upstream(folder, above) for above in read))


def test_nothing_upstream_of_an_intermediate_model_is_a_mart(built: Path) -> None:
    marts = {m["unique_id"] for m in _models(built) if _layer(m) == "marts"}
    for model in _models(built):
        if _layer(model) == "intermediate":
            assert not _upstream(built, model["unique_id"]) & marts, model["name"]


def test_core_marts_do_not_read_reports(built: Path) -> None:
    for model in _models(built):
        if model["path"].startswith("marts/core"):
            read = [node.split(".")[-1] for node in model["depends_on"]["nodes"]]
            assert not [name for name in read if name.startswith("rpt_")], model["name"]


def test_marts_read_services_from_their_dimension(built: Path) -> None:
    for model in _models(built):
        if _layer(model) == "marts" and model["name"] != "dim_service":
            read = model["depends_on"]["nodes"]
            assert "model.mews_pipeline.int_services" not in read, model["name"]


def test_no_model_reads_more_than_six_others(built: Path) -> None:
    relations = {**_manifest(built)["nodes"], **_manifest(built)["sources"]}
    for model in _models(built):
        # The mark of the refresh waits for more models than it reads
        named = [relations[name]["relation_name"] for name in model["depends_on"]["nodes"]]
        read = [name for name in named if name in model["compiled_code"]]

        assert len(read) <= MOST_REFS, model["name"]


def test_every_model_states_its_grain_and_tests_it(built: Path) -> None:
    tested = {
        node["attached_node"]
        for node in _manifest(built)["nodes"].values()
        if node.get("test_metadata", {}).get("name") in GRAIN_TESTS
    }

    for model in _models(built):
        assert model["description"].startswith("One row per "), model["name"]
        assert model["unique_id"] in tested, model["name"]


def test_every_column_is_described_and_the_description_reaches_duckdb(built: Path) -> None:
    columns = _columns(built)

    for model in _models(built):
        described = {(c["name"], c["description"]) for c in model["columns"].values()}
        assert described == columns[model["schema"], model["name"]], model["name"]


def test_marts_alone_are_public_and_their_contract_types_every_column(built: Path) -> None:
    for model in _models(built):
        is_mart = _layer(model) == "marts"
        untyped = [c["name"] for c in model["columns"].values() if not c["data_type"]]

        assert model["access"] == ("public" if is_mart else "protected"), model["name"]
        assert model["config"]["contract"]["enforced"] == is_mart, model["name"]
        assert not (is_mart and untyped), model["name"]


def test_exposures_name_what_is_published(built: Path) -> None:
    marts = {m["unique_id"] for m in _models(built) if _layer(m) == "marts"}
    exposed = {
        e["name"]: set(e["depends_on"]["nodes"]) for e in _manifest(built)["exposures"].values()
    }

    def read_by(folder: Path, *patterns: str) -> set[str]:
        code = "".join(file.read_text() for each in patterns for file in folder.rglob(each))
        named = set(re.findall(r"\b(?:dim|fct|rpt)_\w+", code))
        return {mart for mart in marts if mart.split(".")[-1] in named}

    root = PROJECT.parent
    assert exposed["published_copy"] == exposed["exports"] == marts
    assert exposed["report"] == read_by(root / "mews_pipeline/publish/report", "*.sql", "*.py")
    assert exposed["starter_kits"] == read_by(root / "examples", "*.sql")


@pytest.mark.slow
def test_a_mart_that_breaks_its_contract_fails_and_its_table_stays(
    built: Path, tmp_path: Path
) -> None:
    copytree(PROJECT, changed := tmp_path / "project", ignore=ignore_patterns("target", "logs"))
    copyfile(built / "warehouse.duckdb", tmp_path / "warehouse.duckdb")
    model = changed / "models" / "marts" / "core" / "dim_age_category.sql"
    text = model.read_text()
    model.write_text(text.replace("minimal_age,", "cast(minimal_age as integer) as minimal_age,"))
    assert model.read_text() != text

    printed = _dbt(tmp_path, "run", "--select", "dim_age_category", project=changed)

    assert "dim_age_category breaks its contract: minimal_age is integer, not bigint" in printed
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as connection:
        kept = connection.sql("select minimal_age from marts.dim_age_category").types
    assert kept == ["BIGINT"]


def test_sources_name_the_asset_that_lands_them(built: Path) -> None:
    for source in _manifest(built)["sources"].values():
        key = source["config"]["meta"].get("dagster", {}).get("asset_key")
        landed_beside = {"reservation_person_counts", "fetches"}

        assert source["schema"] == "raw"
        assert key == (["mews", "reservations"] if source["name"] in landed_beside else None)


@pytest.mark.parametrize("target", ["warehouse", "lake"])
def test_dbt_ends_without_a_last_walk_through_its_memory(
    target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = yaml.safe_load((PROJECT / "profiles.yml").read_text())["mews_pipeline"]
    modules = [plugin["module"] for plugin in profile["outputs"][target]["plugins"]]
    at_exit: list[Any] = []
    monkeypatch.setattr(atexit, "register", at_exit.append)

    for module in modules:
        BasePlugin.create(module)

    assert at_exit == [gc.freeze]
