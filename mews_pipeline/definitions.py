"""The code location: everything that Dagster shows and runs."""

from datetime import UTC, datetime

import dagster as dg

from mews_pipeline.defs import (
    failure_alert,
    lake_upkeep,
    missing_days,
    resources,
    settings_problems,
)
from mews_pipeline.defs.graph import graph
from mews_pipeline.defs.jobs import jobs
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.schedules import schedules
from mews_pipeline.defs.wrong_names import report_wrong_names


@dg.definitions
def defs() -> dg.Definitions:
    """Define this installation's own pipeline."""
    # A process per step would load these definitions again for each
    pipeline = Pipeline()
    own = dg.Definitions.merge(
        definitions_of(pipeline), dg.Definitions(executor=dg.in_process_executor)
    )
    report_wrong_names(own, pipeline.partitions.start, datetime.now(UTC).date())
    return own


def definitions_of(pipeline: Pipeline) -> dg.Definitions:
    """Define one pipeline: its assets, checks, jobs, schedules, sensors and resources.

    There is no executor among them, since a code location has only one.
    """
    parts, upkeep = graph(pipeline), lake_upkeep.definitions(pipeline)
    made = jobs(pipeline, parts)
    watched = [*made.values(), *(upkeep.jobs or ())]
    own = dg.Definitions(
        assets=settings_problems.with_problems(pipeline, parts.assets),
        asset_checks=[parts.health],
        jobs=made.values(),
        schedules=[each.definition(pipeline) for each in schedules(pipeline)],
        sensors=[
            missing_days.missing_days(pipeline, made),
            failure_alert.failure_alert(pipeline, watched),
        ],
        resources=resources.resources(pipeline),
    )
    return dg.Definitions.merge(own, upkeep)
