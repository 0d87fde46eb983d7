"""Run the demo's jobs in this process, recorded in the Dagster instance."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, redirect_stdout
from datetime import date
from functools import partial
from io import StringIO
from typing import Any

import dagster as dg

from mews_pipeline.definitions import defs
from mews_pipeline.demo.single import SUMS, DemoError, Materialize

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@contextmanager
def runs() -> Iterator[Materialize]:
    """Yield a function that materializes a range of days as one run of the job `whole_chain`."""
    with dg.DagsterInstance.get() as instance:
        yield partial(_materialize, instance)


def _materialize(
    instance: dg.DagsterInstance, tables: Collection[str] | None, first: date, last: date
) -> dict[str, int]:
    job = defs().resolve_job_def("whole_chain")
    with redirect_stdout(StringIO()):  # dbt logs to stdout
        result = job.execute_in_process(
            instance=instance,
            run_config=_QUIET,
            asset_selection=[dg.AssetKey(["mews", t]) for t in tables] if tables else None,
            tags={
                "dagster/asset_partition_range_start": first.isoformat(),
                "dagster/asset_partition_range_end": last.isoformat(),
            },
            raise_on_error=False,
        )
    if not result.success:
        raise DemoError("\n".join(_reasons(result)))
    # A run over many days repeats its sums for each day: keep one entry per asset
    sums = {
        event.asset_key: event.materialization.metadata
        for event in result.get_asset_materialization_events()
    }
    return {name: sum(_number(metadata.get(name)) for metadata in sums.values()) for name in SUMS}


def _number(entry: dg.MetadataValue[Any] | None) -> int:
    return int(entry.value) if entry else 0


def _reasons(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    for event in result.all_events:
        if event.is_step_failure and (failure := event.step_failure_data):
            described, error = failure.user_failure_data, failure.error
            why = described.description if described else error and error.message
            yield f"{event.step_key}: {why}"
