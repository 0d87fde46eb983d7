"""What a lake needs every week, and a file does not: there nothing of this is defined."""

import dagster as dg

from mews_pipeline.defs import OWNERS
from mews_pipeline.defs.resources import WarehouseResource
from mews_pipeline.defs.steps import explained_failures
from mews_pipeline.settings import LAKE
from mews_pipeline.warehouse.lake import DuckLake


@dg.asset(
    key=["lake", "upkeep"],
    group_name="lake",
    kinds={"ducklake"},
    owners=OWNERS,
    tags={"rhythm": "weekly"},
    description=(
        "The lake's small files merged, its states of more than MEWS_LAKE_KEEP_DAYS ago forgotten, "
        "files that no state knows deleted. Every week."
    ),
)
def upkeep(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> dg.MaterializeResult[None]:
    """Do it alone: nobody lands or builds meanwhile."""
    with explained_failures():
        lake = warehouse.get()
        assert isinstance(lake, DuckLake)  # noqa: S101 - defined for lakes only
        with lake.lock(context.log.info):
            done = lake.upkeep()
    return dg.MaterializeResult(metadata=done)


lake_upkeep = dg.define_asset_job(
    "lake_upkeep",
    selection=dg.AssetSelection.assets(upkeep),
    description="The lake's weekly upkeep: small files, old states, orphans.",
)
weekly = dg.ScheduleDefinition(
    name="weekly_lake_upkeep",
    job=lake_upkeep,
    cron_schedule="15 4 * * 0",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="The lake's upkeep, on Sundays at 04:15.",
)


def definitions(address: str) -> dg.Definitions:
    """The upkeep of the warehouse that MEWS_WAREHOUSE names, if that is a lake."""
    if not address.startswith(LAKE):
        return dg.Definitions()
    return dg.Definitions(assets=[upkeep], jobs=[lake_upkeep], schedules=[weekly])
