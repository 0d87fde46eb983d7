"""The weekly upkeep of a lake. A file needs none, and then nothing of this is defined."""

import dagster as dg

from mews_pipeline.defs import OWNERS, resources
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.schedules import every_sunday
from mews_pipeline.defs.steps import fail_with_advice
from mews_pipeline.settings import LAKE
from mews_pipeline.warehouse.lake import DuckLake


def definitions(pipeline: Pipeline) -> dg.Definitions:
    """Define the upkeep of the pipeline's warehouse, if that is a lake."""
    if not pipeline.settings.warehouse.startswith(LAKE):
        return dg.Definitions()
    upkeep = _upkeep(pipeline)
    job = dg.define_asset_job(
        pipeline.name("lake_upkeep"),
        selection=dg.AssetSelection.assets(upkeep),
        description="The lake's weekly upkeep: small files, old states, orphans.",
    )
    weekly = every_sunday(pipeline, "weekly_lake_upkeep", job, 4, "The lake's upkeep")
    return dg.Definitions(assets=[upkeep], jobs=[job], schedules=[weekly])


def _upkeep(pipeline: Pipeline) -> dg.AssetsDefinition:
    @dg.asset(
        key=pipeline.key("lake", "upkeep"),
        group_name=pipeline.group("lake"),
        kinds={"ducklake"},
        owners=OWNERS,
        tags={"rhythm": "weekly"},
        required_resource_keys={pipeline.name("warehouse")},
        description=(
            "The lake's small files merged, its states older than MEWS_LAKE_KEEP_DAYS days "
            "expired, files that no state refers to deleted. Every week."
        ),
    )
    def upkeep(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """Do the upkeep under the exclusive lock: nothing lands or builds meanwhile."""
        with fail_with_advice():
            lake = resources.warehouse(pipeline, context).get()
            assert isinstance(lake, DuckLake)  # noqa: S101 - defined for lakes only
            with lake.lock(context.log.info):
                done = lake.upkeep()
        return dg.MaterializeResult(metadata=done)

    return upkeep
