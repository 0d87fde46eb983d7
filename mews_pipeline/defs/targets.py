"""The asset of the targets: the published copy, brought to where MEWS_PUBLISH says."""

from collections.abc import Iterable, Sequence

import dagster as dg

from mews_pipeline.defs import OWNERS
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.publish import GROUP, IN_FULL, analytics_key
from mews_pipeline.defs.steps import fail_with_advice
from mews_pipeline.notify import ChannelError, Message, send
from mews_pipeline.publish.targets import Outcome, bring, targets_of
from mews_pipeline.settings import LocalSettings, PublishSettings, SettingsError

CHECK, _FAILED = "are_reached", "failed"


def targets_key(pipeline: Pipeline) -> dg.AssetKey:
    """Give the key of the targets."""
    return pipeline.key("publish", "targets")


def are_named(pipeline: Pipeline) -> bool:
    """Tell whether MEWS_PUBLISH names a target, or cannot be read, which the step then says."""
    try:
        return bool(pipeline.load(PublishSettings).publish)
    except SettingsError:
        return True


def targets(pipeline: Pipeline) -> dg.AssetsDefinition:
    """Make the asset of the targets."""

    @dg.asset(
        key=targets_key(pipeline),
        group_name=pipeline.group(GROUP),
        deps=[analytics_key(pipeline)],
        owners=OWNERS,
        check_specs=[
            dg.AssetCheckSpec(
                CHECK,
                asset=targets_key(pipeline),
                description="Each target has the newest copy. One that has not is tried again at "
                "the next publishing, and shows its last state until then.",
            )
        ],
        description=(
            "The published copy in the databases, lakes and folders that MEWS_PUBLISH names "
            "(docs/publishing.md). Only what has changed since the last time is brought there, by "
            "the nightly run everything."
        ),
    )
    def bring_there(
        context: dg.AssetExecutionContext,
    ) -> dg.MaterializeResult:  # type: ignore[type-arg]  # Dagster knows no other with a check
        """Bring the copy to each target; one that is down fails the check and not the run."""
        with fail_with_advice():
            settings, known = pipeline.load(LocalSettings), pipeline.load(PublishSettings)
            found = targets_of(known, settings.published_group)
        is_full = IN_FULL in context.run.tags
        outcomes = bring(found, settings.analytics, known, in_full=is_full)
        failures = {each.target: each.failure for each in outcomes if each.failure}
        for target, failure in failures.items():
            context.log.warning("%s was not brought up to date: %s", target, failure)
        problem = _alert(pipeline, context.instance, settings, failures)
        if problem:
            context.log.warning(problem)
        return _result(outcomes, failures)

    return bring_there


def _result(outcomes: Sequence[Outcome], failures: dict[str, str]) -> dg.MaterializeResult[None]:
    shown = {
        each.target: f"{each.failure or each.written} ({each.seconds:.1f} s)" for each in outcomes
    }
    texts = [f"{target}: {failure}" for target, failure in failures.items()]
    return dg.MaterializeResult(
        metadata={
            "targets": dg.MetadataValue.json(shown),
            _FAILED: dg.MetadataValue.json(sorted(failures)),
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=CHECK,
                passed=not failures,
                severity=dg.AssetCheckSeverity.WARN,
                description="\n".join(texts) or "All targets have the newest copy.",
            )
        ],
    )


def _alert(
    pipeline: Pipeline,
    instance: dg.DagsterInstance,
    settings: LocalSettings,
    failures: dict[str, str],
) -> str | None:
    """Post the targets that fail now and did not the last time; return why that was not possible.

    The run succeeds, so the sensor of failed runs does not see them.
    """
    fresh = sorted(failures.keys() - _failed_before(pipeline, instance))
    if not fresh or settings.alert_webhook is None:
        return None
    title = pipeline.named(
        f"{len(fresh)} of the targets of MEWS_PUBLISH cannot be brought up to date."
    )
    lines = [
        *(f"{target}: {failures[target]}" for target in fresh),
        "Each shows its last state and is tried again at the next publishing.",
    ]
    try:
        channel = pipeline.named("MEWS_ALERT_WEBHOOK")
        send(settings.alert_webhook, Message(title, "\n".join(lines)), channel)
    except ChannelError as error:
        return str(error)
    return None


def _failed_before(pipeline: Pipeline, instance: dg.DagsterInstance) -> Iterable[str]:
    event = instance.get_latest_materialization_event(targets_key(pipeline))
    metadata = event and event.asset_materialization and event.asset_materialization.metadata
    found = metadata.get(_FAILED) if metadata else None
    return set(found.value) if isinstance(found, dg.JsonMetadataValue) else set()  # type: ignore[arg-type]
