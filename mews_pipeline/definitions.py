"""The code location: everything that Dagster shows and runs."""

import dagster as dg

from mews_pipeline.defs import assets, automation, dbt, resources


@dg.definitions
def defs() -> dg.Definitions:
    """The assets from Mews to the marts, the job that runs them, its schedule, the resources."""
    return dg.Definitions(
        assets=[
            assets.updates,
            assets.reference,
            assets.availability,
            dbt.models,
        ],
        jobs=[automation.refresh],
        schedules=[automation.every_half_hour],
        resources={
            "mews": resources.MewsResource(),
            "warehouse": resources.warehouse(),
            "dbt": dbt.cli(),
        },
        # A process per step would load these definitions again for each.
        executor=dg.in_process_executor,
    )
