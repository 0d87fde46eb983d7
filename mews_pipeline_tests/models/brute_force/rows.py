"""Raw rows of a random world, and how they are written into a warehouse."""

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import duckdb

Row = dict[str, Any]


@dataclass
class Landing:
    """The rows that one landing brings: all of them bear its stamp."""

    at: datetime
    tables: dict[str, list[Row]] = field(default_factory=lambda: defaultdict(list))

    def add(self, table: str, **content: Any) -> Row:
        """Add a row with the columns that landing adds to each."""
        text = json.dumps([table, content], default=str, sort_keys=True)
        stamps = {"_landed_at": self.at, "_fetched_utc": self.at, "_run_id": "run"}
        row = {
            **content,
            **stamps,
            "_hash": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        }
        self.tables[table].append(row)
        return row

    def add_persons(self, reservation: Row, counts: dict[str, int]) -> None:
        """Add the persons of one version of a reservation, by age category."""
        for age_category_id, count in counts.items():
            self.tables["reservation_person_counts"].append(
                {
                    "reservation_id": reservation["id"],
                    "updated_utc": reservation["updated_utc"],
                    "age_category_id": age_category_id,
                    "count": count,
                    "_landed_at": self.at,
                    "_run_id": "run",
                    "_hash": reservation["_hash"],
                }
            )


def write(connection: duckdb.DuckDBPyConnection, landing: Landing) -> None:
    """Write a landing into the raw tables, as it is."""
    for table, rows in landing.tables.items():
        names = sorted({name for row in rows for name in row})
        if table in {"reservation_person_counts", "fetches"}:
            names = [name for name in names if name != "_fetched_utc"]
        listed = ", ".join(f'"{name}"' for name in names)
        marks = ", ".join("?" for _ in names)
        connection.executemany(
            f"insert into raw.{table} ({listed}) values ({marks})",
            [[row.get(name) for name in names] for row in rows],
        )
