"""A sensor that posts failed runs to a webhook, once per incident."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import dagster as dg

from mews_pipeline.defs.jobs import Job
from mews_pipeline.defs.partitions import group_of_run
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.steps import CAUSE, TOKENS
from mews_pipeline.notify import Message, send
from mews_pipeline.settings import LocalSettings

_MOST_CHARACTERS = 1_500
# On the failed run: which incident it belongs to, and whether it is the one that was posted.
INCIDENT, ALERTED = "mews_pipeline/incident", "mews_pipeline/alerted"
_WILL_RETRY = "dagster/will_retry"


def failure_alert(
    pipeline: Pipeline, jobs: "Sequence[Job | dg.JobDefinition]"
) -> dg.SensorDefinition:
    """Make the sensor, which watches these jobs."""

    @dg.run_failure_sensor(
        name=pipeline.name("failure_alert"),
        # Alone in its code location, a pipeline also watches what people materialize by hand
        monitored_jobs=jobs if pipeline.key_prefix else None,
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        description=pipeline.named(
            "Posts a failed run to MEWS_ALERT_WEBHOOK: what, which days, which properties, Mews' "
            "words, a link. Once per incident: not again for the same cause until a run of the job "
            "concerned has succeeded. Off while that is not set."
        ),
    )
    def alert(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
        return _alert(pipeline, context)

    return alert


def _alert(pipeline: Pipeline, context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Post a failed run, unless its incident was posted already or the run is retried."""
    settings, run = pipeline.load(LocalSettings), context.dagster_run
    if settings.alert_webhook is None:
        return dg.SkipReason(pipeline.named("MEWS_ALERT_WEBHOOK is not set."))
    now = context.instance.get_run_by_id(run.run_id) or run
    if now.tags.get(_WILL_RETRY) == "true":
        return dg.SkipReason("The run's process died; Dagster retries the run.")
    incident = _incident(run, context.get_step_failure_events())
    alerted = alerted_by(context.instance, incident, run)
    context.instance.add_run_tags(run.run_id, {INCIDENT: incident})
    if alerted:
        return dg.SkipReason(f"Posted when run {alerted} failed.")
    title, _, text = message(pipeline, context, str(settings.dagster_url)).partition("\n")
    send(settings.alert_webhook, Message(title, text), pipeline.named("MEWS_ALERT_WEBHOOK"))
    context.instance.add_run_tags(run.run_id, {ALERTED: "true"})
    return None


def _incident(run: dg.DagsterRun, failures: Iterable[dg.DagsterEvent]) -> str:
    causes = {
        _metadata(event).get(CAUSE) or f"{run.job_name}: {event.step_key}" for event in failures
    }
    return "; ".join(sorted(causes)) or f"{run.job_name}: the process died"


def alerted_by(instance: dg.DagsterInstance, incident: str, run: dg.DagsterRun) -> str | None:
    """Find the run by which this incident was posted, unless the incident is over since."""
    tags = {INCIDENT: incident, ALERTED: "true"}
    for record in instance.get_run_records(dg.RunsFilter(tags=tags), limit=1):
        since = record.end_time or 0
        if not any(_succeeded(instance, each, since) for each in (run, record.dagster_run)):
            return record.dagster_run.run_id
    return None


def _succeeded(instance: dg.DagsterInstance, run: dg.DagsterRun, since: float) -> bool:
    """Tell whether its job has succeeded since, for the same group of tokens."""
    succeeded = dg.RunsFilter(
        job_name=run.job_name,
        statuses=[dg.DagsterRunStatus.SUCCESS],
        updated_after=datetime.fromtimestamp(since, UTC),
    )
    return any(
        group_of_run(record.dagster_run.tags) == group_of_run(run.tags)
        and (record.end_time or 0) > since
        for record in instance.get_run_records(succeeded)
    )


def message(pipeline: Pipeline, context: dg.RunFailureSensorContext, url: str) -> str:
    """Describe what failed, for which days and properties, why, and where to look."""
    run, failures = context.dagster_run, context.get_step_failure_events()
    days = run.tags.get("dagster/partition") or " to ".join(
        run.tags[name]
        for name in ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
        if name in run.tags
    )
    tokens = {t for event in failures for t in _metadata(event).get(TOKENS, "").split(", ")}
    known = properties(pipeline, context.instance)
    # A line break in a name would begin a line of the alert
    names = [" ".join(name.split()) for token in tokens for name in known.get(token, [])]
    reasons = [f"{event.step_key}: {_reason(event)}" for event in failures]
    lines = [
        f"{run.job_name}{f' of {days}' if days else ''} failed.",
        *([f"Properties: {', '.join(sorted(names))}."] if names else []),
        *(reasons or [context.failure_event.message or "The run's process died."]),
    ]
    return f"{_shortened(pipeline.named(chr(10).join(lines)))}\n{url.rstrip('/')}/runs/{run.run_id}"


def properties(pipeline: Pipeline, instance: dg.DagsterInstance) -> Mapping[str, list[str]]:
    """Give the names of the properties that each access token opens, by the token's short hash."""
    event = instance.get_latest_materialization_event(pipeline.key("mews", "enterprises"))
    metadata = event and event.asset_materialization and event.asset_materialization.metadata
    found = metadata.get("properties") if metadata else None
    return found.value if isinstance(found, dg.JsonMetadataValue) else {}  # type: ignore[return-value]


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]} …"


def _metadata(event: dg.DagsterEvent) -> dict[str, str]:
    failure = event.step_failure_data.user_failure_data
    return {name: str(entry.value) for name, entry in (failure.metadata if failure else {}).items()}


def _reason(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    ours = failure.user_failure_data
    return (ours and ours.description) or (failure.error and failure.error.message) or "unknown"
