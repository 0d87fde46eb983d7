"""The raw tables: updates by UTC day, reference data as they are, and daily snapshots."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import dagster as dg

from mews_pipeline.defs import OWNERS
from mews_pipeline.defs.dbt_project import Manifest, raw_column_meanings
from mews_pipeline.defs.partitions import day_of
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.steps import add_properties, fail_with_advice, ingest, results
from mews_pipeline.extract.entities import ENTITIES, REFERENCE, SNAPSHOTS, UPDATED
from mews_pipeline.warehouse.raw import PERSON_COUNTS, SOURCES

# Only one, since the client has retried already (mews/retry.py) and an alert should not be late
RETRIES = dg.RetryPolicy(max_retries=1, delay=10)
_GROUP = "mews"


class Fetch(dg.Config):
    """How much of a day to fetch: what is new in it, or the whole of it."""

    full_refresh: bool = False


def updates(pipeline: Pipeline, manifest: Manifest) -> dg.AssetsDefinition:
    """Make the assets that are fetched by UpdatedUtc, one UTC day at a time."""

    @dg.multi_asset(
        name=pipeline.name("updates"),
        group_name=pipeline.group(_GROUP),
        partitions_def=pipeline.partitions.updates,
        backfill_policy=dg.BackfillPolicy.single_run(),
        retry_policy=RETRIES,
        can_subset=True,
        specs=[
            _spec(
                pipeline,
                manifest,
                entity.table,
                "half_hourly",
                f"One row per observed version of a record of {entity.operation.list_key}, from "
                f"{entity.operation.path} by UpdatedUtc, in raw.{entity.table}"
                f"{_PEOPLE if entity.has_person_counts else ''}. Refreshed every half hour.",
                freshness_policy=_FRESH,
            )
            for entity in UPDATED
        ],
        required_resource_keys=_resources(pipeline),
    )
    def fetch(
        context: dg.AssetExecutionContext, config: Fetch
    ) -> Iterator[dg.MaterializeResult[None]]:
        """Fetch the versions that Mews reports for these days of updates, all entities at once."""
        with fail_with_advice():
            keys = context.partition_keys
            entities = [ENTITIES[key.path[-1]] for key in context.selected_asset_keys]
            work = ingest(pipeline, context, keys)
            days = {day_of(key) for key in keys}
            reports = work.updates(entities, days, full_refresh=config.full_refresh)
        yield from results(pipeline, context, reports, keys)

    return fetch


def reference(pipeline: Pipeline, manifest: Manifest) -> dg.AssetsDefinition:
    """Make the assets of reference data, which Mews lists as they are now."""

    @dg.multi_asset(
        name=pipeline.name("reference"),
        group_name=pipeline.group(_GROUP),
        retry_policy=RETRIES,
        specs=[
            _spec(
                pipeline,
                manifest,
                entity.table,
                "hourly",
                f"One row per observed content of a record, from {entity.operation.path}, in "
                f"raw.{entity.table}: a new row only when it changed. Refreshed hourly.",
            )
            for entity in REFERENCE
        ],
        required_resource_keys=_resources(pipeline),
    )
    def fetch(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        """Fetch the reference data of the reports; a list that Mews refuses is skipped."""
        with fail_with_advice():
            reports = ingest(pipeline, context).reference()
            add_properties(pipeline, context)
        yield from results(pipeline, context, reports)

    return fetch


def snapshots(pipeline: Pipeline, manifest: Manifest) -> dg.AssetsDefinition:
    """Make the assets of what has no history in Mews, and is kept once a day."""

    @dg.multi_asset(
        # Not plain "availability": that is the job
        name=pipeline.name("mews__availability"),
        group_name=pipeline.group(_GROUP),
        retry_policy=RETRIES,
        can_subset=True,
        specs=[
            _spec(
                pipeline,
                manifest,
                entity.table,
                "daily",
                f"{_SNAPSHOTS[entity.table]}, from {entity.operation.path}, in "
                f"raw.{entity.table}. Refreshed once a day.",
            )
            for entity in SNAPSHOTS
        ],
        required_resource_keys=_resources(pipeline),
    )
    def fetch(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        """Fetch what Mews says of today; a list that Mews refuses is skipped."""
        with fail_with_advice():
            entities = [ENTITIES[key.path[-1]] for key in context.selected_asset_keys]
            reports = ingest(pipeline, context).snapshots(entities)
        yield from results(pipeline, context, reports)

    return fetch


_SNAPSHOTS = {
    "availability": "One row per daily snapshot, service, category, day and metric: the past 30 "
    "and the next 365 days as Mews sees them",
    "exchange_rates": "One row per daily snapshot, enterprise and pair of currencies",
    "ledger_balances": "One row per daily snapshot, enterprise, date and ledger: this and the last "
    "month's opening and closing balances, where the property has ledgers",
}
# What the UI shows at any time; the check is_fresh tells the properties apart.
_FRESH = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=2), warn_window=timedelta(hours=1)
)
_PEOPLE = f"; its people in raw.{PERSON_COUNTS}"


def _resources(pipeline: Pipeline) -> set[str]:
    return {pipeline.name("mews"), pipeline.name("warehouse")}


def _spec(
    pipeline: Pipeline,
    manifest: Manifest,
    table: str,
    rhythm: str,
    description: str,
    **more: Any,
) -> dg.AssetSpec:
    meanings = raw_column_meanings(manifest, table)
    columns = [
        dg.TableColumn(name, type=str(kind), description=meanings.get(name))
        for name, kind in SOURCES[table].items()
    ]
    return dg.AssetSpec(
        pipeline.key("mews", table),
        kinds={"mews", "polars", "duckdb"},
        owners=OWNERS,
        tags={"source": "mews", "rhythm": rhythm},
        metadata={
            "dagster/column_schema": dg.TableSchema(columns),
            "dagster/table_name": f"raw.{table}",
        },
        description=description,
        **more,
    )
