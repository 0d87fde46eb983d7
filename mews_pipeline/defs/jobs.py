"""The jobs, by which everything runs that runs by itself."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

import dagster as dg
from dagster import AssetSelection, define_asset_job

from mews_pipeline.defs.dbt import ONLY_WHEN_CHANGED
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.publish import IN_FULL

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import (
        UnresolvedAssetJobDefinition,
    )

    from mews_pipeline.defs.graph import Graph

Job: TypeAlias = "UnresolvedAssetJobDefinition"

FETCH_DAYS, REFRESH, NIGHTLY = "fetch_days", "refresh", "nightly"
REFERENCE_DATA, AVAILABILITY, WHOLE_CHAIN = "reference_data", "availability", "whole_chain"
BRIEF = "brief"

# Run monitoring ends them then; a first backfill of years may well take longer than that.
AN_HOUR_AT_MOST = {"dagster/max_runtime": "3600"}
# Ahead of backfills and missing days in the queue: the refresh is what people wait for.
FIRST = {"dagster/priority": "10"}
# deploy/dagster.yaml limits how many runs with either of these run at once, so that a slot is left.
LAST = {"dagster/priority": "-10", "mews_pipeline/healing": "yes"}


def jobs(pipeline: Pipeline, graph: "Graph") -> Mapping[str, Job]:
    """Make the jobs, by their plain names."""
    updates = AssetSelection.assets(graph.updates)
    # Groups of tokens are fetched by runs of their own; what follows is one run for all of them
    by_day: AssetSelection = updates
    if pipeline.partitions.groups:
        by_day = AssetSelection.checks_for_assets(graph.updates)
    refreshed = by_day | AssetSelection.assets(*graph.refreshed)
    made = (
        define_asset_job(
            pipeline.name(FETCH_DAYS),
            selection=updates.without_checks(),
            description="Days of updates from Mews, landed; the next refresh builds the models.",
        ),
        define_asset_job(
            pipeline.name(REFRESH),
            selection=refreshed,
            description=(
                "A day of updates, checked, and, where something new landed, all models built, "
                "tested and published."
            ),
            tags={ONLY_WHEN_CHANGED: "yes"} | AN_HOUR_AT_MOST,
        ),
        define_asset_job(
            pipeline.name(NIGHTLY),
            selection=refreshed | AssetSelection.assets(*graph.exported),
            description=(
                "A day of updates, all models built, tested and published in full, and the exports."
            ),
            tags={IN_FULL: "yes"} | AN_HOUR_AT_MOST,
        ),
        define_asset_job(
            pipeline.name(REFERENCE_DATA),
            selection=AssetSelection.assets(graph.reference),
            description=("Services, spaces, blocks and so on: the reference data of the reports."),
            tags=AN_HOUR_AT_MOST,
        ),
        define_asset_job(
            pipeline.name(AVAILABILITY),
            selection=AssetSelection.assets(graph.snapshots),
            description=(
                "A snapshot of what has no history in Mews: its own view of availability, exchange "
                "rates, balances of ledgers."
            ),
            tags=AN_HOUR_AT_MOST,
        ),
        define_asset_job(
            pipeline.name(WHOLE_CHAIN),
            selection=AssetSelection.assets(*graph.whole_chain),
            description="Everything at once: Mews, raw tables, checks, models, what is published.",
        ),
    )
    briefs = [_brief(pipeline, graph)] if graph.briefed else []
    return dict(zip((*_NAMES, *(BRIEF for _ in briefs)), (*made, *briefs), strict=True))


def _brief(pipeline: Pipeline, graph: "Graph") -> Job:
    return define_asset_job(
        pipeline.name(BRIEF),
        selection=AssetSelection.assets(*graph.briefed),
        description="The morning brief, to those who were not sent theirs yet.",
        tags=AN_HOUR_AT_MOST,
    )


_NAMES = (FETCH_DAYS, REFRESH, NIGHTLY, REFERENCE_DATA, AVAILABILITY, WHOLE_CHAIN)


def has_reference_data(pipeline: Pipeline, instance: dg.DagsterInstance) -> bool:
    """Tell whether services were ever fetched: without them no night can be computed."""
    services = pipeline.key("mews", "services")
    return instance.get_latest_materialization_event(services) is not None
