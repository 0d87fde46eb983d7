"""Between a Dagster step and the core: its days, its run, its failures, its metadata."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Any

import dagster as dg

from mews_pipeline.defs.partitions import day_of, group_of, number_of
from mews_pipeline.defs.resources import MewsResource, WarehouseResource
from mews_pipeline.errors import PipelineError
from mews_pipeline.ingest import Ingest, Ingested
from mews_pipeline.monitoring.properties import properties
from mews_pipeline.monitoring.samples import sample
from mews_pipeline.warehouse.landing import Run

CAUSE, TOKENS = "cause", "access_tokens"
MEWS_IS_UNWELL = "Mews does not answer as it should"


def ingest(
    context: dg.AssetExecutionContext,
    mews: MewsResource,
    warehouse: WarehouseResource,
    partition_keys: Iterable[str] = (),
) -> Ingest:
    """The work of this step, with the tokens of its partitions' groups. Raises SettingsError."""
    run, settings = context.run, mews.settings()
    if groups := {number_of(group) for key in partition_keys if (group := group_of(key))}:
        settings = settings.of_groups(groups)
    return Ingest(
        settings=settings,
        warehouse=warehouse.get(),
        run=Run(run_id=run.run_id, root_run_id=run.root_run_id or run.run_id),
        log=context.log.info,
    )


@contextmanager
def explained_failures() -> Iterator[None]:
    """Fail the step with what is wrong and what to do; retried only when that may help."""
    try:
        yield
    except PipelineError as error:
        raise _failure([error]) from error


def results(
    context: dg.AssetExecutionContext,
    warehouse: WarehouseResource,
    reports: Mapping[str, Ingested],
    partition_keys: Iterable[str] = (),
) -> Iterator[dg.MaterializeResult[None]]:
    """Each raw table that is whole as materialized, then a failure if any is not."""
    whole = [table for table, report in reports.items() if not report.errors]
    samples = _samples(warehouse, whole)
    for table in whole:
        _tell_days(context, table, reports[table], partition_keys)
        told = metadata(reports[table]) | samples[table]
        yield dg.MaterializeResult(asset_key=["mews", table], metadata=told)
    if errors := [error for report in reports.values() for error in report.errors]:
        raise _failure(errors) from errors[0]


def _samples(warehouse: WarehouseResource, tables: Iterable[str]) -> dict[str, dict[str, Any]]:
    """How many rows a table has, and a few of them."""
    with warehouse.get_connection() as connection:
        found = {table: sample(connection, table) for table in tables}
    return {
        table: {"dagster/row_count": count}
        | ({"sample": dg.MetadataValue.table([_record(row) for row in rows])} if rows else {})
        for table, (count, rows) in found.items()
    }


def _record(row: Mapping[str, Any]) -> dg.TableRecord:
    return dg.TableRecord({name: "" if v is None else str(v) for name, v in row.items()})


def _tell_days(
    context: dg.AssetExecutionContext, table: str, report: Ingested, partition_keys: Iterable[str]
) -> None:
    """Each day's own numbers, which plot over the partitions."""
    for key in partition_keys:
        day = date.fromisoformat(day_of(key))
        context.add_asset_metadata(
            {
                "rows": report.rows_by_day[day],
                "new_versions": report.new_versions_by_day[day],
            },
            asset_key=["mews", table],
            partition_key=key,
        )


def tell_properties(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> None:
    """The names of the properties by access token, for alerts, which never open the warehouse."""
    with warehouse.get_connection() as connection:
        names = properties(connection)
    context.add_asset_metadata(
        {"properties": dg.MetadataValue.json(names)}, asset_key=["mews", "enterprises"]
    )


def _failure(errors: Sequence[Exception]) -> dg.Failure:
    explained = [error for error in errors if isinstance(error, PipelineError)]
    may_pass = any(error.is_worth_retrying for error in explained)
    passes_by_itself = len(explained) == len(errors) and all(
        error.is_worth_retrying for error in explained
    )
    tokens = {error.token_key for error in explained if error.token_key}
    kinds = {type(error).__name__ for error in errors}
    return dg.Failure(
        description="\n".join(dict.fromkeys(str(error) for error in errors)),
        metadata={
            # What alerts tell one incident from another by: whatever passes by itself is one
            CAUSE: MEWS_IS_UNWELL if passes_by_itself else ", ".join(sorted(kinds | tokens)),
            TOKENS: ", ".join(sorted(tokens)) or "none",
        },
        allow_retries=may_pass,
    )


def metadata(report: Ingested) -> dict[str, Any]:
    """What a step tells of a table, over all its days: rows, requests, retries, seconds, drift."""
    statistics = report.statistics
    told: dict[str, Any] = {
        "rows_fetched": report.rows,
        "versions_landed": report.new_versions,
        "requests": statistics.requests,
        "retries": statistics.retries,
        "throttled_429": statistics.throttled,
        "asked_for_less_408": statistics.asked_for_less,
        "seconds": round(report.seconds, 2),
        "rows_per_second": round(report.rows / report.seconds) if report.seconds else 0,
    }
    if report.fetched_through:
        told["fetched_through"] = dg.MetadataValue.timestamp(report.fetched_through)
    if report.drift.fields or report.drift.values:
        told["unknown"] = dg.MetadataValue.json(
            {"fields": dict(report.drift.fields), "values": dict(report.drift.values)}
        )
    if report.refused:
        told["refused"] = report.refused
    return told
