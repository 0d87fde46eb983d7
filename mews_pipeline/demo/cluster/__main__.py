"""`make demo-distributed`: the pipeline on several machines, all of them played by this one.

PostgreSQL, an S3-compatible store, Redis, two workers, Dagster's daemon and webserver; 40 hotels
behind 12 access tokens; 60 days backfilled, and the models built on the DuckLake.
"""

import os
import signal
import sys
import tempfile
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from mews_pipeline.demo import single
from mews_pipeline.demo.cluster.processes import Cluster, RunSeen, cluster
from mews_pipeline.demo.cluster.servers import ServerError
from mews_pipeline.demo.cluster.webserver import OVER, until
from mews_pipeline.extract.entities import UPDATED
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    SandboxOptions,
    portfolio_tokens,
    running_sandbox,
    simulate,
)
from mews_pipeline.warehouse.factory import the_warehouse

PROPERTIES, TOKENS, GROUPS, DAYS = 40, 12, 4, 60
# Hotels of about ten rooms: many of them, not large ones
_SCALE = 0.25
_TABLES = tuple(entity.table for entity in UPDATED)
console = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 120)


def settings(address: str, tokens: list[str], start: date, groups: int) -> dict[str, str]:
    """What the pipeline is told: the sandbox, its tokens in so many groups."""
    return {
        "MEWS_ENV_FILE": "",
        "MEWS_PLATFORM_ADDRESS": address,
        "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
        "MEWS_ACCESS_TOKENS": ",".join(tokens),
        "MEWS_TOKEN_GROUPS": str(groups),
        "MEWS_START_DATE": start.isoformat(),
    }


def partitions(start: date, days: int, groups: int) -> list[str]:
    """The keys of so many days of all groups."""
    return [
        f"{start + timedelta(day)}|{group:03}-of-{groups}"
        for group in range(groups)
        for day in range(days)
    ]


def backfilled(playing: Cluster, keys: list[str], runs: int, seconds: float) -> list[RunSeen]:
    """Backfill, and wait until as many runs have ended (well or not) as nothing will retry."""
    backfill = playing.backfill(_TABLES, keys)

    def over() -> list[RunSeen] | None:
        found = playing.runs(**{"dagster/backfill": backfill})
        last = {run.partition: run for run in found}
        # That a failed run will not be done again is told a moment after its failure
        is_over = len(last) == runs and all(
            run.status in OVER - {"FAILURE"} or run.tags.get("dagster/will_retry") == "false"
            for run in last.values()
        )
        return found if is_over else None

    return until("the backfill ends", over, seconds)


def _launched(playing: Cluster, job: str) -> RunSeen:
    run = playing.ended(playing.launch(job), 600)
    if run.status != "SUCCESS":
        raise ServerError(f"The run of {job} failed: {playing.url}/runs/{run.id}")
    return run


def _who_did_what(runs: dict[str, RunSeen]) -> None:
    table = Table(title="Who did what", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in ("worker", "run", "what", "ended", "seconds"):
        table.add_column(name, justify="right" if name == "seconds" else "left")
    by_worker = defaultdict(list)
    for what, run in runs.items():
        by_worker[run.worker or "none"].append((what, run))
    for worker, done in sorted(by_worker.items()):
        for what, run in done:
            table.add_row(worker, run.id[:8], what, run.status.lower(), f"{run.seconds:.0f}")
    console.print(table)


def main() -> None:
    """Play it. Whatever was started is stopped, also on a failure or Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    began = monotonic()
    today = datetime.now(UTC).date()
    start = today - timedelta(DAYS - 1)
    console.print(f"Simulating {PROPERTIES} hotels behind {TOKENS} access tokens")
    world = simulate(1, start, today, properties=PROPERTIES, scale=_SCALE)
    with (
        tempfile.TemporaryDirectory(prefix="mews_pipeline-") as name,
        running_sandbox(world, options=SandboxOptions(token_groups=TOKENS)) as address,
    ):
        folder = Path(name)
        told = settings(address, portfolio_tokens(world, TOKENS), start, GROUPS)
        console.print("Starting PostgreSQL, SeaweedFS, Redis, two workers, daemon and webserver")
        with cluster(folder, told) as playing:
            console.print(f"Dagster's UI, while this runs: {playing.url}")
            runs = {"reference data": _launched(playing, "reference_data")}
            console.print(f"Backfilling {DAYS} days in {GROUPS} groups of tokens")
            keys = partitions(start, DAYS, GROUPS)
            for run in backfilled(playing, keys, GROUPS, 600):
                runs[f"{DAYS} days of group {run.partition.partition('|')[2]}"] = run
            console.print("Building and testing the models on the lake, and publishing")
            runs["models, checks, report"] = _launched(playing, "refresh")
            _who_did_what(runs)
            os.environ.update(playing.environment)
            single.print_reports(the_warehouse(), today, console, each_property=False)
    console.print(f"All of it stopped. It took {monotonic() - began:.0f} s.")


if __name__ == "__main__":
    try:
        main()
    except (ServerError, TimeoutError) as error:
        Console(stderr=True).print(str(error), style="red", markup=False, highlight=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
