"""What runs by itself, and when (UTC). Without tokens in the settings nothing asks Mews."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import dagster as dg

from mews_pipeline.defs.jobs import (
    AN_HOUR_AT_MOST,
    AVAILABILITY,
    FETCH_DAYS,
    FIRST,
    NIGHTLY,
    REFERENCE_DATA,
    REFRESH,
    Job,
    has_reference_data,
)
from mews_pipeline.defs.partitions import key
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.settings import Settings, SettingsError

_NEED_REFERENCE_DATA = {REFRESH, NIGHTLY}


@dataclass(frozen=True)
class Schedule:
    """What is launched when; on by default, and skipped while the settings name no Mews.

    Names are plain ones, without the pipeline's prefix.
    """

    name: str
    job: str
    cron: str
    request: Callable[[datetime], dg.RunRequest]
    description: str

    def tick(
        self, pipeline: Pipeline, instance: dg.DagsterInstance, at: datetime
    ) -> Sequence[dg.RunRequest] | dg.SkipReason:
        """Give the runs to launch at that time, or why there are none."""
        try:
            pipeline.load(Settings)
        except SettingsError as error:
            return dg.SkipReason(str(error))
        if self.job in _NEED_REFERENCE_DATA and not has_reference_data(pipeline, instance):
            return dg.SkipReason(
                "Reference data come first: the sensor missing_days launches reference_data. "
                "If that failed, fix it there."
            )
        return for_each_group(pipeline.partitions.groups, self.request(at))

    def definition(self, pipeline: Pipeline) -> dg.ScheduleDefinition:
        """Make Dagster's definition of it; times are UTC."""

        @dg.schedule(
            name=pipeline.name(self.name),
            job_name=pipeline.name(self.job),
            cron_schedule=self.cron,
            execution_timezone="UTC",
            default_status=dg.DefaultScheduleStatus.RUNNING,
            description=self.description,
        )
        def scheduled(
            context: dg.ScheduleEvaluationContext,
        ) -> Sequence[dg.RunRequest] | dg.SkipReason:
            return self.tick(pipeline, context.instance, context.scheduled_execution_time)

        return scheduled


def every_sunday(
    pipeline: Pipeline, name: str, job: Job, hour: int, description: str
) -> dg.ScheduleDefinition:
    """Schedule a job that asks Mews for nothing: on Sundays at a quarter past, on by default."""
    return dg.ScheduleDefinition(
        name=pipeline.name(name),
        job=job,
        cron_schedule=f"15 {hour} * * 0",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=f"{description}, on Sundays at {hour:02}:15.",
    )


def schedules(pipeline: Pipeline) -> Sequence[Schedule]:
    """List what is scheduled; groups of tokens are fetched apart from the models' runs."""
    has_groups = bool(pipeline.partitions.groups)
    return (
        *_updates(pipeline, has_groups=has_groups),
        Schedule(
            "hourly_reference_data",
            REFERENCE_DATA,
            "10 * * * *",
            lambda tick: dg.RunRequest(run_key=f"{tick:%Y-%m-%dT%H}"),
            "Reference data, every hour at ten past.",
        ),
        Schedule(
            "daily_availability",
            AVAILABILITY,
            "40 3 * * *",
            lambda tick: dg.RunRequest(run_key=_day(tick, 0)),
            "Mews' own view of its availability, exchange rates and ledgers, daily at 03:40.",
        ),
        *(_models() if has_groups else ()),
    )


def _updates(pipeline: Pipeline, *, has_groups: bool) -> Sequence[Schedule]:
    whole = {"ops": {pipeline.name("updates"): {"config": {"full_refresh": True}}}}
    return (
        Schedule(
            "every_half_hour",
            FETCH_DAYS if has_groups else REFRESH,
            "*/30 * * * *",
            lambda tick: dg.RunRequest(
                run_key=f"{tick:%Y-%m-%dT%H:%M}", partition_key=_day(tick, 0), tags=FIRST
            ),
            "Today so far, every half hour, as Mews suggests for BI "
            '(docs/mews-api.md, "UpdatedUtc and history").',
        ),
        Schedule(
            "close_yesterday",
            FETCH_DAYS if has_groups else REFRESH,
            "20 0 * * *",
            lambda tick: dg.RunRequest(
                run_key=_day(tick, 1), partition_key=_day(tick, 1), tags=FIRST
            ),
            "What yesterday still lacked, at 00:20, when late commits have settled.",
        ),
        Schedule(
            "read_again",
            FETCH_DAYS if has_groups else NIGHTLY,
            "30 1 * * *",
            lambda tick: dg.RunRequest(
                run_key=_day(tick, 2), partition_key=_day(tick, 2), run_config=whole
            ),
            "The whole day before yesterday once more, at 01:30, for what was committed very "
            "late. Exports.",
        ),
    )


def _models() -> Sequence[Schedule]:
    """List the runs over what all groups brought, timed for after the groups' own runs."""
    return (
        Schedule(
            "half_hourly_models",
            REFRESH,
            "10,40 * * * *",
            lambda tick: dg.RunRequest(run_key=f"{tick:%Y-%m-%dT%H:%M}", tags=FIRST),
            "The models over what all groups of tokens have brought, at ten past and twenty to.",
        ),
        Schedule(
            "nightly_models",
            NIGHTLY,
            "0 2 * * *",
            lambda tick: dg.RunRequest(run_key=_day(tick, 0)),
            "The models with all tests, and the exports, at 02:00.",
        ),
    )


def for_each_group(groups: Sequence[str], asked: dg.RunRequest) -> Sequence[dg.RunRequest]:
    """Turn a run of a day of updates into one per group of tokens; leave any other run alone."""
    if not asked.partition_key or not groups:
        return [asked]
    return [
        dg.RunRequest(
            run_key=f"{asked.run_key} {group}",
            partition_key=key(asked.partition_key, group),
            run_config=asked.run_config,
            tags={**asked.tags, **AN_HOUR_AT_MOST},
        )
        for group in groups
    ]


def _day(tick: datetime, days_ago: int) -> str:
    return f"{tick - timedelta(days=days_ago):%Y-%m-%d}"
