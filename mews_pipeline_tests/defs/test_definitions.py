"""The code location loads, shows the graph, and one day runs through it end to end."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copyfile, copytree, ignore_patterns

import dagster as dg
import duckdb
import pytest
from dagster._core.workspace.load import location_origins_from_yaml_paths
from dagster._core.workspace.load_target import get_origins_from_toml
from dagster_dbt import DbtProject

from mews_pipeline.definitions import defs
from mews_pipeline.defs import assets, dbt, jobs, publish
from mews_pipeline.defs.dbt import raw_column_words
from mews_pipeline.defs.resources import MewsResource, WarehouseResource
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
from mews_pipeline.warehouse.raw import TABLES
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.support.dbt import DBT_PROJECT

DAY = date(2026, 1, 5)
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
    clock = Clock(datetime(2026, 1, 6, 0, 30, tzinfo=UTC))
    with running_sandbox(world, clock, options) as served:
        monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", served)
        monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
        monkeypatch.setenv("MEWS_ACCESS_TOKENS", PORTFOLIO_TOKEN)
        monkeypatch.setenv("MEWS_START_DATE", "2026-01-01")
        yield served


def materialize(warehouse: Path, *selected: dg.AssetsDefinition) -> dg.ExecuteInProcessResult:
    return dg.materialize(
        list(selected),
        partition_key=DAY.isoformat(),
        resources={"mews": MewsResource(), "warehouse": WarehouseResource(database=str(warehouse))},
        raise_on_error=False,
    )


def failure_of(result: dg.ExecuteInProcessResult) -> str:
    [event] = [event for event in result.all_events if event.is_step_failure]
    told = event.step_failure_data.user_failure_data
    assert told
    return str(told.description)


def test_the_definitions_load() -> None:
    dg.Definitions.validate_loadable(defs())


def test_the_graph_runs_from_mews_through_the_tables_named_alike_to_the_marts() -> None:
    graph = defs().resolve_asset_graph()
    reservations, staged = dg.AssetKey(["mews", "reservations"]), "stg_mews__reservations"
    [staging] = [key for key in graph.get_all_asset_keys() if key.path[-1] == staged]
    [ledger] = [k for k in graph.get_all_asset_keys() if k.path[-1] == "fct_room_night_ledger"]
    assert reservations in graph.get(staging).parent_keys
    assert reservations in graph.get_ancestor_asset_keys(ledger)


@pytest.mark.usefixtures("address")
def test_a_day_lands_whole_from_the_api(world: World, tmp_path: Path) -> None:
    warehouse = tmp_path / "w.duckdb"
    result = materialize(warehouse, assets.updates, assets.reference)

    assert result.success
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        landed = dict(
            connection.execute("select id, any_value(state) from raw.reservations group by id")
            .fetchall()
        )  # fmt: skip
    seen = world.as_of("reservations", datetime(2026, 1, 6, 0, 30, tzinfo=UTC))
    true = {r["Id"]: r["State"] for r in seen if r["UpdatedUtc"].startswith("2026-01-05")}
    assert true
    assert landed == true


@pytest.mark.usefixtures("address")
def test_a_materialization_tells_of_its_day_and_of_its_run(tmp_path: Path) -> None:
    result = materialize(tmp_path / "w.duckdb", assets.updates)
    told = {
        event.asset_key.path[-1]: event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }["reservations"]
    assert told["rows"].value == told["rows_fetched"].value == told["versions_landed"].value
    assert told["requests"].value == 2
    assert told["retries"].value == 0


@pytest.mark.usefixtures("address")
def test_a_wrong_token_fails_at_once_and_lands_nothing(
    options: SandboxOptions, tmp_path: Path
) -> None:
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    warehouse = tmp_path / "w.duckdb"
    result = materialize(warehouse, assets.updates)

    assert "check the tokens" in failure_of(result)
    assert not [event for event in result.all_events if event.is_step_up_for_retry]
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("select count(*) from raw.reservations").fetchone() == (0,)


def test_missing_settings_fail_the_step_with_their_names(tmp_path: Path) -> None:
    assert "MEWS_CLIENT_TOKEN is missing" in failure_of(
        materialize(tmp_path / "w.duckdb", assets.updates)
    )


@pytest.mark.usefixtures("address")
def test_a_warehouse_that_is_none_fails_the_step_and_is_left_as_it_was(tmp_path: Path) -> None:
    warehouse = tmp_path / "notes.txt"
    warehouse.write_text("these are my notes")
    assert "not a DuckDB file" in failure_of(materialize(warehouse, assets.updates))
    assert warehouse.read_text() == "these are my notes"


def tick(
    rhythm: jobs.Rhythm, at: datetime, *, knows_reference_data: bool = True
) -> dg.RunRequest | str | None:
    """What a schedule asks for at that time, or why it asks for nothing."""
    with dg.DagsterInstance.ephemeral() as instance:
        if knows_reference_data:
            services = dg.AssetMaterialization(dg.AssetKey(["mews", "services"]))
            instance.report_runless_asset_event(services)
        told = rhythm.tick(instance, at)
    return told.skip_message if isinstance(told, dg.SkipReason) else told


@pytest.mark.parametrize(
    ("rhythm", "at", "partition", "run_key"),
    [
        pytest.param(
            jobs.every_half_hour,
            datetime(2026, 1, 5, 12, tzinfo=UTC),
            "2026-01-05",
            "2026-01-05T12:00",
            id="every half hour today is refreshed",
        ),
        pytest.param(
            jobs.every_half_hour,
            datetime(2026, 1, 6, tzinfo=UTC),
            "2026-01-06",
            "2026-01-06T00:00",
            id="at midnight the new day is begun",
        ),
        pytest.param(
            jobs.close_yesterday,
            datetime(2026, 1, 6, 0, 20, tzinfo=UTC),
            "2026-01-05",
            "2026-01-05",
            id="after midnight yesterday is closed",
        ),
        pytest.param(
            jobs.read_again,
            datetime(2026, 1, 7, 1, 30, tzinfo=UTC),
            "2026-01-05",
            "2026-01-05",
            id="the night after that it is read again",
        ),
        pytest.param(
            jobs.hourly_reference_data,
            datetime(2026, 1, 5, 12, 10, tzinfo=UTC),
            None,
            "2026-01-05T12",
            id="reference data every hour",
        ),
        pytest.param(
            jobs.daily_availability,
            datetime(2026, 1, 5, 3, 40, tzinfo=UTC),
            None,
            "2026-01-05",
            id="availability once a day",
        ),
    ],
)
@pytest.mark.usefixtures("address")
def test_each_rhythm_launches_its_day_once(
    rhythm: jobs.Rhythm, at: datetime, partition: str | None, run_key: str
) -> None:
    asked = tick(rhythm, at)
    assert isinstance(asked, dg.RunRequest)
    assert (asked.partition_key, asked.run_key) == (partition, run_key)


@pytest.mark.usefixtures("address")
def test_a_day_is_read_again_whole() -> None:
    asked = tick(jobs.read_again, datetime(2026, 1, 7, 1, 30, tzinfo=UTC))
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_config["ops"]["updates"]["config"]["full_refresh"] is True


@pytest.mark.parametrize("rhythm", jobs.RHYTHMS, ids=lambda each: each.name)
def test_without_tokens_no_schedule_asks_mews(rhythm: jobs.Rhythm) -> None:
    assert "is missing" in str(tick(rhythm, datetime(2026, 1, 5, 12, tzinfo=UTC)))


@pytest.mark.usefixtures("address")
def test_nothing_is_refreshed_before_there_are_reference_data() -> None:
    at = datetime(2026, 1, 5, 12, tzinfo=UTC)
    assert "Reference data come first" in str(
        tick(jobs.every_half_hour, at, knows_reference_data=False)
    )


@pytest.mark.parametrize("schedule", jobs.SCHEDULES, ids=lambda each: each.name)
def test_schedules_are_on_unless_somebody_turns_them_off(schedule: dg.ScheduleDefinition) -> None:
    assert schedule.default_status is dg.DefaultScheduleStatus.RUNNING


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
    updates = {"reservations", "product_service_orders"}
    assert {(check.asset_key.path[-1], check.check_name) for check in checked} == {
        (check.table, check.name) for check in health.CHECKS if check.table in updates
    }


@pytest.mark.parametrize("table", ["reservations", "product_service_orders", "availability"])
def test_each_table_can_be_materialized_alone(table: str) -> None:
    selection = dg.AssetSelection.assets(["mews", table])
    job = dg.define_asset_job("alone", selection)
    graph = defs().resolve_asset_graph()
    assert selection.resolve(graph) == {dg.AssetKey(["mews", table])}
    dg.Definitions.merge(defs(), dg.Definitions(jobs=[job])).resolve_job_def("alone")


def test_what_was_built_and_not_published_is_not_done() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        for key, is_done in ((dbt._LAST_BUILT, False), (publish.ANALYTICS, True)):
            instance.report_runless_asset_event(dg.AssetMaterialization(key))
            assert dbt._is_published(instance) is is_done


def test_the_models_that_tell_when_they_were_built_are_there() -> None:
    keys = defs().resolve_asset_graph().get_all_asset_keys()
    assert {dbt._LAST_BUILT, dbt.PUBLISHED} <= keys


_LOADING = """
import sys

