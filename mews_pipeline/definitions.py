"""The code location: everything that Dagster shows and runs."""

import dagster as dg

from mews_pipeline.defs import (
    alerting,
    assets,
    automation,
    checks,
    dbt,
    healing,
    problems,
    publish,
    resources,
    upkeep,
)


@dg.definitions
def defs() -> dg.Definitions:
    """The assets from Mews to the marts, jobs, schedules, sensors, checks, resources."""
    warehouse = resources.the_warehouse()
    return dg.Definitions.merge(_always(warehouse), upkeep.definitions(warehouse.database))


def _always(warehouse: resources.WarehouseResource) -> dg.Definitions:
    return dg.Definitions(
        assets=problems.with_problems(
            [
                assets.updates,
                assets.reference,
                assets.availability,
                dbt.models,
                *publish.ASSETS,
            ]
        ),
        asset_checks=[checks.health],
        jobs=automation.JOBS,
        schedules=automation.SCHEDULES,
        sensors=[healing.missing_days, alerting.failure_alert],
        resources={
            "mews": resources.MewsResource(),
            "warehouse": warehouse,
            "dbt": dbt.cli(),
        },
        # A process per step would load these definitions again for each.
        executor=dg.in_process_executor,
    )
