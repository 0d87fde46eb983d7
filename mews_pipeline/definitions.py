"""The code location: everything that Dagster shows and runs."""

import dagster as dg

from mews_pipeline.defs import (
    assets,
    checks,
    dbt,
    failure_alert,
    jobs,
    lake_upkeep,
    missing_days,
    publish,
    resources,
    settings_problems,
)


@dg.definitions
def defs() -> dg.Definitions:
    """The assets from Mews to the marts, jobs, schedules, sensors, checks, resources."""
    warehouse = resources.the_warehouse()
    return dg.Definitions.merge(_always(warehouse), lake_upkeep.definitions(warehouse.database))


def _always(warehouse: resources.WarehouseResource) -> dg.Definitions:
    return dg.Definitions(
        assets=settings_problems.with_problems(
            [
                assets.updates,
                assets.reference,
                assets.availability,
                dbt.models,
                *publish.ASSETS,
            ]
        ),
        asset_checks=[checks.health],
        jobs=jobs.JOBS,
        schedules=jobs.SCHEDULES,
        sensors=[missing_days.missing_days, failure_alert.failure_alert],
        resources={
            "mews": resources.MewsResource(),
            "warehouse": warehouse,
            "dbt": dbt.cli(),
        },
        # A process per step would load these definitions again for each.
        executor=dg.in_process_executor,
    )
