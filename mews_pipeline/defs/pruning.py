"""Prune old run records of this pipeline, their compute logs, and what dbt left of them."""

import shutil
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.event_log import SqliteEventLogStorage

_CODE_LOCATION = ".dagster/repository"
_FINISHED = [
    dg.DagsterRunStatus.SUCCESS,
    dg.DagsterRunStatus.FAILURE,
    dg.DagsterRunStatus.CANCELED,
]
_PER_QUERY = 500


def prune_runs(
    instance: dg.DagsterInstance,
    jobs: Collection[str],
    assets: Collection[dg.AssetKey],
    code_location: str | None,
    days: int,
) -> dict[str, int]:
    """Delete finished runs of these jobs that are older than so many days, and compute logs.

    A run that holds the latest materialization of an asset or a partition is kept without its
    compute logs: without it Dagster would show that as missing. Runs of other code locations stay.
    """
    before = datetime.now(UTC) - timedelta(days=days)
    kept = _holding_latest(instance, assets)
    old = list(_old_runs(instance, jobs, code_location, before))
    for run_id in old:
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    deleted = [run_id for run_id in old if run_id not in kept]
    for run_id in deleted:
        instance.delete_run(run_id)
        _remove_shard(instance, run_id)
    return {"runs_deleted": len(deleted), "old_runs_kept": len(old) - len(deleted)}


def prune_targets(folder: Path, pattern: str, days: int) -> int:
    """Remove the target folders of dbt invocations that are older than so many days."""
    before = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    old = [each for each in folder.glob(pattern) if each.stat().st_mtime < before]
    for each in old:
        shutil.rmtree(each, ignore_errors=True)
    return len(old)


def _old_runs(
    instance: dg.DagsterInstance,
    jobs: Collection[str],
    code_location: str | None,
    before: datetime,
) -> Iterator[str]:
    for job in sorted(jobs):
        asked = dg.RunsFilter(job_name=job, statuses=_FINISHED, created_before=before)
        for run in instance.get_runs(asked):
            if run.tags.get(_CODE_LOCATION) == code_location:
                yield run.run_id


def _holding_latest(instance: dg.DagsterInstance, assets: Collection[dg.AssetKey]) -> set[str]:
    held = set()
    for key in assets:
        latest = instance.get_latest_materialization_event(key)
        held |= {latest.run_id} if latest else set()
        by_partition = instance.event_log_storage.get_latest_storage_id_by_partition(
            key, dg.DagsterEventType.ASSET_MATERIALIZATION
        )
        ids = sorted(by_partition.values())
        for start in range(0, len(ids), _PER_QUERY):
            asked = dg.AssetRecordsFilter(
                asset_key=key, storage_ids=ids[start : start + _PER_QUERY]
            )
            found = instance.fetch_materializations(asked, limit=_PER_QUERY).records
            held |= {record.run_id for record in found}
    return held


def _remove_shard(instance: dg.DagsterInstance, run_id: str) -> None:
    """Remove the file of a run's events, which Dagster empties and leaves."""
    storage = instance.event_log_storage
    if isinstance(storage, SqliteEventLogStorage):
        for end in ("", "-wal", "-shm"):
            Path(storage.path_for_shard(run_id) + end).unlink(missing_ok=True)
