"""What Mews told us, landed in DuckDB: updates one UTC day at a time, reference data as it is."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import dagster as dg

from mews_pipeline.defs import OWNERS
from mews_pipeline.defs.dbt import raw_column_words
from mews_pipeline.defs.partitions import day_of, updates_by
from mews_pipeline.defs.resources import MewsResource, WarehouseResource
from mews_pipeline.defs.steps import (
    explained_failures,
    ingest,
    results,
    tell_properties,
)
from mews_pipeline.extract.entities import ENTITIES, REFERENCE, UPDATED
from mews_pipeline.warehouse.raw import PERSON_COUNTS, TABLES

_PEOPLE = f"; its people in raw.{PERSON_COUNTS}"
# Once more, since the client has been patient already (mews/retry.py): an alert should not be late
RETRIES = dg.RetryPolicy(max_retries=1, delay=10)
# What the UI shows of each, at any time; the check is_fresh tells the properties apart.
_FRESH = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=2), warn_window=timedelta(hours=1)
)


class Fetch(dg.Config):
    """How much of a day to ask for: what is new in it, or the whole of it."""

    full_refresh: bool = False


def _spec(table: str, rhythm: str, description: str, **more: Any) -> dg.AssetSpec:
    words = raw_column_words(table)
    columns = [
        dg.TableColumn(name, type=str(kind), description=words.get(name))
        for name, kind in TABLES[table].items()
    ]
    return dg.AssetSpec(
        ["mews", table],
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


@dg.multi_asset(
    name="updates",
    group_name="mews",
    partitions_def=updates_by,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=RETRIES,
    can_subset=True,
    specs=[
        _spec(
            entity.table,
            "half_hourly",
            f"One row per observed version of a record of {entity.operation.list_key}, from "
            f"{entity.operation.path} by UpdatedUtc, in raw.{entity.table}"
            f"{_PEOPLE if entity.has_person_counts else ''}. Refreshed every half hour.",
            freshness_policy=_FRESH,
        )
        for entity in UPDATED
    ],
)
def updates(
    context: dg.AssetExecutionContext,
    config: Fetch,
    mews: MewsResource,
    warehouse: WarehouseResource,
) -> Iterator[dg.MaterializeResult[None]]:
    """The versions that Mews reports for these days of updates; all entities side by side."""
    with explained_failures():
        keys = context.partition_keys
        days = {date.fromisoformat(day_of(key)) for key in keys}
        entities = [ENTITIES[key.path[-1]] for key in context.selected_asset_keys]
        work = ingest(context, mews, warehouse, keys)
        reports = work.updates(entities, days, full_refresh=config.full_refresh)
    yield from results(context, warehouse, reports, keys)


@dg.multi_asset(
    name="reference",
    group_name="mews",
    retry_policy=RETRIES,
    specs=[
        _spec(
            entity.table,
            "hourly",
            f"One row per observed content of a record of {entity.operation.list_key}, in "
            f"raw.{entity.table}: a new row only when it changed. Refreshed hourly.",
        )
        for entity in REFERENCE
    ],
)
def reference(
    context: dg.AssetExecutionContext, mews: MewsResource, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult[None]]:
    """What the reports need beside the bookings; what Mews refuses is said, and goes without."""
    with explained_failures():
        reports = ingest(context, mews, warehouse).reference()
        tell_properties(context, warehouse)
    yield from results(context, warehouse, reports)


@dg.multi_asset(
    # Not plain "availability": that is the job
    name="mews__availability",
    group_name="mews",
    retry_policy=RETRIES,
    specs=[
        _spec(
            "availability",
            "daily",
            "One row per daily snapshot, service, category, day and metric, from "
            "services/getAvailability/2024-01-22: the past 30 and the next 365 days as Mews sees "
            "them, in raw.availability. Refreshed once a day.",
        )
    ],
)
def availability(
    context: dg.AssetExecutionContext, mews: MewsResource, warehouse: WarehouseResource
) -> Iterator[dg.MaterializeResult[None]]:
    """What Mews believes of its availability, to hold our own numbers against."""
    with explained_failures():
        reports = ingest(context, mews, warehouse).availability()
    yield from results(context, warehouse, reports)
