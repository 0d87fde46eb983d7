"""Measure what a list of forgotten persons costs a refresh: python -m benchmarks.forgotten.

Fetches and lands what a refresh brings (1,000 rows in 31 windows of a day) and what a backfill
brings (100,000), in turn into an empty warehouse and into one with 10,000 forgotten persons, of
whom 100 are in what lands. CPU is of the whole process, Python's start included. Two minutes.
"""

import shutil
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from benchmarks.ingest import serving
from benchmarks.measure import PYTHON, Measured, medians, run
from benchmarks.tables import table
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.personal import remember_forgotten

SIZES, ROUNDS = (1_000, 100_000), 7
_FORGOTTEN, _WHO_COME_AGAIN = 10_000, 100


def main() -> None:
    """Measure, and print the medians."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="mews_pipeline-bench-") as name:
        folder = Path(name)
        with serving([f"reservations/{size}" for size in SIZES]) as address:
            for size in SIZES:
                without, with_list = _medians(folder, f"{address}/reservations/{size}")
                more = with_list.cpu_seconds / without.cpu_seconds - 1
                rows.append(
                    [
                        f"{size:,}",
                        f"{without.cpu_seconds:.2f}",
                        f"{with_list.cpu_seconds:.2f}",
                        f"{more:+.1%}",
                    ]
                )
    columns = ["rows", "CPU without a list (s)", "CPU with 10,000 (s)", "more"]
    sys.stdout.write(f"{table(columns, rows)}\n")


def _medians(folder: Path, address: str) -> tuple[Measured, Measured]:
    without, with_list = folder / "without.duckdb", folder / "with.duckdb"
    _empty(without, [])
    # The first run warms the modules, and tells who comes
    _once(folder, address, without)
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        guests = connection.execute(
            f"select distinct account_id from raw.reservations order by 1 limit {_WHO_COME_AGAIN}"
        ).fetchall()
    persons = [guest for (guest,) in guests]
    persons += [f"stranger {n}" for n in range(_FORGOTTEN - len(persons))]
    _empty(with_list, persons)
    taken: dict[Path, list[Measured]] = {without: [], with_list: []}
    for _ in range(ROUNDS):
        for template, measured in taken.items():
            measured.append(_once(folder, address, template))
    return medians(taken[without]), medians(taken[with_list])


def _empty(path: Path, forgotten: list[str]) -> None:
    """Make an empty warehouse with that list."""
    path.unlink(missing_ok=True)
    with DuckDBFile(path).open() as connection:
        connection.execute("begin")
        remember_forgotten(connection, forgotten, datetime.now(UTC))
        connection.execute("commit")


def _once(folder: Path, address: str, template: Path) -> Measured:
    warehouse = folder / "warehouse.duckdb"
    shutil.copyfile(template, warehouse)
    command = [PYTHON, "-m", "benchmarks.contenders.ours", address, str(warehouse)]
    return run(command, folder=folder)


if __name__ == "__main__":
    main()
