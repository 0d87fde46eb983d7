"""Format one run as Markdown tables: what was measured, the goals, and the machine."""

import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from os import getloadavg
from pathlib import Path
from subprocess import run

from benchmarks.ingest import LARGE, SMALL, Result
from benchmarks.measure import PEERS_PYTHON
from benchmarks.refresh import Read, Refreshed

_OURS = ("duckdb", "polars", "httpx", "orjson", "dagster", "dbt-core", "dbt-duckdb")
_PEERS = ("dlt", "singer-sdk", "target-duckdb", "pandas", "pyarrow", "duckdb")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format a Markdown table, first column to the left, the others to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine() -> str:
    """Describe the machine and the versions, without names or paths."""
    program = (
        "import sys; from importlib.metadata import version;"
        "print(', '.join(f'{name} {version(name)}' for name in sys.argv[1:]))"
    )
    command = [PEERS_PYTHON, "-c", program, *_PEERS]
    peers = run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603
    ours = ", ".join(f"{name} {version(name)}" for name in _OURS)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, {_memory()}, {platform.system()}, Python "
        f"{platform.python_version()}, load {getloadavg()[2]:.1f} over the last 15 minutes (the "
        f"benchmark itself makes about 1 to 2).\n\nOurs: {ours}. Peers: {peers}."
    )


def _processor() -> str:
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text().splitlines() if cpus.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models) or '?'} cores, {models[0] if models else platform.processor()}"


def _memory() -> str:
    info = Path("/proc/meminfo")
    kilobytes = int(info.read_text().split()[1]) if info.exists() else 0
    return f"{kilobytes / 1024**2:.0f} GB" if kilobytes else "unknown memory"


def ingest(results: Sequence[Result]) -> str:
    """Format the way from the API to DuckDB, with its goals."""
    floors = {one.case.rows: one for one in results if one.case.contender == "floor"}
    ours = {one.case.rows: one for one in results if one.case.contender == "ours"}
    peers = [one for one in results if one.case.contender.startswith(("dlt", "Singer"))]
    fastest = max(peers, key=lambda one: one.rows_per_second)
    rows = []
    for one in results:
        rows_per_second = f"{one.rows_per_second:,.0f}"
        floor = floors.get(one.case.rows)
        missing = one.measured.missing
        rows.append([
            one.case.contender, f"{one.case.rows:,}", f"{one.measured.seconds:.1f}",
            rows_per_second, f"{one.rows_per_second / fastest.rows_per_second:.1f}",
            f"{one.cpu_per_million:.0f}",
            f"{one.cpu_per_million / floor.cpu_per_million:.2f}" if floor else "",
            f"{one.measured.peak_mb:,.0f}", f"{one.case.rows // 1000:,}",
            ", ".join(filter(None, [
                one.case.note, f"{missing} row did not arrive" if missing else "",
            ])),
        ])  # fmt: skip
    heads = [
        "contender", "rows", "s", "rows/s", "x fastest peer", "CPU s per million", "x floor's CPU",
        "peak MB", "requests", "",
    ]  # fmt: skip
    small, large = ours[SMALL], ours[LARGE]
    goals = [
        _goal("rows/s, x fastest peer, 100,000 rows",
              small.rows_per_second / fastest.rows_per_second, 10, at_least=True),
        _goal("rows/s, x fastest peer, 1,000,000 rows",
              large.rows_per_second / fastest.rows_per_second, 10, at_least=True),
        _goal("CPU, x floor, 100,000 rows",
              small.cpu_per_million / floors[SMALL].cpu_per_million, 2),
        _goal("CPU, x floor, 1,000,000 rows",
              large.cpu_per_million / floors[LARGE].cpu_per_million, 2),
        _goal("peak memory, 1,000,000 rows x 100,000 rows",
              large.measured.peak_mb / small.measured.peak_mb, 1.3),
        _goal("peak MB, 1,000,000 rows", large.measured.peak_mb, 800),
    ]  # fmt: skip
    return f"{table(heads, rows)}\n\n{_goals(goals)}"


def refresh(little: Refreshed, much: Refreshed, read: Read, load_seconds: float) -> str:
    """Format a refresh on little and on much history, publishing, and analysts' queries."""
    rows = [
        [
            f"{one.versions:,}", f"{one.made_seconds:.0f}", f"{one.first_build.seconds:.0f}",
            f"{one.landing_seconds:.1f}", f"{one.build.seconds:.1f}",
            f"{one.build.cpu_seconds:.1f}", f"{one.seconds:.1f}", f"{one.unchanged.seconds:.1f}",
            f"{one.build.peak_mb:,.0f}", f"{one.bytes_per_version:.0f}",
        ]
        for one in (little, much)
    ]  # fmt: skip
    heads = [
        "versions", "made in s", "first build s", "landing s", "dbt s", "dbt CPU s", "refresh s",
        "nothing new: dbt s", "dbt peak MB", "bytes per version",
    ]  # fmt: skip
    goals = [
        _goal("refresh, much x little history", much.seconds / little.seconds, 1.5),
        _goal("refresh on much history, s", much.seconds, 30),
        _goal("dbt build, nothing new, little history, s", little.unchanged.seconds, 20),
        _goal("dbt build, nothing new, much history, s", much.unchanged.seconds, 20),
        _goal(f"publishing {read.rows:,} rows ({read.megabytes:,.0f} MB), s",
              read.publish_seconds, 15),
        _goal("code location loads, s", load_seconds, 4),
        *(_goal(f"{name}, cold, ms", taken, 200) for name, taken in read.milliseconds.items()),
    ]  # fmt: skip
    slowest = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in much.slowest)
    return f"{table(heads, rows)}\n\nSlowest on much history: {slowest}.\n\n{_goals(goals)}"


def _goal(what: str, found: float, wanted: float, *, at_least: bool = False) -> list[str]:
    ratio = wanted / found if at_least else found / wanted
    verdict = "met" if ratio <= 1 else f"missed by {ratio:.2f} x"
    return [what, f"{found:,.2f}", f"{'≥' if at_least else '≤'} {wanted:g}", verdict]


def _goals(goals: Iterable[Sequence[str]]) -> str:
    return table(["goal", "found", "wanted", ""], goals)
