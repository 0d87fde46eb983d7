"""The floor: the same bytes downloaded, parsed once, and ready frames written once.

Nothing that brings these rows into DuckDB can do less. The pipeline made the frames beforehand (a
warehouse of the same rows); they are read into memory before the clock starts.
"""

import resource
import sys
import time
from pathlib import Path

import duckdb
import httpx
import orjson

from benchmarks.contenders.requests import PATHS, body


def main(address: str, warehouse: Path, frames: Path, table: str) -> None:
    """Do the minimum: `frames` is a Parquet file of the rows that the pipeline lands in `table`."""
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("create schema raw")
        connection.execute(f"create temp table ready as from read_parquet('{frames}')")
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
        _download(address, PATHS[table])
        connection.execute(f"create table raw.{table} as from ready")
        connection.execute("checkpoint")
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sys.stdout.write(f"{time.monotonic() - began} {cpu}\n")


def _download(address: str, path: str) -> None:
    page = body(None)
    with httpx.Client(base_url=address, timeout=60) as client:
        while page:
            cursor = orjson.loads(client.post(path, json=page).content)["Cursor"]
            page = body(cursor) if cursor else {}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4])
