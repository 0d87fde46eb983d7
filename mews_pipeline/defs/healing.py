"""Days that are missing are fetched by themselves, a bounded number per tick.

Reads Dagster's own records only: a sensor must never wait for the warehouse.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

import dagster as dg

from mews_pipeline.defs.automation import LAST, fetch_days
from mews_pipeline.defs.partitions import daily
from mews_pipeline.settings import Settings, SettingsError, load

KEYS = (dg.AssetKey(["mews", "reservations"]), dg.AssetKey(["mews", "product_service_orders"]))
# One window of the vendor's; a longer gap heals over several ticks, newest days first.
DAYS_PER_TICK = 88
# How far back a day is looked at more closely: it may have been fetched only while it lasted.
RECENT = timedelta(days=14)
SETTLED = timedelta(minutes=15)
_UNDER_WAY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.NOT_STARTED,
              dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]  # fmt: skip


@dg.sensor(
    job=fetch_days,
    minimum_interval_seconds=900,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Launches the days since MEWS_START_DATE that were never fetched whole, newest first, at "
        "most 88 in one run and one run at a time."
    ),
)
def missing_days(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """The newest stretch of missing days as one run."""
    try:
        load(Settings)
    except SettingsError as error:
        return dg.SkipReason(str(error))
    under_way = dg.RunsFilter(job_name=fetch_days.name, statuses=_UNDER_WAY)
    if context.instance.get_runs(under_way, limit=1):
        return dg.SkipReason("Days are being fetched already.")
    now = datetime.now(UTC)
    missing = newest_stretch(_missing(context.instance, now))
    if not missing:
        return dg.SkipReason("No day is missing.")
    first, last = missing[0].isoformat(), missing[-1].isoformat()
    return dg.RunRequest(
        # A day that goes on failing is tried again in an hour, not at every tick
        run_key=f"{first}..{last} at {now:%Y-%m-%dT%H}",
        tags=LAST | {
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last,
        },
    )  # fmt: skip


def _missing(instance: dg.DagsterInstance, now: datetime) -> list[date]:
    over = [day for day in map(date.fromisoformat, daily.get_partition_keys()) if _end(day) < now]
    missing: set[date] = set()
    for key in KEYS:
        fetched = {date.fromisoformat(day) for day in instance.get_materialized_partitions(key)}
        recent = [day for day in over if _end(day) > now - RECENT]
        missing |= set(over) - fetched | set(recent) - _whole(instance, key, recent)
    return sorted(missing)


def _end(day: date) -> datetime:
    return datetime.combine(day, time(), UTC) + timedelta(days=1) + SETTLED


def _whole(instance: dg.DagsterInstance, key: dg.AssetKey, days: Sequence[date]) -> set[date]:
    """The days that were fetched after they were over."""
    records = instance.fetch_materializations(
        dg.AssetRecordsFilter(asset_key=key, asset_partitions=[day.isoformat() for day in days]),
        limit=5_000,
    ).records
    return {
        day
        for record in records
        if record.partition_key
        and record.timestamp >= _end(day := date.fromisoformat(record.partition_key)).timestamp()
    }


def newest_stretch(days: Sequence[date]) -> list[date]:
    """The last consecutive days of sorted ones, at most DAYS_PER_TICK."""
    stretch: list[date] = []
    for day in reversed(days):
        if stretch and (stretch[0] - day != timedelta(days=1) or len(stretch) == DAYS_PER_TICK):
            break
        stretch.insert(0, day)
    return stretch
