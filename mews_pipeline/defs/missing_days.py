"""A sensor that fetches missing days, a bounded number per tick.

It reads Dagster's own records only: a sensor must never wait for the warehouse.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

from mews_pipeline.defs.jobs import FETCH_DAYS, LAST, REFERENCE_DATA, Job, has_reference_data
from mews_pipeline.defs.partitions import group_of_run, key, range_tags
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.extract.entities import UPDATED
from mews_pipeline.settings import Settings, SettingsError

TABLES = tuple(entity.table for entity in UPDATED)
# One window of the vendor's; a longer gap is filled over several ticks, newest days first.
DAYS_PER_TICK = 88
# Re-check days this recent: they may have been fetched before they ended.
RECENT = timedelta(days=14)
SETTLED = timedelta(minutes=15)
_UNDER_WAY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED,
              dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]  # fmt: skip


def missing_days(pipeline: Pipeline, jobs: Mapping[str, Job]) -> dg.SensorDefinition:
    """Make the sensor."""

    @dg.sensor(
        name=pipeline.name("missing_days"),
        jobs=[jobs[FETCH_DAYS], jobs[REFERENCE_DATA]],
        minimum_interval_seconds=300,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description=(
            "Launches the days since MEWS_START_DATE that were never fetched whole, newest first, "
            "at most 88 in one run and one run at a time. On a new instance, reference data before "
            "that."
        ),
    )
    def launch(context: dg.SensorEvaluationContext) -> Sequence[dg.RunRequest] | dg.SkipReason:
        return _tick(pipeline, context.instance)

    return launch


def _tick(
    pipeline: Pipeline, instance: dg.DagsterInstance
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """Request the newest stretch of missing days as one run, for each group of tokens its own."""
    try:
        pipeline.load(Settings)
    except SettingsError as error:
        return dg.SkipReason(str(error))
    now, reference_data = datetime.now(UTC), pipeline.name(REFERENCE_DATA)
    if under_way(instance, reference_data):
        return dg.SkipReason("Reference data are being fetched.")
    if not has_reference_data(pipeline, instance):
        run_key = f"reference data at {now:%Y-%m-%dT%H}"
        return [dg.RunRequest(run_key, job_name=reference_data)]
    runs = under_way(instance, pipeline.name(FETCH_DAYS))
    busy = {group_of_run(run.tags) for run in runs}
    free = [group for group in pipeline.partitions.groups or ("",) if group not in busy]
    if not free:
        return dg.SkipReason("What was missing is being fetched.")
    days = [date.fromisoformat(day) for day in pipeline.partitions.daily.get_partition_keys()]
    lacking = {group: missing_by_table(pipeline, instance, days, now, group) for group in free}
    asked = [_request(pipeline, found, group, now) for group, found in lacking.items() if found]
    return asked or dg.SkipReason("No day is missing.")


def _request(
    pipeline: Pipeline, lacking: Mapping[str, Sequence[date]], group: str, now: datetime
) -> dg.RunRequest:
    """Request the newest stretch of missing days, of those tables that lack one of them."""
    stretch = newest_stretch(sorted(set().union(*lacking.values())))
    tables = [table for table, days in lacking.items() if not set(days).isdisjoint(stretch)]
    first, last = (key(day, group) for day in (stretch[0], stretch[-1]))
    return dg.RunRequest(
        # A day that keeps failing is tried again in an hour, not at every tick
        run_key=f"{first}..{last} at {now:%Y-%m-%dT%H}",
        job_name=pipeline.name(FETCH_DAYS),
        # A table that a later release added is fetched alone
        asset_selection=[pipeline.key("mews", table) for table in tables],
        tags=LAST | range_tags(first, last),
    )


def under_way(instance: dg.DagsterInstance, job: str) -> Sequence[dg.DagsterRun]:
    """List the runs of a job that wait or work."""
    return instance.get_runs(dg.RunsFilter(job_name=job, statuses=_UNDER_WAY))


def missing(
    pipeline: Pipeline,
    instance: dg.DagsterInstance,
    days: Sequence[date],
    now: datetime,
    group: str = "",
) -> list[date]:
    """List the days that any of the tables lacks."""
    found = missing_by_table(pipeline, instance, days, now, group)
    return sorted(set().union(*found.values()))


def missing_by_table(
    pipeline: Pipeline,
    instance: dg.DagsterInstance,
    days: Sequence[date],
    now: datetime,
    group: str = "",
) -> dict[str, list[date]]:
    """Give the days that are over and were never fetched, or not since they were over, by table.

    A table that lacks none is left out.
    """
    over = [day for day in days if _end(day) < now]
    recent = [day for day in over if _end(day) > now - RECENT]
    lacking: dict[str, list[date]] = {}
    for table in TABLES:
        asset = pipeline.key("mews", table)
        fetched = instance.get_materialized_partitions(asset)
        never = {day for day in over if key(day, group) not in fetched}
        if found := never | (set(recent) - _complete(instance, asset, recent, group)):
            lacking[table] = sorted(found)
    return lacking


def _end(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=1) + SETTLED


def _complete(
    instance: dg.DagsterInstance, asset: dg.AssetKey, days: Sequence[date], group: str
) -> set[date]:
    """Find the days that were fetched after they were over."""
    by_key = {str(key(day, group)): day for day in days}
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=asset, asset_partitions=list(by_key)), limit=5_000
    ).records
    return {
        day
        for record in records
        if (day := by_key.get(record.partition_key or ""))
        and record.timestamp >= _end(day).timestamp()
    }


def newest_stretch(days: Sequence[date]) -> list[date]:
    """Give the last consecutive days of sorted ones, at most DAYS_PER_TICK."""
    stretch: list[date] = []
    for day in reversed(days):
        if stretch and (stretch[0] - day != timedelta(days=1) or len(stretch) == DAYS_PER_TICK):
            break
        stretch.insert(0, day)
    return stretch
