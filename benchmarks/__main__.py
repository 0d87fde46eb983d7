"""Run all benchmarks, in about twenty minutes: make bench."""

import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from benchmarks import figures, ingest, queries, refresh, results, tables
from benchmarks.law import HISTORIES, ITEM_HISTORIES
from benchmarks.measure import PYTHON, run

_RESULTS = Path(__file__).with_name("results.md")
_PEERS_NOTE = (
    "All contenders in turn, one after the other, against one stand-in server that serves pages "
    "rendered and compressed beforehand; medians of three rounds unless a row says otherwise. "
    "Seconds and CPU are of whole processes, Python's start included, except for the floor (the "
    "same bytes downloaded and parsed once, ready frames written once), where only that is "
    "counted. Peers are measured on 50,000 rows; the peaks of two piped processes are added."
)


def main() -> None:
    """Measure, print, and write results.md and figures.json beside this file."""
    console = Console()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mews_pipeline-bench-") as name:
        folder = Path(name)
        compared = ingest.compare(folder, console.log)
        taken, of_rooms = _refreshes(folder, "reservations", HISTORIES[:-1], console)
        of_items, of_money = _refreshes(folder, "order_items", ITEM_HISTORIES[:-1], console)
        milliseconds = queries.read(of_rooms, queries.ROOMS) | queries.read(of_money, queries.MONEY)
        load_seconds = _load_seconds(folder)
    minutes = (time.monotonic() - began) / 60
    text = (
        f"# Benchmarks\n\n{tables.machine()} Peers: {tables.peers()}. Taken in {minutes:.0f} "
        f"minutes by `make bench`.\n\n## From the API to DuckDB\n\n{_PEERS_NOTE}\n\n"
        f"{results.ingest(compared)}\n\n## A refresh of {refresh.CHANGED:,} changed reservations\n"
        f"\n{results.refresh(taken, milliseconds, load_seconds)}\n"
        f"\n## A refresh of {refresh.CHANGED:,} changed order items\n"
        f"\n{results.refresh_of_items(of_items)}\n"
    )
    figures.write(compared, taken, load_seconds)
    _RESULTS.write_text(text)
    console.print(Markdown(text))


def _refreshes(
    folder: Path, table: str, histories: Sequence[int], console: Console
) -> tuple[list[refresh.Refreshed], Path]:
    """Measure refreshes on ever more history; return the copy of the longest one, too."""
    taken = []
    for versions in histories:
        warehouse = folder / table / str(versions) / "warehouse.duckdb"
        taken.append(refresh.refresh(warehouse, table, versions, console.log))
    return taken, refresh.analytics_of(warehouse)


def _load_seconds(folder: Path) -> float:
    """Return the seconds in which a new process loads the definitions, the better of two."""
    program = "import mews_pipeline.definitions as found; found.defs()"
    environment = {"DAGSTER_HOME": os.environ.get("DAGSTER_HOME", str(folder))}
    command = [PYTHON, "-c", program]
    return min(run(command, folder=folder, environment=environment).seconds for _ in range(2))


if __name__ == "__main__":
    main()
