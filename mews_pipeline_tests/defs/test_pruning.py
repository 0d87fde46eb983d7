"""Old runs go with all they wrote, but for those that Dagster shows as the latest state."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
from dagster._core.remote_origin import (
    RegisteredCodeLocationOrigin,
    RemoteJobOrigin,
    RemoteRepositoryOrigin,
)

from mews_pipeline.component import MewsPipelineComponent
from mews_pipeline.defs.pruning import Owned, location_of, prune_runs, prune_targets
from mews_pipeline.warehouse.file import DuckDBFile

DAYS = dg.StaticPartitionsDefinition(["one", "two"])


@dg.asset(partitions_def=DAYS)
def updates() -> None:
    """Has partitions."""


@dg.asset(check_specs=[dg.AssetCheckSpec("works", asset="table")])
def table(context: dg.AssetExecutionContext):  # type: ignore[no-untyped-def]
    """Has a check."""
    if "fails" in context.run.tags:
        raise dg.Failure(allow_retries=False)
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


@dg.asset
def foreign() -> None:
    """Is somebody else's."""


DEFS = dg.Definitions(
    [updates, table, foreign],
    jobs=[
        dg.define_asset_job("fetch", [updates]),
        dg.define_asset_job("refresh", [table]),
        dg.define_asset_job("theirs", [foreign]),
    ],
)
OWNED = Owned(
    frozenset({"fetch", "refresh"}),
    frozenset({updates.key, table.key}),
    frozenset({dg.AssetCheckKey(table.key, "works")}),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return tmp_path


@pytest.fixture
def instance(home: Path) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(home)) as opened:
        yield opened


def run(instance: dg.DagsterInstance, job: str, day: str | None = None) -> str:
    """Run a job, with a compute log."""
    definition = DEFS.resolve_job_def(job)
    run_id = definition.execute_in_process(instance=instance, partition_key=day).run_id
    log = log_of(instance, run_id)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("a log")
    return run_id


def log_of(instance: dg.DagsterInstance, run_id: str) -> Path:
    return Path(instance.storage_directory()) / run_id / "compute_logs" / "step.out"


def remove(instance: dg.DagsterInstance, location: str | None = None) -> tuple[int, int]:
    """Remove all runs of until now that may go."""
    pruned = prune_runs(instance, OWNED, location, -1)
    return pruned["runs_deleted"], pruned["old_runs_kept"]


def test_the_latest_run_of_each_asset_day_and_check_stays(
    instance: dg.DagsterInstance, home: Path
) -> None:
    gone = [run(instance, "fetch", "one"), run(instance, "refresh")]
    kept = [run(instance, "fetch", "one"), run(instance, "refresh"), run(instance, "fetch", "two")]
    assert remove(instance) == (2, 3)
    assert {each.run_id for each in instance.get_runs()} == set(kept)
    assert instance.get_materialized_partitions(updates.key) == {"one", "two"}
    assert instance.get_latest_materialization_event(table.key)
    [latest] = instance.event_log_storage.get_asset_check_execution_history(
        dg.AssetCheckKey(table.key, "works"), limit=10
    )
    assert latest.run_id == kept[1]
    assert not [each for each in (*gone, *kept) if log_of(instance, each).exists()]
    assert not [path for path in home.rglob("*") if path.stem in gone]
    index = (home / "history" / "runs" / "index.db").read_bytes()
    assert [each for each in kept if each.encode() in index] == kept
    assert remove(instance) == (0, 3)


def test_the_run_of_a_check_that_a_later_run_did_not_reach_stays(
    instance: dg.DagsterInstance,
) -> None:
    checked = run(instance, "refresh")
    refresh = DEFS.resolve_job_def("refresh")
    for _ in range(2):
        refresh.execute_in_process(instance=instance, tags={"fails": "yes"}, raise_on_error=False)
    # Else the run would stay for its materialization
    instance.report_runless_asset_event(dg.AssetMaterialization(table.key))
    assert remove(instance) == (1, 2)
    assert instance.get_run_by_id(checked)


