"""The code location loads, shows the graph, and one day runs through it end to end."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copyfile

import dagster as dg
import duckdb
import pytest
from dagster._core.workspace.load import location_origins_from_yaml_paths
from dagster._core.workspace.load_target import get_origins_from_toml

from mews_pipeline.definitions import defs
from mews_pipeline.defs import dbt, publish
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.monitoring import health
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    Clock,
    SandboxOptions,
    World,
    running_sandbox,
    simulate,
    token_key,
)
from mews_pipeline.warehouse import fingerprint
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.support.dbt import DBT_PROJECT
from mews_pipeline_tests.support.held_stays import held
from mews_pipeline_tests.support.mounted import parts, resources_at

DAY = date(2026, 1, 5)
NOW = datetime(2026, 1, 6, 0, 30, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(3, date(2026, 1, 1), date(2026, 1, 10))


@pytest.fixture
def options() -> SandboxOptions:
    return SandboxOptions()


@pytest.fixture
def address(
    world: World, options: SandboxOptions, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    clock = Clock(NOW)
    with running_sandbox(world, clock, options) as served:
        monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", served)
        monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
        monkeypatch.setenv("MEWS_ACCESS_TOKENS", PORTFOLIO_TOKEN)
        monkeypatch.setenv("MEWS_START_DATE", "2026-01-01")
        yield served


def materialize(
    warehouse: Path, *selected: dg.AssetsDefinition, instance: dg.DagsterInstance | None = None
) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        list(selected),
        instance=instance,
        partition_key=DAY.isoformat(),
        resources=resources_at(warehouse),
        raise_on_error=False,
    )


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    [event] = [event for event in result.all_events if event.is_step_failure]
    told = event.step_failure_data.user_failure_data
    assert told
    return str(told.description)


def test_the_definitions_load(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)


def test_the_graph_runs_from_mews_through_the_tables_named_alike_to_the_marts(
    definitions: dg.Definitions,
) -> None:
    graph = definitions.resolve_asset_graph()
    reservations, staged = dg.AssetKey(["mews", "reservations"]), "stg_mews__reservations"
    [staging] = [key for key in graph.get_all_asset_keys() if key.path[-1] == staged]
    [ledger] = [k for k in graph.get_all_asset_keys() if k.path[-1] == "fct_room_night_ledger"]
    assert reservations in graph.get(staging).parent_keys
    assert reservations in graph.get_ancestor_asset_keys(ledger)


@pytest.mark.usefixtures("address")
def test_a_day_lands_whole_from_the_api(world: World, tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    result = materialize(warehouse, parts().updates, parts().reference)

    assert result.success
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        landed = dict(
            connection.execute("select id, any_value(state) from raw.reservations group by id")
            .fetchall()
        )  # fmt: skip
    seen = world.as_of("reservations", NOW)
    updated = {r["Id"]: r["State"] for r in seen if r["UpdatedUtc"].startswith("2026-01-05")}
    by_stay = {r["Id"]: r["State"] for r in held(world, NOW)}
    assert updated
    assert by_stay
    assert landed == updated | by_stay


@pytest.mark.usefixtures("address")
def test_a_materialization_has_metadata_of_its_day_and_of_its_run(tmp_path: Path) -> None:
    result = materialize(tmp_path / "w.duckdb", parts().updates)
    told = {
        event.asset_key.path[-1]: event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }["reservations"]
    # The day's own numbers first; in a run of many days the others are those of all
    assert list(told)[:2] == ["rows", "new_versions"]
    assert told["rows"].value == told["rows_fetched"].value == told["versions_landed"].value
    assert told["requests"].value == 2
    assert told["retries"].value == 0


@pytest.mark.usefixtures("address")
def test_of_many_days_only_the_newest_one_has_the_sample(tmp_path: Path) -> None:
    result = dg.materialize(
        [parts().updates],
        resources=resources_at(tmp_path / "w.duckdb"),
        tags={
            "dagster/asset_partition_range_start": "2026-01-03",
            "dagster/asset_partition_range_end": DAY.isoformat(),
        },
    )
    found = {
        str(event.partition): event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key == dg.AssetKey(["mews", "reservations"])
    }
    assert list(found) == ["2026-01-03", "2026-01-04", "2026-01-05"]
    assert [day for day, entries in found.items() if "sample" in entries] == [DAY.isoformat()]
    assert all(
        {"rows", "new_versions", "rows_fetched"} < set(entries) for entries in found.values()
    )


@pytest.mark.usefixtures("address")
def test_a_wrong_token_fails_at_once_and_lands_nothing(
    options: SandboxOptions, tmp_path: Path
) -> None:
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    warehouse = tmp_path / "w.duckdb"
    with dg.DagsterInstance.ephemeral() as instance:
        result = materialize(warehouse, parts().updates, instance=instance)
        logs = instance.all_logs(result.run_id)

    assert "check the tokens" in failure_of(result)
    first_red = next(entry for entry in logs if int(entry.level) >= logging.ERROR)
    assert first_red.user_message == failure_of(result)
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.reservations").fetchone() == (0,)


def test_missing_settings_fail_the_step_with_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Where nothing of Mews is set at all, the sandbox of the demo responds
    monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", "https://api.mews.com")
    assert "MEWS_CLIENT_TOKEN is missing" in failure_of(
        materialize(tmp_path / "w.duckdb", parts().updates)
    )


@pytest.mark.usefixtures("address")
def test_a_file_that_is_no_warehouse_fails_the_step_and_is_left_as_it_was(tmp_path: Path) -> None:
    warehouse = tmp_path / "notes.txt"
    warehouse.write_text("these are my notes")
    assert "not a DuckDB file" in failure_of(materialize(warehouse, parts().updates))
    assert warehouse.read_text() == "these are my notes"


def test_bad_settings_do_not_keep_the_definitions_from_loading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MEWS_START_DATE", "yesterday")
    monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", "not an address")
    dg.Definitions.validate_loadable(defs())


def test_a_refresh_that_lands_nothing_new_builds_nothing(
    lived: Lived, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    copyfile(lived.warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        state = fingerprint.fingerprint(connection, DBT_PROJECT, lived.start)
        fingerprint.remember(connection, state)
    with running_sandbox(lived.world, Clock(lived.now)) as served:
        monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", served)
        monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
        monkeypatch.setenv("MEWS_ACCESS_TOKENS", PORTFOLIO_TOKEN)
        monkeypatch.setenv("MEWS_START_DATE", lived.start.isoformat())
        monkeypatch.setenv("MEWS_WAREHOUSE", str(warehouse))
        result = (
            defs()
            .resolve_job_def("refresh")
            .execute_in_process(partition_key=lived.now.date().isoformat(), raise_on_error=False)
        )
    assert result.success
    materialized = {
        e.asset_key.path[0] for e in result.get_asset_materialization_events() if e.asset_key
    }
    assert materialized == {"mews"}
    checked = result.get_asset_check_evaluations()
    updates = {"reservations", "product_service_orders", "order_items"}
    assert {(check.asset_key.path[-1], check.check_name) for check in checked} == {
        (check.table, check.name) for check in health.CHECKS if check.table in updates
    }


@pytest.mark.parametrize("table", ["reservations", "order_items", "availability", "exchange_rates"])
def test_each_table_can_be_materialized_alone(definitions: dg.Definitions, table: str) -> None:
    selection = dg.AssetSelection.assets(["mews", table])
    job = dg.define_asset_job("alone", selection)
    graph = definitions.resolve_asset_graph()
    assert selection.resolve(graph) == {dg.AssetKey(["mews", table])}
    dg.Definitions.merge(definitions, dg.Definitions(jobs=[job])).resolve_job_def("alone")


def test_what_was_built_and_not_published_is_not_done() -> None:
    pipeline = Pipeline()
    steps = ((dbt.last_built_key(pipeline), False), (publish.analytics_key(pipeline), True))
    with dg.DagsterInstance.ephemeral() as instance:
        for key, is_done in steps:
            instance.report_runless_asset_event(dg.AssetMaterialization(key))
            assert dbt.is_published(pipeline, instance) is is_done


def test_the_assets_that_show_what_was_built_and_published_exist(
    definitions: dg.Definitions,
) -> None:
    keys = definitions.resolve_asset_graph().get_all_asset_keys()
    pipeline = Pipeline()
    assert {dbt.last_built_key(pipeline), publish.analytics_key(pipeline)} <= keys


_LOADING = """
import gc
import sys

