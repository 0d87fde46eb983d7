"""Run `make demo-distributed`: the pipeline as on several machines, with processes of this one.

It starts PostgreSQL, an S3-compatible store, Redis, two workers, Dagster's daemon and webserver,
and a sandbox of 40 hotels behind 12 access tokens. Then it backfills 60 days and builds the models
on the DuckLake.
"""

import os
import signal
import sys
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from time import monotonic

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mews_pipeline.demo import single
from mews_pipeline.demo.cluster.processes import Cluster, ClusterRun, running_cluster
from mews_pipeline.demo.cluster.subprocesses import ClusterError
from mews_pipeline.demo.cluster.webserver import FINISHED, until
from mews_pipeline.extract.entities import UPDATED
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    SandboxOptions,
    portfolio_tokens,
    running_sandbox,
    simulate,
)
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.temporary import temporary_folder

PROPERTIES, TOKENS, GROUPS, DAYS = 40, 12, 4, 60
# Hotels of about ten rooms: this demo is about many hotels, not large ones
_SCALE = 0.25
_TABLES = tuple(entity.table for entity in UPDATED)
console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)


def pipeline_settings(address: str, tokens: list[str], start: date, groups: int) -> dict[str, str]:
    """Return the pipeline's settings: the sandbox, and its tokens in so many groups."""
    return {
        "MEWS_ENV_FILE": "",
        "MEWS_PLATFORM_ADDRESS": address,
        "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
        "MEWS_ACCESS_TOKENS": ",".join(tokens),
        "MEWS_TOKEN_GROUPS": str(groups),
        "MEWS_START_DATE": start.isoformat(),
    }


def partition_keys(start: date, days: int, groups: int) -> list[str]:
    """Return the partition keys of so many days of all groups."""
    return [
        f"{start + timedelta(day)}|{group:03}-of-{groups}"
        for group in range(groups)
        for day in range(days)
    ]


def backfill_and_wait(
    cluster: Cluster, keys: list[str], runs: int, seconds: float
) -> list[ClusterRun]:
    """Backfill, and wait until `runs` partitions have a last run that nothing will retry."""
    backfill = cluster.backfill(_TABLES, keys)

    def finished() -> list[ClusterRun] | None:
        found = cluster.runs(**{"dagster/backfill": backfill})
        last = {run.partition: run for run in found}
        # A failed run gets its tag will_retry shortly after the failure
        is_over = len(last) == runs and all(
            run.status in FINISHED - {"FAILURE"} or run.tags.get("dagster/will_retry") == "false"
            for run in last.values()
        )
        return found if is_over else None

    return until("the backfill ends", finished, seconds)


def _run_job(cluster: Cluster, job: str) -> ClusterRun:
    run = cluster.wait_for_run(cluster.launch(job), 600)
    if run.status != "SUCCESS":
        raise ClusterError(f"The run of {job} failed: {cluster.url}/runs/{run.id}")
    return run


def _print_runs_by_worker(runs: dict[str, ClusterRun]) -> None:
    table = Table(title="Runs by worker", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("worker", "run", "what", "status", "seconds"):
        table.add_column(name, justify="right" if name == "seconds" else "left")
    by_worker = defaultdict(list)
    for what, run in runs.items():
        by_worker[run.worker or "none"].append((what, run))
    for worker, worker_runs in sorted(by_worker.items()):
        for what, run in worker_runs:
            table.add_row(worker, run.id[:8], what, run.status.lower(), f"{run.seconds:.0f}")
    console.print(table)


def main() -> None:
    """Run the demo. Every process is stopped at the end, also on a failure or Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = monotonic()
    today = datetime.now(UTC).date()
    start = today - timedelta(DAYS - 1)
    console.print(f"Simulating {PROPERTIES} hotels behind {TOKENS} access tokens")
    world = simulate(1, start, today, properties=PROPERTIES, scale=_SCALE)
    with (
        temporary_folder() as folder,
        running_sandbox(world, options=SandboxOptions(token_groups=TOKENS)) as address,
    ):
        settings = pipeline_settings(address, portfolio_tokens(world, TOKENS), start, GROUPS)
        console.print("Starting PostgreSQL, SeaweedFS, Redis, two workers, daemon and webserver")
        with running_cluster(folder, settings) as cluster:
            console.print(f"Dagster's UI, while this runs: {cluster.url}")
            runs = {"reference data": _run_job(cluster, "reference_data")}
            console.print(f"Backfilling {DAYS} days in {GROUPS} groups of tokens")
            keys = partition_keys(start, DAYS, GROUPS)
            for run in backfill_and_wait(cluster, keys, GROUPS, 600):
                runs[f"{DAYS} days of group {run.partition.partition('|')[2]}"] = run
            console.print("Building and testing the models on the lake, and publishing")
            runs["models, checks, report"] = _run_job(cluster, "refresh")
            _print_runs_by_worker(runs)
            os.environ.update(cluster.environment)
            analytics = load(LocalSettings).analytics
            single.print_reports(analytics, console, each_property=False)
    console.print(f"Everything is stopped. It took {monotonic() - began:.0f} s.")


if __name__ == "__main__":
    try:
        main()
    except (ClusterError, TimeoutError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
