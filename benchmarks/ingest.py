"""Measure the way from the API to DuckDB: ours, its peers, plain code and the floor, in turn."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import orjson

from benchmarks.measure import PEERS_PYTHON, PYTHON, Measured, medians, run
from benchmarks.pages import PAGE_ROWS

SMALL, LARGE, PEERS = 100_000, 1_000_000, 50_000
ROUNDS = 3
_TARGET_DUCKDB = str(Path(PEERS_PYTHON).with_name("target-duckdb"))


@dataclass(frozen=True)
class Case:
    """One contender on one number of rows; `program` runs it in an empty folder."""

    contender: str
    rows: int
    rounds: int
    program: Callable[[str, Path], Measured]
    note: str = ""
    table: str = "reservations"

    @property
    def listing(self) -> str:
        """Return the path of the case's listing on the stand-in server."""
        return f"{self.table}/{self.rows}"


@dataclass(frozen=True)
class Result:
    """What a case took, the median of its rounds."""

    case: Case
    measured: Measured

    @property
    def rows_per_second(self) -> float:
        """Return the rows per second of wall clock, Python's start included."""
        return self.case.rows / self.measured.seconds

    @property
    def cpu_per_million(self) -> float:
        """Return the CPU seconds per million rows."""
        return self.measured.cpu_seconds * 1_000_000 / self.case.rows


def _module(name: str) -> str:
    return f"benchmarks.contenders.{name}"


def _ours(address: str, folder: Path) -> Measured:
    """Run ours, and keep its rows for the floor, outside the measured time."""
    warehouse, frames, table = folder / "warehouse.duckdb", *_frames(address, folder)
    measured = run([PYTHON, "-m", _module("ours"), address, str(warehouse), table], folder=folder)
    if not frames.exists():
        with duckdb.connect(str(warehouse)) as connection:
            connection.execute(f"copy raw.{table} to '{frames}'")
    return measured


def _frames(address: str, folder: Path) -> tuple[Path, str]:
    """Return where the rows of a listing are kept for the floor, and the listing's raw table."""
    table, rows = address.split("/")[-2:]
    return folder.parent / f"ready-{table}-{rows}.parquet", table


def _plain(address: str, folder: Path) -> Measured:
    return run(
        [PEERS_PYTHON, "-m", _module("plain"), address, str(folder / "warehouse.duckdb")],
        folder=folder,
    )


def _dlt(file_format: str) -> Callable[[str, Path], Measured]:
    def program(address: str, folder: Path) -> Measured:
        warehouse = str(folder / "warehouse.duckdb")
        return run(
            [PEERS_PYTHON, "-m", _module("dlt_rest_api"), address, warehouse, file_format],
            folder=folder,
            environment={"RUNTIME__DLTHUB_TELEMETRY": "false"},
        )

    return program


def _singer(address: str, folder: Path) -> Measured:
    configuration = {"path": str(folder / "warehouse.duckdb"), "default_target_schema": "raw"}
    (folder / "target.json").write_bytes(orjson.dumps(configuration))
    return run(
        [PEERS_PYTHON, "-m", _module("singer_tap"), address],
        [_TARGET_DUCKDB, "-c", str(folder / "target.json")],
        folder=folder,
    )


def _floor(address: str, folder: Path) -> Measured:
    warehouse, (frames, table) = str(folder / "warehouse.duckdb"), _frames(address, folder)
    command = [PEERS_PYTHON, "-m", _module("floor"), address, warehouse, str(frames), table]
    whole = run(command, folder=folder)
    seconds, cpu_seconds = map(float, whole.printed.split())
    return Measured(seconds, cpu_seconds, whole.peak_mb)


CASES = [
    Case("ours", SMALL, ROUNDS, _ours),
    Case("plain", SMALL, ROUNDS, _plain),
    Case("floor", SMALL, ROUNDS, _floor),
    Case("dlt, parquet", PEERS, ROUNDS, _dlt("parquet")),
    Case("Singer", PEERS, ROUNDS, _singer),
    Case("dlt, default", PEERS, 1, _dlt("default"), "one round"),
    Case("ours", LARGE, ROUNDS, _ours),
    Case("floor", LARGE, ROUNDS, _floor),
    Case("plain", LARGE, 1, _plain, "one round"),
    Case("ours, order items", SMALL, ROUNDS, _ours, table="order_items"),
    Case("floor, order items", SMALL, ROUNDS, _floor, table="order_items"),
]


def compare(folder: Path, log: Callable[[str], object]) -> list[Result]:
    """Run every case, round by round; a first run of each small one warms its modules."""
    taken: dict[Case, list[Measured]] = {case: [] for case in CASES}
    first = {case: replace(case, rows=PAGE_ROWS) for case in CASES if case.rows != LARGE}
    listings = {case.listing for case in (*CASES, *first.values())}
    with serving(sorted(listings)) as address:
        for case in first.values():
            _once(case, address, folder)
        for number in range(1, ROUNDS + 1):
            for case in (case for case in CASES if case.rounds >= number):
                measured = _once(case, address, folder)
                taken[case].append(measured)
                log(f"{case.contender}, {case.rows:,} rows: {measured.seconds:.1f} s")
    return [Result(case, medians(rounds)) for case, rounds in taken.items()]


def _once(case: Case, address: str, folder: Path) -> Measured:
    own, rows = folder / "contender", case.rows
    own.mkdir()
    try:
        measured = case.program(f"{address}/{case.listing}", own)
        landed = _landed(own / "warehouse.duckdb", case.table)
    finally:
        shutil.rmtree(own)
    # Singer's target sometimes loses one row of 50,000; the table shows it
    if not 0 <= rows - landed <= rows // PAGE_ROWS:
        raise RuntimeError(f"{case.contender} landed {landed} rows of {rows}")
    return replace(measured, missing=rows - landed)


def _landed(warehouse: Path, table: str) -> int:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute(f"select count(*) from raw.{table}").fetchone()
    return int(found[0]) if found else 0


@contextmanager
def serving(listings: Sequence[str]) -> Iterator[str]:
    """Run a stand-in server with those listings (`reservations/1000`); yield its address."""
    server = subprocess.Popen(  # noqa: S603 - our own command
        [PYTHON, "-m", "benchmarks.stand_in", *listings], stdout=subprocess.PIPE, text=True
    )
    try:
        yield (server.stdout.readline() if server.stdout else "").strip()
    finally:
        server.terminate()
        server.wait()
