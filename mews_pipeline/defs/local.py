"""Runs in this very process, recorded in the Dagster instance: what the demo does."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import date
from functools import partial

import dagster as dg

from mews_pipeline.definitions import defs
from mews_pipeline.demo import DemoError, Materialize

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@contextmanager
def runs() -> Iterator[Materialize]:
    """Give the way to materialize a range of days as one run of the job `refresh`."""
    with dg.DagsterInstance.get() as instance:
        yield partial(_materialize, instance)


def _materialize(
    instance: dg.DagsterInstance, tables: Collection[str] | None, first: date, last: date
) -> dict[str, int]:
    result = (
        defs()
        .resolve_job_def("refresh")
        .execute_in_process(
            instance=instance,
            run_config=_QUIET,
            asset_selection=[dg.AssetKey(["mews", t]) for t in tables] if tables else None,
            tags={
                "dagster/asset_partition_range_start": first.isoformat(),
                "dagster/asset_partition_range_end": last.isoformat(),
            },
            raise_on_error=False,
        )
    )
    if not result.success:
        raise DemoError("\n".join(_reasons(result)))
    sums: dict[str, int] = {}
    for event in result.get_asset_materialization_events():
        for name, entry in event.materialization.metadata.items():
            if isinstance(entry.value, int):
                sums[name] = sums.get(name, 0) + entry.value
    return sums


def _reasons(result: dg.ExecuteInProcessResult) -> Iterator[str]:
    for event in result.all_events:
        if event.is_step_failure and (failure := event.step_failure_data):
            said = failure.user_failure_data
            yield f"{event.step_key}: {said.description if said else failure.error}"
