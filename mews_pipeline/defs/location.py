"""Everything of one pipeline that Dagster shows and runs."""

import dagster as dg

from mews_pipeline.defs import (
    brief,
    failure_alert,
    lake_upkeep,
    missing_days,
    resources,
    retention,
    settings_problems,
)
from mews_pipeline.defs.graph import graph
from mews_pipeline.defs.jobs import BRIEF, REFRESH, jobs
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.schedules import schedules


def definitions_of(pipeline: Pipeline, *, is_scheduled: bool = True) -> dg.Definitions:
    """Define one pipeline: its assets, checks, jobs, schedules, sensors and resources.

    Without `is_scheduled` nothing is launched by itself. There is no executor among them, since a
    code location has only one.
    """
    parts, upkeep = graph(pipeline), lake_upkeep.definitions(pipeline)
    made = jobs(pipeline, parts)
    scheduled = schedules(pipeline) if is_scheduled else ()
    healing = [missing_days.missing_days(pipeline, made)] if is_scheduled else []
    briefs = [brief.morning_brief(pipeline, made[REFRESH], made[BRIEF])] if BRIEF in made else []
    names = {pipeline.name(name) for name in made} | {pipeline.name("lake_upkeep")}
    kept = [*parts.assets, *(upkeep.assets or ())]
    limits = retention.definitions(pipeline, names, kept, parts.health, is_scheduled=is_scheduled)  # type: ignore[arg-type]
    watched = [*made.values(), *(upkeep.jobs or ()), *(limits.jobs or ())]
    own = dg.Definitions(
        assets=settings_problems.with_problems(pipeline, parts.assets),
        asset_checks=[parts.health],
        jobs=made.values(),
        schedules=[each.definition(pipeline) for each in scheduled],
        sensors=[
            *healing,
            *(briefs if is_scheduled else ()),
            failure_alert.failure_alert(pipeline, watched),
        ],
        resources=resources.resources(pipeline),
    )
    return dg.Definitions.merge(own, upkeep, limits)
