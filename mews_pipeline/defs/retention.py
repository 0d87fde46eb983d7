"""The weekly retention: personal fields of old stays, old run records and their logs."""

from collections.abc import Collection, Sequence

import dagster as dg

from mews_pipeline.defs import OWNERS, resources
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.pruning import Owned, location_of, prune_runs, prune_targets
from mews_pipeline.defs.schedules import every_sunday
from mews_pipeline.defs.steps import fail_with_advice
from mews_pipeline.settings import LocalSettings
from mews_pipeline.warehouse.retention import limit_personal

RETENTION = "retention"
_GROUP = "retention"
_RUN_RECORDS, _PERSONAL_DATA = "run_records", "personal_data"


def definitions(
    pipeline: Pipeline,
    jobs: Collection[str],
    assets: Sequence[dg.AssetsDefinition],
    checks: dg.AssetChecksDefinition,
    *,
    is_scheduled: bool,
) -> dg.Definitions:
    """Define the retention: its assets, its job and, with `is_scheduled`, its schedule."""
    owned = Owned(
        jobs=frozenset({*jobs, pipeline.name(RETENTION)}),
        assets=frozenset(
            {
                *(key for each in assets for key in each.keys),
                *(pipeline.key(RETENTION, name) for name in (_RUN_RECORDS, _PERSONAL_DATA)),
            }
        ),
        checks=frozenset(key for each in (*assets, checks) for key in each.check_keys),
    )
    made = [_run_records(pipeline, owned)]
    if pipeline.settings.personal_days:
        made.append(_personal_data(pipeline))
    job = dg.define_asset_job(
        pipeline.name(RETENTION),
        selection=dg.AssetSelection.assets(*made),
        description="What is older than MEWS_PERSONAL_DAYS and MEWS_RUN_DAYS allow is removed.",
    )
    weekly = every_sunday(pipeline, "weekly_retention", job, 5, "The retention")
    return dg.Definitions(assets=made, jobs=[job], schedules=[weekly] if is_scheduled else [])


def _personal_data(pipeline: Pipeline) -> dg.AssetsDefinition:
    @dg.asset(
        key=pipeline.key(RETENTION, _PERSONAL_DATA),
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
            changed = limit_personal(source, days, context.log.info)
        return dg.MaterializeResult(metadata={"versions": sum(changed.values()), **changed})

    return erase


def _run_records(pipeline: Pipeline, owned: Owned) -> dg.AssetsDefinition:
    @dg.asset(
        key=pipeline.key(RETENTION, _RUN_RECORDS),
        group_name=pipeline.group(_GROUP),
        owners=OWNERS,
        tags={"rhythm": "weekly"},
        description=(
            "Runs of this pipeline older than MEWS_RUN_DAYS days deleted with their events, compute"
            " logs and dbt's files. Runs with the latest materialization of an asset or partition, "
            "or the latest result of a check, stay. Every week."
        ),
    )
    def prune(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Delete what is old."""
        with fail_with_advice():
            settings = pipeline.load(LocalSettings)
            days = settings.run_days
            pruned = prune_runs(context.instance, owned, location_of(context.run), days)
            pattern = f"{pipeline.name('dbt_models')}-*"
            pruned["dbt_targets_deleted"] = prune_targets(settings.state / "dbt", pattern, days)
        return dg.MaterializeResult(metadata=pruned)

    return prune
