"""A failed run is told to a webhook, once per incident."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import dagster as dg

from mews_pipeline.defs.partitions import group_of_run
from mews_pipeline.defs.steps import CAUSE, TOKENS
from mews_pipeline.monitoring.webhook import post
from mews_pipeline.settings import LocalSettings, load

_MOST_CHARACTERS = 1_500
# On the failed run: which incident it belongs to, and whether it is the one that was told.
INCIDENT, TOLD = "mews_pipeline/incident", "mews_pipeline/alerted"
_WILL_RETRY = "dagster/will_retry"


@dg.run_failure_sensor(
    default_status=dg.DefaultSensorStatus.RUNNING,
    minimum_interval_seconds=30,
    description=(
        "Posts a failed run to MEWS_ALERT_WEBHOOK: what, which days, which properties, Mews' "
        "words, a link. Once per incident: not again for the same cause until a run of the job "
        "concerned has succeeded. Off while that is not set."
    ),
)
def failure_alert(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Tell of a failed run, unless its incident was told already or it is tried again."""
    webhook, run = load(LocalSettings).alert_webhook, context.dagster_run
    if webhook is None:
        return dg.SkipReason("MEWS_ALERT_WEBHOOK is not set.")
    now = context.instance.get_run_by_id(run.run_id) or run
    if now.tags.get(_WILL_RETRY) == "true":
        return dg.SkipReason("The run's process died; the run is done again by itself.")
    failures = context.get_step_failure_events()
    incident = _incident(run, failures)
    told = _told(context.instance, incident, run)
    context.instance.add_run_tags(run.run_id, {INCIDENT: incident})
    if told:
        return dg.SkipReason(f"Told when run {told} failed.")
    post(webhook, message(context, str(load(LocalSettings).dagster_url)))
    context.instance.add_run_tags(run.run_id, {TOLD: "true"})
    return None


def _incident(run: dg.DagsterRun, failures: Iterable[dg.DagsterEvent]) -> str:
    causes = {
        _told_by(event).get(CAUSE) or f"{run.job_name}: {event.step_key}" for event in failures
    }
    return "; ".join(sorted(causes)) or f"{run.job_name}: the process died"


def _told(instance: dg.DagsterInstance, incident: str, run: dg.DagsterRun) -> str | None:
    """The run by which this incident was told, unless it is over since."""
    tags = {INCIDENT: incident, TOLD: "true"}
    for record in instance.get_run_records(dg.RunsFilter(tags=tags), limit=1):
        since = record.end_time or 0
        if not any(_succeeded(instance, each, since) for each in (run, record.dagster_run)):
            return record.dagster_run.run_id
    return None


def _succeeded(instance: dg.DagsterInstance, run: dg.DagsterRun, since: float) -> bool:
    """Whether its job has succeeded since, of the same group of tokens."""
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


def message(context: dg.RunFailureSensorContext, url: str) -> str:
    """What failed, for which days and properties, why, and where to look."""
    run, failures = context.dagster_run, context.get_step_failure_events()
    days = run.tags.get("dagster/partition") or " to ".join(
        run.tags[name]
        for name in ("dagster/asset_partition_range_start", "dagster/asset_partition_range_end")
        if name in run.tags
    )
    tokens = {t for event in failures for t in _told_by(event).get(TOKENS, "").split(", ")}
    names = [name for t in tokens for name in properties(context.instance).get(t, [])]
    reasons = [f"{event.step_key}: {_reason(event)}" for event in failures]
    lines = [
        f"{run.job_name}{f' of {days}' if days else ''} failed.",
        *([f"Properties: {', '.join(sorted(names))}."] if names else []),
        *(reasons or [context.failure_event.message or "The run's process died."]),
    ]
    return f"{_shortened(chr(10).join(lines))}\n{url.rstrip('/')}/runs/{run.run_id}"


def properties(instance: dg.DagsterInstance) -> Mapping[str, list[str]]:
    """The names of the properties that each access token opens, by the token's short hash."""
    event = instance.get_latest_materialization_event(dg.AssetKey(["mews", "enterprises"]))
    told = event and event.asset_materialization and event.asset_materialization.metadata
    found = told.get("properties") if told else None
    return found.value if isinstance(found, dg.JsonMetadataValue) else {}  # type: ignore[return-value]


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]} …"


def _told_by(event: dg.DagsterEvent) -> dict[str, str]:
    told = event.step_failure_data.user_failure_data
    return {name: str(entry.value) for name, entry in (told.metadata if told else {}).items()}


def _reason(event: dg.DagsterEvent) -> str:
    failure = event.step_failure_data
    told = failure.user_failure_data
    return (told and told.description) or (failure.error and failure.error.message) or "unknown"
