"""The weekly retention: personal fields of old stays, old run records and their logs."""

from collections.abc import Collection, Sequence

import dagster as dg

from mews_pipeline.defs import OWNERS, resources
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.pruning import prune_runs, prune_targets
from mews_pipeline.defs.steps import fail_with_advice
from mews_pipeline.settings import LocalSettings
from mews_pipeline.warehouse import retention
from mews_pipeline.warehouse.compact import compact

RETENTION = "retention"
_GROUP = "retention"


def definitions(
    pipeline: Pipeline,
    jobs: Collection[str],
    assets: Sequence[dg.AssetsDefinition],
    *,
    is_scheduled: bool,
) -> dg.Definitions:
    """Define the retention: its assets, its job and, with `is_scheduled`, its schedule."""
    keys = {key for each in assets for key in each.keys}
    made = [_run_records(pipeline, {*jobs, pipeline.name(RETENTION)}, keys)]
    if pipeline.settings.personal_days:
        made.append(_personal_data(pipeline))
    job = dg.define_asset_job(
        pipeline.name(RETENTION),
        selection=dg.AssetSelection.assets(*made),
        description="What is older than MEWS_PERSONAL_DAYS and MEWS_RUN_DAYS allow is removed.",
    )
    weekly = dg.ScheduleDefinition(
        name=pipeline.name("weekly_retention"),
        job=job,
        cron_schedule="15 5 * * 0",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="The retention, on Sundays at 05:15.",
    )
    return dg.Definitions(assets=made, jobs=[job], schedules=[weekly] if is_scheduled else [])


def _personal_data(pipeline: Pipeline) -> dg.AssetsDefinition:
    @dg.asset(
        key=pipeline.key("retention", "personal_data"),
        group_name=pipeline.group(_GROUP),
        owners=OWNERS,
        tags={"rhythm": "weekly"},
        required_resource_keys={pipeline.name("warehouse")},
        description=(
            "Personal fields nulled in all versions of stays that ended more than "
            "MEWS_PERSONAL_DAYS days ago, and of their orders. Every week."
        ),
    )
    def erase(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Null the fields and, where any was filled, leave no old bytes of them."""
        with fail_with_advice():
            days = pipeline.load(LocalSettings).personal_days
            source = resources.warehouse(pipeline, context).get()
            changed: dict[str, int] = {}
            with source.lock(context.log.info), source.connect() as connection:
                if days:
                    changed = retention.erase_ended(connection, days)
                # Also of a run that was killed before the old bytes were gone
                is_unfinished = retention.is_unfinished(connection)
            if is_unfinished:
                compact(source, context.log.info)
                with source.lock(context.log.info), source.connect() as connection:
                    retention.finish(connection)
        return dg.MaterializeResult(metadata={"versions": sum(changed.values()), **changed})

    return erase


def _run_records(
    pipeline: Pipeline, jobs: Collection[str], keys: Collection[dg.AssetKey]
) -> dg.AssetsDefinition:
    @dg.asset(
        key=pipeline.key("retention", "run_records"),
        group_name=pipeline.group(_GROUP),
        owners=OWNERS,
        tags={"rhythm": "weekly"},
        description=(
            "Runs of this pipeline older than MEWS_RUN_DAYS days deleted with their events, compute"
            " logs and dbt's files. Runs with the latest materialization of an asset or partition "
            "stay. Every week."
        ),
    )
    def prune(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Delete what is old."""
        with fail_with_advice():
            settings = pipeline.load(LocalSettings)
            days, location = settings.run_days, context.run.tags.get(".dagster/repository")
            pruned = prune_runs(context.instance, jobs, keys, location, days)
            pattern = f"{pipeline.name('dbt_models')}-*"
            pruned["dbt_targets_deleted"] = prune_targets(settings.state / "dbt", pattern, days)
        return dg.MaterializeResult(metadata=pruned)

    return prune
