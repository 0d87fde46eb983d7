"""Measure a command: wall clock, CPU, peak memory. For Linux and macOS."""

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import median

_ROOT = Path(__file__).parents[1]
PYTHON = str(_ROOT / ".venv/bin/python")
PEERS_PYTHON = str(_ROOT / ".venv-bench/bin/python")
# The unit of ru_maxrss in bytes, and a megabyte
_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_MB = 1_000_000
# A small process starts the commands: a child's peak begins with its parent's memory
_starter = ProcessPoolExecutor(1, multiprocessing.get_context("forkserver"))


@dataclass(frozen=True)
class Measured:
    """Seconds of wall clock and of CPU (of all processes), peak resident memory (their sum).

    `printed` is what the last process wrote to standard output; `missing` is the number of rows
    that did not arrive.
    """

    seconds: float
    cpu_seconds: float
    peak_mb: float
    printed: str = ""
    missing: int = 0


def run(
    *commands: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
) -> Measured:
    """Run commands piped into each other, and measure them from start to end.

    Raises RuntimeError with the end of their output when one fails.
    """
    return _starter.submit(_run, commands, folder, dict(environment or {})).result()


def _run(
    commands: Sequence[Sequence[str]], folder: Path, environment: Mapping[str, str]
) -> Measured:
    # Keep compiled modules, as anybody who installs the contenders would
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment = inherited | {"PYTHONPATH": str(_ROOT)} | dict(environment)
    began = time.monotonic()
    processes: list[subprocess.Popen[bytes]] = []
    with (
        (folder / "errors.txt").open("wb") as errors,
        (folder / "printed.txt").open("wb") as printed,
    ):
        for number, command in enumerate(commands, 1):
            process = subprocess.Popen(  # noqa: S603 - our own commands
                command,
                cwd=folder,
                env=environment,
                stdin=processes[-1].stdout if processes else subprocess.DEVNULL,
                stdout=printed if number == len(commands) else subprocess.PIPE,
                stderr=errors,
            )
            if processes and (feed := processes[-1].stdout):
                feed.close()
            processes.append(process)
        ended = [os.wait4(process.pid, 0) for process in processes]
    seconds = time.monotonic() - began
    for process, (_, status, _) in zip(processes, ended, strict=True):
        process.returncode = os.waitstatus_to_exitcode(status)
    if any(process.returncode for process in processes):
        # dbt tells its errors on its standard output
        ends = [(folder / name).read_text()[-3000:] for name in ("errors.txt", "printed.txt")]
        raise RuntimeError(f"{commands} failed:\n" + "\n".join(ends))
    return Measured(
        seconds,
        sum(usage.ru_utime + usage.ru_stime for _, _, usage in ended),
        sum(usage.ru_maxrss for _, _, usage in ended) * _RSS_UNIT / _MB,
        (folder / "printed.txt").read_text(),
    )


def medians(rounds: Sequence[Measured]) -> Measured:
    """Return the median of each figure over the rounds."""
    return Measured(
        median(one.seconds for one in rounds),
        median(one.cpu_seconds for one in rounds),
        median(one.peak_mb for one in rounds),
        rounds[0].printed,
        max(one.missing for one in rounds),
    )
