"""Measure the API client and landing: requests, rate and memory.

`python benchmarks/api.py` prints the figures; it takes about four minutes. Each measured run is a
process of its own. So is the server (far_side.py), which makes its pages so cheaply that it does
not distort the figures. `--only rate|requests|memory` runs one part.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from mews_pipeline.mews import RESERVATIONS_GET_ALL, Credentials, Interval, MewsClient
from mews_pipeline.mews.limiter import REQUESTS, SECONDS
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN
from mews_pipeline.warehouse.base import DEFAULT_TIMEOUT_SECONDS, LandingConnection, LockTable, Log
from mews_pipeline.warehouse.file import DuckDBFile

YEAR = [date(2025, 1, 1) + timedelta(n) for n in range(365)]
PROCESSES = 4
ROUNDS = 4
SIZES = (100_000, 1_000_000)
MEMORY_GOAL_MB, GROWTH_GOAL = 800, 1.3

console = Console()


class TimedFile(DuckDBFile):
    """A warehouse that adds up the seconds during which it was locked for landing."""

    landing_seconds = 0.0

    @contextmanager
    def landings(
        self, log: Log = print, timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS
    ) -> Iterator[LockTable]:
        """Yield a function that locks one raw table for landing, timed."""
        with super().landings(log, timeout_seconds) as lock_table:

            @contextmanager
            def timed(table: str) -> Iterator[LandingConnection]:
                began = time.monotonic()
                with lock_table(table) as landing:
                    yield landing
                self.landing_seconds += time.monotonic() - began

            yield timed


@contextmanager
def far_side(rows: int, limit: int = 0) -> Iterator[str]:
    """Serve that many reservations in a process; yield the address."""
    command = [sys.executable, str(Path(__file__).with_name("far_side.py")), str(rows), str(limit)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout  # noqa: S101
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def request_counts(address: str) -> dict[str, Any]:
    """Return how many requests the server got so far, by status."""
    with urllib.request.urlopen(address) as response:  # noqa: S310
        counts: dict[str, Any] = json.load(response)
        return counts


def child(part: str, address: str, **environment: str) -> subprocess.Popen[str]:
    """Start this file again as the measured process."""
    settings = {
        "MEWS_ENV_FILE": "",
        "MEWS_PLATFORM_ADDRESS": address,
        "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
        "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
        "MEWS_START_DATE": "2025-01-01",
    }
    return subprocess.Popen(  # noqa: S603
        [sys.executable, __file__, "--only", part],
        env=os.environ | settings | environment,
        stdout=subprocess.PIPE,
        text=True,
    )


def rate() -> None:
    """Print the rate used, and the 429s met, when several processes share one token's limit."""
    with far_side(rows=0, limit=REQUESTS) as address:
        for process in [child("ask", address) for _ in range(PROCESSES)]:
            process.communicate()
        counts = request_counts(address)
    # The shortest time for so many requests: the server counts from the first of each window
    shortest = (ROUNDS - 1) * SECONDS
    table = Table(title=f"The limit kept by {PROCESSES} processes: {REQUESTS} in {SECONDS:.0f} s")
    for name in ("requests", "429s", "seconds", "at least", "of the allowed rate"):
        table.add_column(name, justify="right")
    table.add_row(
        str(sum(counts["Statuses"].values())),
        str(counts["Statuses"].get("429", 0)),
        f"{counts['Seconds']:.1f}",
        f"{shortest:.1f}",
        f"{shortest / counts['Seconds']:.1%}",
    )
    console.print(table)


