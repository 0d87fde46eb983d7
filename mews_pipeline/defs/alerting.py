"""A failed run is told to a webhook, once per incident."""

import dagster as dg

from mews_pipeline import alerts
from mews_pipeline.settings import LocalSettings, load

_MOST_CHARACTERS = 1_000
_OVER = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE]


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Posts a failed run to MEWS_ALERT_WEBHOOK: what, which days, Mews' words, a link. Once per "
        "incident: not again for the same job until it has succeeded. Off while that is not set."
    ),
)
def failure_alert(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Tell of a failed run, unless the job had failed before already."""
    settings = load(LocalSettings)
    if settings.alert_webhook is None:
        return dg.SkipReason("MEWS_ALERT_WEBHOOK is not set.")
    if _is_going_on(context):
        return dg.SkipReason("Told when the job first failed.")
    alerts.post(settings.alert_webhook, message(context, str(settings.dagster_url)))
    return None


def _is_going_on(context: dg.RunFailureSensorContext) -> bool:
    """Whether the run of this job that ended before this one failed as well."""
    ended = context.instance.get_run_records(
        dg.RunsFilter(job_name=context.dagster_run.job_name, statuses=_OVER), limit=50
    )
    this = next((r for r in ended if r.dagster_run.run_id == context.dagster_run.run_id), None)
    earlier = [r for r in ended if this and (r.end_time or 0) < (this.end_time or 0)]
    last = max(earlier, key=lambda record: record.end_time or 0, default=None)
    return last is not None and last.dagster_run.status is dg.DagsterRunStatus.FAILURE


def message(context: dg.RunFailureSensorContext, url: str) -> str:
    """What failed, for which days, why, and where to look."""
    run = context.dagster_run
    tags = run.tags
    days = tags.get("dagster/partition") or " to ".join(
        tags[name]
        for name in ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
        if name in tags
    )
    reasons = [
        f"{event.step_key}: {_reason(event)}" for event in context.get_step_failure_events()
    ] or [context.failure_event.message or "The run's process died."]
    what = f"{run.job_name}{f' of {days}' if days else ''} failed."
    text = "\n".join([what, *reasons])[:_MOST_CHARACTERS]
    return f"{text}\n{url.rstrip('/')}/runs/{run.run_id}"


def _reason(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    told = failure.user_failure_data
    return (told and told.description) or (failure.error and failure.error.message) or "unknown"
