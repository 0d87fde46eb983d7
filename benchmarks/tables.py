"""Format Markdown tables, and describe the machine that they were measured on."""

import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from os import getloadavg
from pathlib import Path
from subprocess import run

from benchmarks.measure import PEERS_PYTHON

_OURS = ("duckdb", "polars", "httpx", "orjson", "dagster", "dbt-core", "dbt-duckdb")
_PEERS = ("dlt", "singer-sdk", "target-duckdb", "pandas", "pyarrow", "duckdb")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Format a Markdown table, first column to the left, the others to the right."""
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine() -> str:
    """Describe the machine and our versions, without names or paths."""
    ours = ", ".join(f"{name} {version(name)}" for name in _OURS)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {_processor()}, {_memory()}, {platform.system()}, Python "
        f"{platform.python_version()}, load {getloadavg()[2]:.1f} over the last 15 minutes (the "
        f"benchmark itself makes about 1 to 2).\n\nOurs: {ours}."
    )


def peers() -> str:
    """Name the versions of the peers."""
    program = (
        "import sys; from importlib.metadata import version;"
        "print(', '.join(f'{name} {version(name)}' for name in sys.argv[1:]))"
    )
    command = [PEERS_PYTHON, "-c", program, *_PEERS]
    return run(command, capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603


def _processor() -> str:
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text().splitlines() if cpus.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(models) or '?'} cores, {models[0] if models else platform.processor()}"


def _memory() -> str:
    info = Path("/proc/meminfo")
    kilobytes = int(info.read_text().split()[1]) if info.exists() else 0
    return f"{kilobytes / 1024**2:.0f} GB" if kilobytes else "unknown memory"
