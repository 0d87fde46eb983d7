"""Days that are missing are fetched by themselves, a bounded number per tick.

Reads Dagster's own records only: a sensor must never wait for the warehouse.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

from mews_pipeline.defs import partitions
from mews_pipeline.defs.jobs import LAST, fetch_days, knows_reference_data, reference_data
from mews_pipeline.defs.partitions import day_of, group_of
from mews_pipeline.extract.entities import UPDATED
from mews_pipeline.settings import Settings, SettingsError, load

KEYS = tuple(dg.AssetKey(["mews", entity.table]) for entity in UPDATED)
# One window of the vendor's; a longer gap heals over several ticks, newest days first.
DAYS_PER_TICK = 88
# How far back a day is looked at more closely: it may have been fetched only while it lasted.
RECENT = timedelta(days=14)
SETTLED = timedelta(minutes=15)
_UNDER_WAY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED,
              dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]  # fmt: skip


@dg.sensor(
    jobs=[fetch_days, reference_data],
    minimum_interval_seconds=300,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Launches the days since MEWS_START_DATE that were never fetched whole, newest first, at "
        "most 88 in one run and one run at a time. On a new instance, reference data before that."
    ),
)
def missing_days(
    context: dg.SensorEvaluationContext,
) -> Sequence[dg.RunRequest] | dg.SkipReason:
    """The newest stretch of missing days as one run, of each group of tokens its own."""
    try:
        load(Settings)
    except SettingsError as error:
        return dg.SkipReason(str(error))
    now = datetime.now(UTC)
    instance = context.instance
    if _under_way(instance, reference_data.name):
        return dg.SkipReason("Reference data are being fetched.")
    if not knows_reference_data(instance):
        key = f"reference data at {now:%Y-%m-%dT%H}"
        return [dg.RunRequest(key, job_name=reference_data.name)]
    days = [date.fromisoformat(key) for key in partitions.daily.get_partition_keys()]
    busy = {partitions.group_of_run(run.tags) for run in _under_way(instance, fetch_days.name)}
    free = [group for group in partitions.GROUPS or ("",) if group not in busy]
    if not free:
        return dg.SkipReason("What was missing is being fetched.")
    lacking = {group: newest_stretch(missing(instance, days, now, group)) for group in free}
    asked = [_request(stretch, group, now) for group, stretch in lacking.items() if stretch]
    return asked or dg.SkipReason("No day is missing.")


def _request(stretch: Sequence[date], group: str, now: datetime) -> dg.RunRequest:
    first, last = (partitions.key(day.isoformat(), group) for day in (stretch[0], stretch[-1]))
    return dg.RunRequest(
        # A day that goes on failing is tried again in an hour, not at every tick
        run_key=f"{first}..{last} at {now:%Y-%m-%dT%H}",
        job_name=fetch_days.name,
        tags=LAST | {
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last,
        },
    )  # fmt: skip


def _under_way(instance: dg.DagsterInstance, job: str) -> Sequence[dg.DagsterRun]:
    return instance.get_runs(dg.RunsFilter(job_name=job, statuses=_UNDER_WAY))


def missing(
    instance: dg.DagsterInstance, days: Sequence[date], now: datetime, group: str = ""
) -> list[date]:
    """The days that are over and were never fetched; of recent ones, never after they were over."""
    over = [day for day in days if _end(day) < now]
    lacking: set[date] = set()
    for key in KEYS:
        fetched = _days_of(instance.get_materialized_partitions(key), group)
        recent = [day for day in over if _end(day) > now - RECENT]
        lacking |= set(over) - fetched | set(recent) - _whole(instance, key, recent, group)
    return sorted(lacking)


def _days_of(keys: Iterable[str], group: str) -> set[date]:
    return {date.fromisoformat(day_of(key)) for key in keys if group_of(key) == group}


def _end(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=1) + SETTLED


def _whole(
    instance: dg.DagsterInstance, key: dg.AssetKey, days: Sequence[date], group: str
) -> set[date]:
    """The days that were fetched after they were over."""
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(
            asset_key=key, asset_partitions=[partitions.key(day.isoformat(), group) for day in days]
        ),
        limit=5_000,
    ).records
    return {
        day
        for record in records
        if record.partition_key
        and record.timestamp
        >= _end(day := date.fromisoformat(day_of(record.partition_key))).timestamp()
    }


def newest_stretch(days: Sequence[date]) -> list[date]:
    """The last consecutive days of sorted ones, at most DAYS_PER_TICK."""
    stretch: list[date] = []
    for day in reversed(days):
        if stretch and (stretch[0] - day != timedelta(days=1) or len(stretch) == DAYS_PER_TICK):
            break
        stretch.insert(0, day)
    return stretch
