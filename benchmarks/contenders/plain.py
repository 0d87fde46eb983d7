"""Plain: an afternoon's work of a good engineer: httpx, orjson, json_normalize, DuckDB."""

import sys
from pathlib import Path
from typing import Any

import duckdb
import httpx
import orjson
import pandas as pd

from benchmarks.contenders.requests import LIST_KEY, PATH, body

_INSTANTS = [
    "CreatedUtc", "UpdatedUtc", "CancelledUtc", "ReleasedUtc", "StartUtc", "EndUtc",
    "ScheduledStartUtc", "ActualStartUtc", "ScheduledEndUtc", "ActualEndUtc",
]  # fmt: skip


def main(address: str, warehouse: Path) -> None:
    """Fetch everything, normalise it, write two tables."""
    records: list[dict[str, Any]] = []
    requests, cursor = 0, None
    with httpx.Client(base_url=address, timeout=60) as client:
        while cursor or not requests:
            response = client.post(PATH, json=body(cursor))
            response.raise_for_status()
            found = orjson.loads(response.content)
            records += found[LIST_KEY]
            cursor, requests = found["Cursor"], requests + 1
    reservations = pd.json_normalize(records).drop(columns="PersonCounts")
    for column in _INSTANTS:
        reservations[column] = pd.to_datetime(reservations[column], utc=True)
    people = pd.json_normalize(records, "PersonCounts", ["Id", "UpdatedUtc"])
    with duckdb.connect(str(warehouse)) as connection:
        connection.register("found_reservations", reservations)
        connection.register("found_people", people)
        connection.execute("create schema raw")
        connection.execute("create table raw.reservations as from found_reservations")
        connection.execute("create table raw.reservation_person_counts as from found_people")
    sys.stdout.write(f"{requests}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