def test_runs_of_other_jobs_and_of_other_assets_stay(instance: dg.DagsterInstance) -> None:
    for _ in range(2):
        run(instance, "theirs")
        for assets in ([table.key], [table.key, foreign.key]):
            by_hand = DEFS.resolve_implicit_global_asset_job_def()
            by_hand.execute_in_process(instance=instance, asset_selection=assets)
    before = {each.run_id: each for each in instance.get_runs()}
    assert remove(instance)[0] == 2
    gone = before.keys() - {each.run_id for each in instance.get_runs()}
    assert {before[each].asset_selection for each in gone} == {frozenset({table.key})}


def of_location(instance: dg.DagsterInstance, name: str) -> str:
    repository = RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(name), "__repository__")
    return instance.create_run_for_job(
        DEFS.resolve_job_def("refresh"),
        status=dg.DagsterRunStatus.FAILURE,
        remote_job_origin=RemoteJobOrigin(repository, "refresh"),
    ).run_id


def test_runs_of_another_code_location_stay_whatever_their_job(
    instance: dg.DagsterInstance,
) -> None:
    ours, theirs = of_location(instance, "ours"), of_location(instance, "theirs")
    without = run(instance, "refresh")
    ours_too = instance.get_run_by_id(ours)
    assert ours_too
    assert remove(instance, location_of(ours_too)) == (1, 0)
    assert {each.run_id for each in instance.get_runs()} == {theirs, without}


def test_runs_that_are_newer_or_not_over_stay(instance: dg.DagsterInstance) -> None:
    for status in (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING):
        instance.create_run_for_job(DEFS.resolve_job_def("refresh"), status=status)
    assert remove(instance) == (0, 0)
    failed = of_location(instance, "ours")
    label = location_of(instance.get_runs(dg.RunsFilter([failed]))[0])
    prune_runs(instance, OWNED, label, 1)
    assert instance.get_runs_count() == 3


def test_a_removal_that_was_stopped_is_done_again(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, _ = run(instance, "refresh"), run(instance, "refresh")

    def stopped(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(instance.run_storage, "delete_run", stopped)
        with pytest.raises(KeyboardInterrupt):
            remove(instance)
    assert instance.get_run_by_id(gone)
    assert remove(instance) == (1, 1)
    assert not instance.get_run_by_id(gone)


def test_only_old_folders_of_dbt_invocations_go(tmp_path: Path) -> None:
    names = {"dbt_models-0b6219d-4a1e671": 40, "dbt_models-490046b-2529129": 1, "compiled": 40}
    for name, days_ago in names.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run_results.json").write_text("{}")
        at = (datetime.now(UTC) - timedelta(days=days_ago)).timestamp()
        os.utime(tmp_path / name, (at, at))
    assert prune_targets(tmp_path, "dbt_models-*", 30) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"dbt_models-490046b-2529129", "compiled"}
    assert prune_targets(tmp_path / "none", "dbt_models-*", 30) == 0


def test_the_weekly_job_nulls_and_prunes(
    instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "warehouse.duckdb"
    with DuckDBFile(path).open() as connection:
        connection.execute(
            "insert into raw.reservations (id, account_id, scheduled_end_utc, updated_utc)"
            " values ('old', 'a', '2026-01-05', '2026-01-02')"
        )
        connection.execute(
            "insert into raw.fetches (operation, fetched_through_utc, finished_utc)"
            " values ('reservations', '2026-05-01', '2026-05-02')"
        )
    monkeypatch.setenv("MEWS_WAREHOUSE", str(path))
    monkeypatch.setenv("MEWS_PERSONAL_DAYS", "30")
    found = MewsPipelineComponent(build="raw", schedules=False).definitions(tmp_path)
    done = found.resolve_job_def("retention").execute_in_process(instance=instance)
    recorded = {
        event.asset_key.path[-1]: event.step_materialization_data.materialization.metadata
        for event in done.get_asset_materialization_events()
        if event.asset_key
    }
    assert recorded["personal_data"]["versions"].value == 1
    assert recorded["run_records"]["runs_deleted"].value == 0
    with DuckDBFile(path).open() as connection:
        left = connection.execute("select account_id from raw.reservations").fetchall()
    assert left == [(None,)]
