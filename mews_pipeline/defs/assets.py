"""What Mews told us, landed in DuckDB: updates one UTC day at a time, reference data as it is."""

from collections.abc import Iterator
from datetime import timedelta

import dagster as dg

from mews_pipeline.defs import OWNERS
from mews_pipeline.defs.partitions import daily
from mews_pipeline.defs.resources import MewsResource, Warehouse
from mews_pipeline.defs.steps import (
    days_of,
    explained_failures,
    results,
    table_schema,
    tell_properties,
    update,
)
from mews_pipeline.schemas import ENTITIES, REFERENCE

RETRIES = dg.RetryPolicy(max_retries=2, delay=15, backoff=dg.Backoff.EXPONENTIAL)
KINDS = {"mews", "polars", "duckdb"}
# What the UI shows of each, at any time; the check is_fresh tells the properties apart.
_FRESH = dg.FreshnessPolicy.time_window(
    fail_window=timedelta(hours=2), warn_window=timedelta(hours=1)
)


class Fetch(dg.Config):
    """How much of a day to ask for: what is new in it, or the whole of it."""

    full_refresh: bool = False


@dg.multi_asset(
    name="updates",
    group_name="mews",
    partitions_def=daily,
    backfill_policy=dg.BackfillPolicy.single_run(),
    retry_policy=RETRIES,
    can_subset=True,
    specs=[
        dg.AssetSpec(
            ["mews", "reservations"],
            kinds=KINDS,
            owners=OWNERS,
            tags={"source": "mews", "rhythm": "half_hourly"},
            metadata=table_schema("reservations"),
            freshness_policy=_FRESH,
            description=(
                "One row per observed version of a reservation, from "
                "reservations/getAll/2023-06-06 by UpdatedUtc, in raw.reservations; its people in "
                "raw.reservation_person_counts. Refreshed every half hour."
            ),
        ),
        dg.AssetSpec(
            ["mews", "product_service_orders"],
            kinds=KINDS,
            owners=OWNERS,
            tags={"source": "mews", "rhythm": "half_hourly"},
            metadata=table_schema("product_service_orders"),
            freshness_policy=_FRESH,
            description=(
                "One row per observed version of a product service order, from "
                "productServiceOrders/getAll by UpdatedUtc, in raw.product_service_orders. "
                "Refreshed every half hour."
            ),
        ),
    ],
)
def updates(
    context: dg.AssetExecutionContext, config: Fetch, mews: MewsResource, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """The versions that Mews reports for these days of updates; both entities side by side."""
    with explained_failures():
        days = days_of(context)
        entities = [ENTITIES[key.path[-1]] for key in context.selected_asset_keys]
        work = update(context, mews, warehouse)
        reports = work.days(entities, days, full_refresh=config.full_refresh)
    yield from results(context, warehouse, reports, days)


@dg.multi_asset(
    name="reference",
    group_name="mews",
    retry_policy=RETRIES,
    specs=[
        dg.AssetSpec(
            ["mews", entity.table],
            kinds=KINDS,
            owners=OWNERS,
            tags={"source": "mews", "rhythm": "hourly"},
            metadata=table_schema(entity.table),
            description=(
                f"One row per observed content of a record of {entity.list_key}, in "
                f"raw.{entity.table}: a new row only when it changed. Refreshed hourly."
            ),
        )
        for entity in REFERENCE
    ],
)
def reference(
    context: dg.AssetExecutionContext, mews: MewsResource, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """What the reports need beside the bookings; what Mews refuses is said, and goes without."""
    with explained_failures():
        reports = update(context, mews, warehouse).reference()
        tell_properties(context, warehouse)
    yield from results(context, warehouse, reports)


@dg.asset(
    key=["mews", "availability"],
    group_name="mews",
    kinds=KINDS,
    owners=OWNERS,
    tags={"source": "mews", "rhythm": "daily"},
    metadata=table_schema("availability"),
    retry_policy=RETRIES,
    description=(
        "One row per daily snapshot, service, category, day and metric, from "
        "services/getAvailability/2024-01-22: the past 30 and the next 365 days as Mews sees them, "
        "in raw.availability. Refreshed once a day."
    ),
)
def availability(
    context: dg.AssetExecutionContext, mews: MewsResource, warehouse: Warehouse
) -> Iterator[dg.MaterializeResult[None]]:
    """What Mews believes of its availability, to hold our own numbers against."""
    with explained_failures():
        reports = update(context, mews, warehouse).availability()
    yield from results(context, warehouse, reports)
