"""The morning brief: an asset that sends what is due, and a sensor that launches it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg

from mews_pipeline.brief.content import Limits, Morning, mornings, zones
from mews_pipeline.brief.delivery import Delivery, deliver, due
from mews_pipeline.defs import OWNERS
from mews_pipeline.defs.jobs import Job
from mews_pipeline.defs.missing_days import under_way
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.publish import GROUP, analytics_key
from mews_pipeline.defs.steps import fail_with_advice
from mews_pipeline.errors import PipelineError
from mews_pipeline.settings import BriefSettings

# A morning is over everywhere after that
_KEPT = timedelta(days=3)
_SENT = "sent"
_MOST = 10_000


def brief(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Make the asset of the brief."""

    @dg.asset(
        key=_key(pipeline),
        group_name=pipeline.group(GROUP),
        deps=[analytics_key(pipeline)],
        owners=OWNERS,
        description=pipeline.named(
            "The morning brief, sent to MEWS_BRIEF_TO once a morning: the report's first screen "
            "as one message per recipient and time zone. What was sent is recorded as an "
            "observation of this asset; a channel that is down is tried again after the next "
            "refresh."
        ),
    )
    def brief(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Send what is due and was not sent, and record each message once it was accepted."""
        with fail_with_advice():
            settings = pipeline.load(BriefSettings)
            asked = _due(pipeline, context.instance, settings)
            found = _mornings(settings) if asked else []
        sent: list[str] = []

        def record(delivery: Delivery) -> None:
            context.log_event(
                dg.AssetObservation(_key(pipeline), metadata={_SENT: delivery.record})
            )
            channel = pipeline.named(delivery.channel)
            sent.append(f"{channel}: {delivery.time_zone}, {delivery.morning}")

        problems = [pipeline.named(problem) for problem in deliver(asked, found, record)]
        for problem in problems:
            context.log.warning("Not sent: %s. It is tried again after the next refresh.", problem)
        metadata: dict[str, Any] = {"messages_sent": len(sent), "messages_refused": len(problems)}
        return dg.MaterializeResult(
            metadata=metadata | {"sent": dg.MetadataValue.json(sent),
                                 "refused": dg.MetadataValue.json(problems)}
        )  # fmt: skip

    return brief


def morning_brief(pipeline: Pipeline, refresh: Job, job: Job) -> dg.SensorDefinition:
    """Make the sensor, which launches the job of the brief after a refresh."""

    @dg.run_status_sensor(
        run_status=dg.DagsterRunStatus.SUCCESS,
        name=pipeline.name("morning_brief"),
        monitored_jobs=[refresh],
        request_job=job,
        default_status=dg.DefaultSensorStatus.RUNNING,
        minimum_interval_seconds=30,
        description=pipeline.named(
            "After each refresh, one that found nothing new included: sends the morning brief to "
            "MEWS_BRIEF_TO where MEWS_BRIEF_AT has come at a property and it was not sent yet. "
            "Off while MEWS_BRIEF_TO is not set."
        ),
    )
    def launch(context: dg.RunStatusSensorContext) -> dg.RunRequest | dg.SkipReason:
        try:
            settings = pipeline.load(BriefSettings)
            asked = _due(pipeline, context.instance, settings)
        except PipelineError as error:
            return dg.SkipReason(str(error))
        if not settings.brief_to:
            return dg.SkipReason(pipeline.named("MEWS_BRIEF_TO is not set."))
        if not asked:
            return dg.SkipReason("No brief is due that was not sent.")
        if under_way(context.instance, job.name):
            return dg.SkipReason("Briefs are being sent.")
        return dg.RunRequest(run_key=context.dagster_run.run_id)

    return launch


def _key(pipeline: Pipeline) -> dg.AssetKey:
    return pipeline.key("publish", "brief")


def _mornings(settings: BriefSettings) -> list[Morning]:
    return mornings(settings.analytics, Limits.of(settings), datetime.now(UTC))


def _due(
    pipeline: Pipeline, instance: dg.DagsterInstance, settings: BriefSettings
) -> list[Delivery]:
    """List what is due and was not sent. Raises ReportError where there is no published copy."""
    if not settings.brief_to:
        return []
    now = datetime.now(UTC)
    return due(settings, zones(settings.analytics), now, _sent(pipeline, instance, now))


def _sent(pipeline: Pipeline, instance: dg.DagsterInstance, now: datetime) -> set[str]:
    """Collect the records of what channels accepted."""
    lately = dg.AssetRecordsFilter(
        asset_key=_key(pipeline), after_timestamp=(now - _KEPT).timestamp()
    )
    records = instance.fetch_observations(lately, limit=_MOST).records
    observed = [record.asset_observation for record in records]
    return {str(each.metadata[_SENT].value) for each in observed if each and _SENT in each.metadata}