async def ask() -> None:
    """Send this process' share of the requests, many at a time."""
    credentials = Credentials(
        os.environ["MEWS_PLATFORM_ADDRESS"],
        SecretStr(CLIENT_TOKEN),
        SecretStr(PORTFOLIO_TOKEN),
        "benchmark 1.0.0",
    )
    instant = datetime(2025, 1, 1, tzinfo=UTC)
    request = RESERVATIONS_GET_ALL.request(updated_utc=Interval(instant, instant))
    async with MewsClient(credentials) as client, asyncio.TaskGroup() as tasks:

        async def one() -> None:
            async for _ in client.pages(RESERVATIONS_GET_ALL, request):
                pass

        for _ in range(REQUESTS * ROUNDS // PROCESSES):
            tasks.create_task(one())


def requests() -> None:
    """Print the requests of a year's backfill, by its number of reservations."""
    table = Table(title="A year's backfill of one operation and token")
    for name in ("reservations", "requests", "goal: 1.1 R/1000 + 2 per 3 months", "seconds"):
        table.add_column(name, justify="right")
    for rows in (10_000, SIZES[0]):
        figures = backfill(rows)
        goal = 1.1 * rows / 1000 + 2 * 4
        table.add_row(
            f"{rows:,}", f"{figures['requests']:,}", f"{goal:,.0f}", f"{figures['seconds']:.1f}"
        )
    console.print(table)


def memory() -> None:
    """Print the peak memory of fetching and landing, by the number of reservations."""
    table = Table(title="Fetching and landing a year in one run, with Dagster loaded")
    for name in ("reservations", "peak MB", "rows/s", "seconds", "of which landing"):
        table.add_column(name, justify="right")
    peaks = []
    for rows in SIZES:
        figures = backfill(rows)
        peaks.append(figures["peak_mb"])
        table.add_row(
            f"{rows:,}",
            f"{figures['peak_mb']:,.0f}",
            f"{rows / figures['seconds']:,.0f}",
            f"{figures['seconds']:.1f}",
            f"{figures['landing']:.1f}",
        )
    console.print(table)
    console.print(
        f"{SIZES[1]:,} take {peaks[1] / peaks[0]:.2f} times the memory of {SIZES[0]:,} "
        f"(goals: under {MEMORY_GOAL_MB} MB, at most {GROWTH_GOAL} times)"
    )


def backfill(rows: int) -> dict[str, Any]:
    """Return the figures of one backfill of the year."""
    with far_side(rows) as address, tempfile.TemporaryDirectory() as folder:
        warehouse = str(Path(folder) / "warehouse.duckdb")
        process = child("update", address, MEWS_WAREHOUSE=warehouse, MEWS_RATE_LIMIT="1000000")
        figures: dict[str, Any] = json.loads(process.communicate()[0])
        figures["requests"] = sum(request_counts(address)["Statuses"].values())
    if figures["rows"] != rows:
        raise SystemExit(f"{figures['rows']} rows landed instead of {rows}")
    return figures


def update() -> None:
    """Do the backfill in this process and print its figures as JSON."""
    import mews_pipeline.defs.resources  # noqa: F401, PLC0415 - a run has Dagster in memory
    from mews_pipeline.extract.entities import RESERVATIONS  # noqa: PLC0415
    from mews_pipeline.ingest import Ingest  # noqa: PLC0415
    from mews_pipeline.settings import Settings, load  # noqa: PLC0415
    from mews_pipeline.warehouse.landing import Run  # noqa: PLC0415

    settings = load(Settings)
    warehouse = TimedFile(Path(settings.warehouse))
    work = Ingest(settings, warehouse, Run("benchmark", "benchmark"), lambda _: None)
    ingested = work.updates([RESERVATIONS], YEAR)["reservations"]
    for error in ingested.errors:
        raise error
    figures = {
        "rows": ingested.new_versions,
        "seconds": ingested.seconds,
        "landing": warehouse.landing_seconds,
        # kilobytes on Linux, bytes on macOS
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        / (1024 * (1024 if sys.platform == "darwin" else 1)),
    }
    sys.stdout.write(json.dumps(figures))


def main() -> None:
    """Print the figures, or run as one of the measured processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = {"rate": rate, "requests": requests, "memory": memory}
    children = {"ask": lambda: asyncio.run(ask()), "update": update}
    parser.add_argument("--only", choices=[*parts, *children], metavar="|".join(parts))
    only = parser.parse_args().only
    for part in [(parts | children)[only]] if only else parts.values():
        part()


if __name__ == "__main__":
    main()
