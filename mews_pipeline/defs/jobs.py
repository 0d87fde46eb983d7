"""What runs by itself, and when (UTC). Without tokens in the settings nothing asks Mews."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import dagster as dg

from mews_pipeline.defs import assets, dbt, publish
from mews_pipeline.defs.partitions import GROUPS, key
from mews_pipeline.settings import Settings, SettingsError, load

_UPDATES = dg.AssetSelection.assets(assets.updates)
# Groups of tokens are fetched by runs of their own; what follows is one run for all of them
_BY_DAY = _UPDATES if not GROUPS else dg.AssetSelection.checks_for_assets(assets.updates)
_MODELS = dg.AssetSelection.assets(dbt.models)
_PUBLISHED = dg.AssetSelection.assets(publish.analytics, publish.report)

# Ended by run monitoring then; a first backfill of years may well take longer than that.
_HANGS_AFTER_AN_HOUR = {"dagster/max_runtime": "3600"}

fetch_days = dg.define_asset_job(
    "fetch_days",
    selection=_UPDATES.without_checks(),
    description="Days of updates from Mews, landed; the models follow with the next refresh.",
)
refresh = dg.define_asset_job(
    "refresh",
    selection=_BY_DAY | _MODELS | _PUBLISHED,
    description=(
        "A day of updates, checked, and, where something new landed, all models built, tested "
        "and published."
    ),
    tags={dbt.ONLY_WHEN_CHANGED: "yes"} | _HANGS_AFTER_AN_HOUR,
)
nightly = dg.define_asset_job(
    "nightly",
    selection=_BY_DAY | _MODELS | _PUBLISHED | dg.AssetSelection.assets(publish.exports),
    description="A day of updates, all models built, tested and published, and the exports.",
    tags=_HANGS_AFTER_AN_HOUR,
)
reference_data = dg.define_asset_job(
    "reference_data",
    selection=dg.AssetSelection.assets(assets.reference),
    description="Services, spaces, blocks and so on: what the reports need beside the bookings.",
    tags=_HANGS_AFTER_AN_HOUR,
)
availability = dg.define_asset_job(
    "availability",
    selection=dg.AssetSelection.assets(assets.availability),
    description="A snapshot of what Mews itself believes, to hold our numbers against.",
    tags=_HANGS_AFTER_AN_HOUR,
)
whole_chain = dg.define_asset_job(
    "whole_chain",
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups("lake"),
    description="Everything at once: Mews, raw tables, checks, models, what is published.",
)
# Before backfills and healing in the queue: the refresh is what people wait for.
FIRST = {"dagster/priority": "10"}
# deploy/dagster.yaml bounds how many runs with either of these run at once, so that a slot is left.
LAST = {"dagster/priority": "-10", "mews_pipeline/healing": "yes"}


def knows_reference_data(instance: dg.DagsterInstance) -> bool:
    """Whether services were ever fetched: without them no night can be told, and no test passes."""
    return instance.get_latest_materialization_event(dg.AssetKey(["mews", "services"])) is not None


_NEED_REFERENCE_DATA = {refresh.name, nightly.name}


@dataclass(frozen=True)
class Rhythm:
    """What a schedule launches, by its tick; on by default, and skipped while there is no Mews."""

    name: str
    job_name: str
    cron: str
    request: Callable[[datetime], dg.RunRequest]
    description: str

    def tick(self, instance: dg.DagsterInstance, at: datetime) -> dg.RunRequest | dg.SkipReason:
        """The run of the tick at that time, or why there is none."""
        try:
            load(Settings)
        except SettingsError as error:
            return dg.SkipReason(str(error))
        if self.job_name in _NEED_REFERENCE_DATA and not knows_reference_data(instance):
            return dg.SkipReason(
                "Reference data come first: the sensor missing_days launches reference_data. "
                "If that failed, mend it there."
            )
        return self.request(at)

    def schedule(self) -> dg.ScheduleDefinition:
        """The schedule, as Dagster wants it; times are UTC."""

        @dg.schedule(
            name=self.name,
            job_name=self.job_name,
            cron_schedule=self.cron,
            execution_timezone="UTC",
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=self.description,
        )
        def scheduled(
            context: dg.ScheduleEvaluationContext,
        ) -> Sequence[dg.RunRequest] | dg.SkipReason:
            asked = self.tick(context.instance, context.scheduled_execution_time)
            return asked if isinstance(asked, dg.SkipReason) else for_each(GROUPS, asked)

        return scheduled


def for_each(groups: Sequence[str], asked: dg.RunRequest) -> Sequence[dg.RunRequest]:
    """A run of a day of updates as one per group of tokens; any other run as it is."""
    if not asked.partition_key or not groups:
        return [asked]
    return [
        dg.RunRequest(
            run_key=f"{asked.run_key} {group}",
            partition_key=key(asked.partition_key, group),
            run_config=asked.run_config,
            tags={**asked.tags, **_HANGS_AFTER_AN_HOUR},
        )
        for group in groups
    ]


def _day(tick: datetime, days_ago: int) -> str:
    return f"{tick - timedelta(days=days_ago):%Y-%m-%d}"


_DAYS = fetch_days.name if GROUPS else refresh.name
every_half_hour = Rhythm(
    "every_half_hour",
    _DAYS,
    "*/30 * * * *",
    lambda tick: dg.RunRequest(
        run_key=f"{tick:%Y-%m-%dT%H:%M}", partition_key=_day(tick, 0), tags=FIRST
    ),
    "Today so far, every half hour, as Mews suggests for BI (MEWS.md 3.4).",
)
close_yesterday = Rhythm(
    "close_yesterday",
    _DAYS,
    "20 0 * * *",
    lambda tick: dg.RunRequest(run_key=_day(tick, 1), partition_key=_day(tick, 1), tags=FIRST),
    "What yesterday still lacked, at 00:20, when late commits have settled.",
)
read_again = Rhythm(
    "read_again",
    fetch_days.name if GROUPS else nightly.name,
    "30 1 * * *",
    lambda tick: dg.RunRequest(
        run_key=_day(tick, 2),
        partition_key=_day(tick, 2),
        run_config={"ops": {"updates": {"config": {"full_refresh": True}}}},
    ),
    "The day before yesterday once more, whole, at 01:30: what was committed very late. Exports.",
)
hourly_reference_data = Rhythm(
    "hourly_reference_data",
    reference_data.name,
    "10 * * * *",
    lambda tick: dg.RunRequest(run_key=f"{tick:%Y-%m-%dT%H}"),
    "Reference data, every hour at ten past.",
)
daily_availability = Rhythm(
    "daily_availability",
    availability.name,
    "40 3 * * *",
    lambda tick: dg.RunRequest(run_key=_day(tick, 0)),
    "Mews' own view of its availability, once a day at 03:40.",
)
# A run of all groups together, when theirs have had ten minutes and half an hour
half_hourly_models = Rhythm(
    "half_hourly_models",
    refresh.name,
    "10,40 * * * *",
    lambda tick: dg.RunRequest(run_key=f"{tick:%Y-%m-%dT%H:%M}", tags=FIRST),
    "The models over what all groups of tokens have brought, at ten past and twenty to.",
)
nightly_models = Rhythm(
    "nightly_models",
    nightly.name,
    "0 2 * * *",
    lambda tick: dg.RunRequest(run_key=_day(tick, 0)),
    "The models with all tests, and the exports, at 02:00.",
)
RHYTHMS = (
    every_half_hour,
    close_yesterday,
    read_again,
    hourly_reference_data,
    daily_availability,
    *((half_hourly_models, nightly_models) if GROUPS else ()),
)
SCHEDULES = tuple(rhythm.schedule() for rhythm in RHYTHMS)
JOBS = (refresh, nightly, fetch_days, reference_data, availability, whole_chain)
