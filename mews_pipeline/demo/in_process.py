"""Run the demo's jobs in this process, recorded in the Dagster instance."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date
from functools import partial
from io import StringIO
from typing import Any
from uuid import uuid4

import dagster as dg

from mews_pipeline.definitions import defs
from mews_pipeline.defs.event_log import open_instance
from mews_pipeline.defs.partitions import key, range_tags
from mews_pipeline.defs.steps import metadata
from mews_pipeline.demo.single import SNAPSHOT, Materialize, Range, Refresh, Sums
from mews_pipeline.demo_mode import DemoError
from mews_pipeline.extract.entities import UPDATED
from mews_pipeline.ingest import Ingest, Ingested
from mews_pipeline.settings import Settings, load
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.landing import Run

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@contextmanager
def runs() -> Iterator[tuple[Materialize, Refresh]]:
    """Yield how to materialize tables as one run of the job `whole_chain`, and to refresh a day."""
    job = defs().resolve_job_def("whole_chain")
    with open_instance() as instance:
        yield partial(_materialize, instance, job), partial(_refresh, instance)


def _refresh(instance: dg.DagsterInstance, day: date) -> Sums:
    """Fetch and land one day and the reference data; record the day without a run.

    A run of its own would cost a refresh of the demo several times what it does.
    """
    settings, run_id = load(Settings), str(uuid4())
    work = Ingest(settings, warehouse_of(settings.warehouse), Run(run_id, run_id), lambda _: None)
    reports = {**work.reference(), **work.updates(UPDATED, [day])}
    if errors := [error for report in reports.values() for error in report.errors]:
        raise DemoError("\n".join(map(str, errors)))
    for entity in UPDATED:
        instance.report_runless_asset_event(
            dg.AssetMaterialization(
                ["mews", entity.table],
                partition=day.isoformat(),
                metadata=metadata(reports[entity.table]),
            )
        )
    return sum(map(_sums_of, reports.values()), start=Sums())


def _sums_of(report: Ingested) -> Sums:
    return Sums(report.rows, report.statistics.requests, report.new_versions)


def _materialize(
    instance: dg.DagsterInstance,
    job: dg.JobDefinition,
    tables: Collection[str] | None,
    days: Range | None,
) -> Sums:
    with redirect_stdout(StringIO()):  # dbt logs to stdout
        result = job.execute_in_process(
            instance=instance,
            run_config=_QUIET,
            asset_selection=[dg.AssetKey(["mews", t]) for t in tables] if tables else None,
            tags=range_tags(*map(key, days)) if days else None,
            raise_on_error=False,
        )
    if not result.success:
        raise DemoError("\n".join(_reasons(result)))
    # A run over many days repeats its sums for each day: keep one entry per asset
    found = {
        event.asset_key: event.materialization.metadata
        for event in result.get_asset_materialization_events()
        if event.asset_key
    }
    snapshot = found.pop(dg.AssetKey(["mews", SNAPSHOT]), {})
    sums = {
        name: sum(_number(entries.get(name)) for entries in found.values())
        for name in ("rows_fetched", "requests", "versions_landed")
    }
    return Sums(
        rows=sums["rows_fetched"],
        requests=sums["requests"] + _number(snapshot.get("requests")),
        new_versions=sums["versions_landed"],
        availability_rows=_number(snapshot.get("rows_fetched")),
    )


def _number(entry: dg.MetadataValue[Any] | None) -> int:
    return int(entry.value) if entry else 0


def _reasons(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    for event in result.all_events:
        if event.is_step_failure and (failure := event.step_failure_data):
            described, error = failure.user_failure_data, failure.error
            why = described.description if described else error and error.message
            yield f"{event.step_key}: {why}"