def refuse(event, arguments):
    if event == "socket.connect" or event == "open" and "warehouse.duckdb" in str(arguments[0]):
        raise AssertionError(f"{event} {arguments}")

sys.addaudithook(refuse)
from mews_pipeline.definitions import defs
threshold = gc.get_threshold()
loaded = defs()
assert gc.get_freeze_count() > 100_000 and gc.get_threshold() == threshold
late = {"polars", "sqlalchemy", "mews_pipeline.ingest", "mews_pipeline.sandbox"}
assert not late & sys.modules.keys(), late & sys.modules.keys()
loaded.resolve_asset_graph()
"""


@pytest.mark.usefixtures("definitions")  # so that dbt's manifest is there
def test_loading_needs_no_network_no_warehouse_and_no_library_of_steps(tmp_path: Path) -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", _LOADING],
        env=os.environ
        | {
            "MEWS_WAREHOUSE": str(tmp_path / "warehouse.duckdb"),
            "MEWS_PLATFORM_ADDRESS": "http://127.0.0.1:9",
            "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
            "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert loaded.returncode == 0, loaded.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_ui_shows_the_columns_of_raw_tables_with_their_meanings(
    definitions: dg.Definitions,
) -> None:
    node = definitions.resolve_asset_graph().get(dg.AssetKey(["mews", "services"]))
    schema = node.metadata["dagster/column_schema"]
    words = {column.name: column.description for column in schema.columns}
    assert words["name"] == "Name of the service."
    assert words["data_value_start_offset"]


def test_the_code_location_has_one_name_however_it_is_loaded() -> None:
    [by_project] = get_origins_from_toml(str(ROOT / "pyproject.toml"))
    [by_workspace] = location_origins_from_yaml_paths([str(ROOT / "workspace.yaml")])
    assert by_project.location_name == by_workspace.location_name == "mews_pipeline"


@pytest.mark.slow
def test_a_code_server_can_load_the_definitions(tmp_path: Path) -> None:
    validate = ["dagster", "definitions", "validate", "--load-with-grpc"]
    told = subprocess.run(
        [sys.executable, "-m", *validate, "-m", "mews_pipeline.definitions"],
        env=os.environ | {"DAGSTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
