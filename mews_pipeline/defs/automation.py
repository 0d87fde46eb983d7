"""What runs by itself, and when (UTC). Without tokens in the settings nothing asks Mews."""

from collections.abc import Callable
from datetime import datetime, timedelta

import dagster as dg

from mews_pipeline.defs import assets, dbt
from mews_pipeline.settings import Settings, SettingsError, load

_UPDATES = dg.AssetSelection.assets(assets.updates)
_MODELS = dg.AssetSelection.assets(dbt.models)

fetch_days = dg.define_asset_job(
    "fetch_days",
    selection=_UPDATES.without_checks(),
    description="Days of updates from Mews, landed; the models follow with the next refresh.",
)
refresh = dg.define_asset_job(
    "refresh",
    selection=_UPDATES | _MODELS,
    description="A day of updates, checked, and all models built and tested.",
)
reference_data = dg.define_asset_job(
    "reference_data",
    selection=dg.AssetSelection.assets(assets.reference),
    description="Services, spaces, blocks and so on: what the reports need beside the bookings.",
)
availability = dg.define_asset_job(
    "availability",
    selection=dg.AssetSelection.assets(assets.availability),
    description="A snapshot of what Mews itself believes, to hold our numbers against.",
)
whole_chain = dg.define_asset_job(
    "whole_chain",
    selection=dg.AssetSelection.all(),
    description="Everything at once: Mews, raw tables, checks, models, what is published.",
)
# Before backfills and healing in the queue: the refresh is what people wait for.
FIRST = {"dagster/priority": "10"}
LAST = {"dagster/priority": "-10"}


def _schedule(
    name: str,
    job_name: str,
    cron: str,
    request: Callable[[datetime], dg.RunRequest],
    description: str,
) -> dg.ScheduleDefinition:
    """A schedule that is on by default, and skips while the settings do not name a Mews."""

    @dg.schedule(
        name=name,
        job_name=job_name,
        cron_schedule=cron,
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=description,
    )
    def scheduled(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        try:
            load(Settings)
        except SettingsError as error:
            return dg.SkipReason(str(error))
        return request(context.scheduled_execution_time)

    return scheduled


def _day(tick: datetime, days_ago: int) -> str:
    return f"{tick - timedelta(days=days_ago):%Y-%m-%d}"


every_half_hour = _schedule(
    "every_half_hour",
    refresh.name,
    "*/30 * * * *",
    lambda tick: dg.RunRequest(
        run_key=f"{tick:%Y-%m-%dT%H:%M}", partition_key=_day(tick, 0), tags=FIRST
    ),
    "Today so far, every half hour, as Mews suggests for BI (MEWS.md 3.4).",
)
close_yesterday = _schedule(
    "close_yesterday",
    refresh.name,
    "20 0 * * *",
    lambda tick: dg.RunRequest(run_key=_day(tick, 1), partition_key=_day(tick, 1), tags=FIRST),
    "What yesterday still lacked, at 00:20, when late commits have settled.",
)
read_again = _schedule(
    "read_again",
    refresh.name,
    "30 1 * * *",
    lambda tick: dg.RunRequest(
        run_key=_day(tick, 2),
        partition_key=_day(tick, 2),
        run_config={"ops": {"updates": {"config": {"full_refresh": True}}}},
    ),
    "The day before yesterday once more, whole, at 01:30: what was committed very late.",
)
hourly_reference_data = _schedule(
    "hourly_reference_data",
    reference_data.name,
    "10 * * * *",
    lambda tick: dg.RunRequest(run_key=f"{tick:%Y-%m-%dT%H}"),
    "Reference data, every hour at ten past.",
)
daily_availability = _schedule(
    "daily_availability",
    availability.name,
    "40 3 * * *",
    lambda tick: dg.RunRequest(run_key=_day(tick, 0)),
    "Mews' own view of its availability, once a day at 03:40.",
)
SCHEDULES = (
    every_half_hour,
    close_yesterday,
    read_again,
    hourly_reference_data,
    daily_availability,
)
JOBS = (refresh, fetch_days, reference_data, availability, whole_chain)