def refuse(event, arguments):
    if event == "socket.connect" or event == "open" and "warehouse.duckdb" in str(arguments[0]):
        raise AssertionError(f"{event} {arguments}")

sys.addaudithook(refuse)
from mews_pipeline.definitions import defs
defs().resolve_asset_graph()
"""


def test_loading_definitions_touches_neither_the_network_nor_the_warehouse(tmp_path: Path) -> None:
    defs()  # so that dbt's manifest is there
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


def test_what_yaml_says_of_tests_outlives_a_changed_macro(tmp_path: Path) -> None:
    copied = copytree(DBT_PROJECT, tmp_path / "project", ignore=ignore_patterns("target", "logs"))

    def told() -> dict[str, object]:
        nodes = dbt.manifest_of(DbtProject(project_dir=copied))["nodes"].values()
        tests = [node for node in nodes if node["resource_type"] == "test"]
        return {node["name"]: (node["description"], node["config"]["meta"]) for node in tests}

    before = told()
    with (copied / "macros" / "bucket.sql").open("a") as macro:
        macro.write("{# changed #}")
    assert told() == before


@pytest.mark.parametrize("table", TABLES)
def test_each_column_of_a_raw_table_has_its_meaning(table: str) -> None:
    assert raw_column_words(table).keys() >= TABLES[table].keys()
    assert all(raw_column_words(table).values())


def test_the_ui_shows_the_columns_of_raw_tables_with_their_meanings() -> None:
    node = defs().resolve_asset_graph().get(dg.AssetKey(["mews", "services"]))
    schema = node.metadata["dagster/column_schema"]
    words = {column.name: column.description for column in schema.columns}
    assert words["name"] == "Name of the service."
    assert words["data_value_start_offset"]


def test_the_code_location_has_one_name_however_it_is_loaded() -> None:
    [by_project] = get_origins_from_toml(str(ROOT / "pyproject.toml"))
    [by_workspace] = location_origins_from_yaml_paths([str(ROOT / "workspace.yaml")])
    assert by_project.location_name == by_workspace.location_name == "mews_pipeline"


def test_the_daemon_can_be_told_of_the_definitions(tmp_path: Path) -> None:
    validate = ["dagster", "definitions", "validate", "--load-with-grpc"]
    told = subprocess.run(
        [sys.executable, "-m", *validate, "-m", "mews_pipeline.definitions"],
        env=os.environ | {"DAGSTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
