"""The code location loads, shows the graph, and one day runs through it end to end."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import cast

import dagster as dg
import duckdb
import pytest

from mews_pipeline.definitions import defs
from mews_pipeline.defs import assets
from mews_pipeline.defs.automation import every_half_hour
from mews_pipeline.defs.resources import MewsResource, Warehouse
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

DAY = date(2026, 1, 5)


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
        resources={"mews": MewsResource(), "warehouse": Warehouse(database=str(warehouse))},
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


def requested(at: datetime) -> list[tuple[str | None, str | None]]:
    context = dg.build_schedule_context(scheduled_execution_time=at)
    ticked = cast("Iterator[dg.RunRequest | dg.SkipReason]", every_half_hour(context))
    return [(r.partition_key, r.run_key) for r in ticked if isinstance(r, dg.RunRequest)]


@pytest.mark.usefixtures("address")
def test_every_half_hour_today_is_refreshed() -> None:
    at_noon = requested(datetime(2026, 1, 5, 12, tzinfo=UTC))
    assert at_noon == [("2026-01-05", "2026-01-05T12:00")]


@pytest.mark.usefixtures("address")
def test_after_midnight_yesterday_is_closed() -> None:
    after_midnight = requested(datetime(2026, 1, 6, 0, 30, tzinfo=UTC))
    assert after_midnight == [
        ("2026-01-06", "2026-01-06T00:30"),
        ("2026-01-05", "close-2026-01-05"),
    ]


def test_without_tokens_no_schedule_asks_mews() -> None:
    assert requested(datetime(2026, 1, 5, 12, tzinfo=UTC)) == []
