"""How much is asked, how fast, and in how much memory: the figures of the API client and landing.

`python benchmarks/api.py` prints them; it takes about four minutes. Each measured run is a process
of its own, and so is the server (far_side.py), which makes its pages so cheaply that it is not what
is measured. `--only rate|requests|memory` for one part.
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
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from mews_pipeline.mews import RESERVATIONS_GET_ALL, Credentials, Interval, MewsClient
from mews_pipeline.mews.limiter import REQUESTS, SECONDS
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN

YEAR = [date(2025, 1, 1) + timedelta(n) for n in range(365)]
PROCESSES = 4
ROUNDS = 4
SIZES = (100_000, 1_000_000)
MEMORY_GOAL_MB, GROWTH_GOAL = 800, 1.3

console = Console()


@contextmanager
def far_side(rows: int, limit: int = 0) -> Iterator[str]:
    """Serve that many reservations in a process; give the address."""
    command = [sys.executable, str(Path(__file__).with_name("far_side.py")), str(rows), str(limit)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603
        assert server.stdout  # noqa: S101
        try:
            yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        finally:
            server.terminate()


def told(address: str) -> dict[str, Any]:
    """What the server was asked so far."""
    with urllib.request.urlopen(address) as answer:  # noqa: S310
        counts: dict[str, Any] = json.load(answer)
        return counts


def child(part: str, address: str, **environment: str) -> subprocess.Popen[str]:
    """Start this file again as the process that is measured."""
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
    """The rate used, and the 429s met, when several processes share one token's limit."""
    with far_side(rows=0, limit=REQUESTS) as address:
        for process in [child("ask", address) for _ in range(PROCESSES)]:
            process.communicate()
        counts = told(address)
    # so many requests cannot take less than this, a server counting from the first of each window
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
    """Ask as often as this process' share is, many at a time."""
    connection = Credentials(
        os.environ["MEWS_PLATFORM_ADDRESS"],
        SecretStr(CLIENT_TOKEN),
        SecretStr(PORTFOLIO_TOKEN),
        "benchmark 1.0.0",
    )
    instant = Interval("2025-01-01T00:00:00Z", "2025-01-01T00:00:00Z")
    request = RESERVATIONS_GET_ALL.request(updated_utc=instant)
    async with MewsClient(connection) as client, asyncio.TaskGroup() as tasks:

        async def one() -> None:
            async for _ in client.pages(RESERVATIONS_GET_ALL, request):
                pass

        for _ in range(REQUESTS * ROUNDS // PROCESSES):
            tasks.create_task(one())


def requests() -> None:
    """The requests of a year's backfill, by how many reservations it has."""
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
    """The peak memory of fetching and landing, by how many reservations it is."""
    table = Table(title="Fetching and landing a year in one run, Dagster's resources loaded")
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
    """Give the figures of one backfill of the year."""
    with far_side(rows) as address, tempfile.TemporaryDirectory() as folder:
        warehouse = str(Path(folder) / "warehouse.duckdb")
        process = child("update", address, MEWS_WAREHOUSE=warehouse, MEWS_RATE_LIMIT="1000000")
        figures: dict[str, Any] = json.loads(process.communicate()[0])
        figures["requests"] = sum(told(address)["Statuses"].values())
    if figures["rows"] != rows:
        raise SystemExit(f"{figures['rows']} rows landed instead of {rows}")
    return figures


def update() -> None:
    """Do the backfill in this process and print its figures as JSON."""
    from mews_pipeline.defs.resources import warehouse  # noqa: PLC0415
    from mews_pipeline.extract.entities import RESERVATIONS  # noqa: PLC0415
    from mews_pipeline.ingest import Ingest  # noqa: PLC0415
    from mews_pipeline.settings import Settings, load  # noqa: PLC0415
    from mews_pipeline.warehouse.landing import Run  # noqa: PLC0415

    landing = 0.0

    @contextmanager
    def opened() -> Iterator[Any]:
        nonlocal landing
        started = time.monotonic()
        with warehouse().open(lambda _: None) as connection:
            yield connection
        landing += time.monotonic() - started

    work = Ingest(load(Settings), opened, Run("benchmark", "benchmark"), lambda _: None)
    report = work.updates([RESERVATIONS], YEAR)["reservations"]
    for error in report.errors:
        raise error
    figures = {
        "rows": report.new_versions,
        "seconds": report.seconds,
        "landing": landing,
        # kilobytes on Linux, bytes on macOS
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        / (1024 * (1024 if sys.platform == "darwin" else 1)),
    }
    sys.stdout.write(json.dumps(figures))


def main() -> None:
    """Print the figures, or be one of the processes that are measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parts = {"rate": rate, "requests": requests, "memory": memory}
    children = {"ask": lambda: asyncio.run(ask()), "update": update}
    parser.add_argument("--only", choices=[*parts, *children], metavar="|".join(parts))
    only = parser.parse_args().only
    for part in [(parts | children)[only]] if only else parts.values():
        part()


if __name__ == "__main__":
    main()
