"""Prune old runs of this pipeline and what dbt left of them, and nothing of anybody else.

With a run go its events, and Dagster shows what it materialized or checked as missing. So the run
of the latest materialization of each asset and partition is kept, and that of each check.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.tags import REPOSITORY_LABEL_TAG

# Of runs that were launched from the catalog, or by a backfill of assets: any assets' of a location
_ANY_ASSETS = "__ASSET_JOB"
_AT_ONCE = 500


@dataclass(frozen=True)
class Owned:
    """What tells the runs of one pipeline from others: its jobs, assets and checks."""

    jobs: frozenset[str]
    assets: frozenset[dg.AssetKey]
    checks: frozenset[dg.AssetCheckKey]

    def has(self, run: dg.DagsterRun) -> bool:
        """Return whether a run of this code location is one of this pipeline and of nothing else.

        Jobs, too, are compared by their assets: an earlier job of that name may have had others.
        """
        assets = run.asset_selection or frozenset()
        checks = run.asset_check_selection or frozenset()
        if not (assets <= self.assets and checks <= self.checks):
            return False
        return run.job_name in self.jobs or (
            run.job_name.startswith(_ANY_ASSETS) and bool(assets or checks)
        )


def prune_runs(
    instance: dg.DagsterInstance, owned: Owned, location: str | None, days: int
) -> dict[str, int]:
    """Delete the pipeline's runs that are over and older than so many days, with all they wrote.

    `location` is the label of the code location: another one may have jobs of the same names. An
    old run that is kept loses its compute logs.
    """
    # SQLAlchemy takes a third of a second to import, which loading need not wait for
    from mews_pipeline.defs.run_records import remove_compute_logs, remove_run  # noqa: PLC0415

    before = datetime.now(UTC) - timedelta(days=days)
    deleted, kept, latest = 0, 0, _latest_runs(instance, owned)
    for run in list(_old_runs(instance, owned, before, location)):
        if run.run_id in latest:
            remove_compute_logs(instance, run.run_id)
            kept += 1
        else:
            remove_run(instance, run.run_id)
            deleted += 1
    return {"runs_deleted": deleted, "old_runs_kept": kept}


def prune_targets(folder: Path, pattern: str, days: int) -> int:
    """Remove the target folders of dbt invocations that are older than so many days."""
    before = (datetime.now(UTC) - timedelta(days=days)).timestamp()
    old = [each for each in folder.glob(pattern) if each.stat().st_mtime < before]
    for each in old:
        shutil.rmtree(each, ignore_errors=True)
    return len(old)


def location_of(run: dg.DagsterRun) -> str | None:
    """Return the label of the code location that launched a run; None for runs without."""
    origin = run.remote_job_origin
    return origin.repository_origin.get_label() if origin else None


def _old_runs(
    instance: dg.DagsterInstance, owned: Owned, before: datetime, location: str | None
) -> Iterator[dg.DagsterRun]:
    tags = {REPOSITORY_LABEL_TAG: location} if location else {}
    filters = dg.RunsFilter(statuses=list(FINISHED_STATUSES), created_before=before, tags=tags)
    cursor = None
    while runs := instance.get_runs(filters, cursor=cursor, limit=_AT_ONCE):
        yield from (run for run in runs if location_of(run) == location and owned.has(run))
        cursor = runs[-1].run_id


def _latest_runs(instance: dg.DagsterInstance, owned: Owned) -> set[str]:
    """Return the runs that hold what Dagster shows as the state of an asset, day or check."""
    found = {
        event.run_id
        for event in instance.get_latest_materialization_events(list(owned.assets)).values()
        if event
    }
    for key in owned.assets:
        found |= _latest_runs_by_partition(instance, key)
    checks = instance.event_log_storage.get_asset_check_summary_records(list(owned.checks))
    for check in checks.values():
        found |= {run for run in (check.last_run_id, check.last_completed_run_id) if run}
    return found


def _latest_runs_by_partition(instance: dg.DagsterInstance, key: dg.AssetKey) -> set[str]:
    kind = dg.DagsterEventType.ASSET_MATERIALIZATION
    latest = instance.event_log_storage.get_latest_storage_id_by_partition(key, kind)
    ids = list(latest.values())
    return {
        record.event_log_entry.run_id
        for at in range(0, len(ids), _AT_ONCE)
        for record in instance.event_log_storage.get_event_records(
            dg.EventRecordsFilter(
                event_type=kind, asset_key=key, storage_ids=ids[at : at + _AT_ONCE]
            )
        )
    }
