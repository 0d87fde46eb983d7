"""Between a Dagster step and the core: its days, its run, its failures, its metadata."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb

from mews_pipeline.defs import resources
from mews_pipeline.defs.partitions import day_of
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.resources import WarehouseResource
from mews_pipeline.errors import PipelineError
from mews_pipeline.monitoring.properties import properties
from mews_pipeline.monitoring.samples import sample

if TYPE_CHECKING:
    from mews_pipeline.ingest import Ingest, Ingested

CAUSE, TOKENS = "cause", "access_tokens"
MEWS_IS_UNWELL = "Mews does not answer as it should"


def ingest(
    pipeline: Pipeline, context: dg.AssetExecutionContext, partition_keys: Iterable[str] = ()
) -> "Ingest":
    """Make the run of this step, with the tokens of its partitions. Raises SettingsError."""
    # Polars and the API's client take longer to import than loading need wait for
    from mews_pipeline.ingest import Ingest  # noqa: PLC0415
    from mews_pipeline.warehouse.landing import Run  # noqa: PLC0415

    run, settings = context.run, resources.mews(pipeline, context).settings(pipeline.given)
    if groups := pipeline.partitions.numbers(partition_keys):
        settings = settings.of_groups(groups)
    return Ingest(
        settings=settings,
        warehouse=resources.warehouse(pipeline, context).get(),
        run=Run(run_id=run.run_id, root_run_id=run.root_run_id or run.run_id),
        log=context.log.info,
    )


@contextmanager
def fail_with_advice() -> Iterator[None]:
    """Fail the step with what is wrong and what to do; retry it only when that may help."""
    try:
        yield
    except PipelineError as error:
        raise _failure([error]) from None
    except (OSError, duckdb.IOException) as error:
        # Of a published file: those of the warehouse are translated
        advice = "Look at its path in the settings, the rights of this user, and the disk."
        raise _failure([PipelineError(f"A file cannot be used: {error}. {advice}")]) from None


def results(
    pipeline: Pipeline,
    context: dg.AssetExecutionContext,
    reports: Mapping[str, "Ingested"],
    partition_keys: Sequence[str] = (),
) -> Iterator[dg.MaterializeResult[None]]:
    """Yield each raw table that is complete as materialized, then fail if any is not."""
    complete = [table for table, report in reports.items() if not report.errors]
    samples = _samples(resources.warehouse(pipeline, context), complete)
    for table in complete:
        key, totals = pipeline.key("mews", table), metadata(reports[table])
        if partition_keys:
            _add_metadata_of_days(context, key, reports[table], partition_keys)
            # Dagster shows the newest day first; in each of years of days, its size would count
            context.add_asset_metadata(samples[table], key, partition_keys[-1])
            # The numbers of a day replace these totals in its own event, and stay first there
            totals = _numbers_of(reports[table], reports[table].rows_by_day) | totals
        else:
            totals |= samples[table]
        yield dg.MaterializeResult(asset_key=key, metadata=totals)
    if errors := [error for report in reports.values() for error in report.errors]:
        raise _failure(errors) from None


def _samples(warehouse: WarehouseResource, tables: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Give the row count of each table, and a few of its rows."""
    with warehouse.get_connection() as connection:
        found = {table: sample(connection, table) for table in tables}
    return {
        table: {"dagster/row_count": count}
        | ({"sample": dg.MetadataValue.table([_record(row) for row in rows])} if rows else {})
        for table, (count, rows) in found.items()
    }


def _record(row: Mapping[str, Any]) -> dg.TableRecord:
    return dg.TableRecord({name: "" if v is None else str(v) for name, v in row.items()})


def _add_metadata_of_days(
    context: dg.AssetExecutionContext,
    key: dg.AssetKey,
    report: "Ingested",
    partition_keys: Iterable[str],
) -> None:
    """Add each day's own numbers, which Dagster plots over the partitions."""
    for partition_key in partition_keys:
        day = day_of(partition_key)
        context.add_asset_metadata(
            _numbers_of(report, [day]), asset_key=key, partition_key=partition_key
        )


def _numbers_of(report: "Ingested", days: Iterable[date]) -> dict[str, int]:
    wanted = list(days)
    return {
        "rows": sum(report.rows_by_day[day] for day in wanted),
        "new_versions": sum(report.new_versions_by_day[day] for day in wanted),
    }


def add_properties(pipeline: Pipeline, context: dg.AssetExecutionContext) -> None:
    """Record the names of the properties by access token, for alerts.

    An alert reads Dagster's records only, so that it never waits for the warehouse.
    """
    with resources.warehouse(pipeline, context).get_connection() as connection:
        names = properties(connection)
    context.add_asset_metadata(
        {"properties": dg.MetadataValue.json(names)}, asset_key=pipeline.key("mews", "enterprises")
    )


def _failure(errors: Sequence[Exception]) -> dg.Failure:
    explained = [error for error in errors if isinstance(error, PipelineError)]
    may_pass = any(error.is_worth_retrying for error in explained)
    passes_by_itself = len(explained) == len(errors) and all(
        error.is_worth_retrying for error in explained
    )
    tokens = {error.token_key for error in explained if error.token_key}
    kinds = {type(error).__name__ for error in errors}
    description = "\n".join(dict.fromkeys(str(error) for error in errors))
    # The first red line of the run; Dagster's own begins with the step and its stack
    dg.get_dagster_logger().error(description)
    return dg.Failure(
        description=description,
        metadata={
            # Alerts tell incidents apart by this: all temporary failures are one incident
            CAUSE: MEWS_IS_UNWELL if passes_by_itself else ", ".join(sorted(kinds | tokens)),
            TOKENS: ", ".join(sorted(tokens)) or "none",
        },
        allow_retries=may_pass,
    )


def metadata(report: "Ingested") -> dict[str, Any]:
    """Give a table's metadata over all its days: rows, requests, retries, seconds, drift."""
    statistics = report.statistics
    found: dict[str, Any] = {
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
        found["fetched_through"] = dg.MetadataValue.timestamp(report.fetched_through)
    if report.drift.fields or report.drift.values:
        found["unknown"] = dg.MetadataValue.json(
            {"fields": dict(report.drift.fields), "values": dict(report.drift.values)}
        )
    if report.refused:
        found["refused"] = report.refused
    return found
