"""Record erasures of personal data in `raw.erasures`: when, how much and why, never who."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import duckdb

from mews_pipeline.warehouse.raw import ERASURES

Reason = Literal["forget", "retention", "policy"]
_UNFINISHED = "reason = ? and finished_utc is null"


@dataclass(frozen=True)
class Erasure:
    """Why and since when personal data was erased, in how many versions; persons where counted."""

    reason: Reason
    started: datetime
    versions: int
    records: int | None = None
    persons: int | None = None


def record_erasure(
    connection: duckdb.DuckDBPyConnection, done: Erasure, finished: datetime | None = None
) -> None:
    """Add the row of an erasure; one without `finished` waits until its old bytes are removed."""
    connection.execute(
        f"insert into raw.{ERASURES} values (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            str(uuid.uuid4()),
            done.started,
            finished,
            done.persons,
            done.records,
            done.versions,
            done.reason,
            finished or done.started,
        ],
    )


def is_unfinished(connection: duckdb.DuckDBPyConnection, reason: Reason) -> bool:
    """Return whether an erasure for that reason was recorded whose old bytes may be left."""
    found = connection.execute(f"select 1 from raw.{ERASURES} where {_UNFINISHED}", [reason])
    return found.fetchone() is not None


def finish(connection: duckdb.DuckDBPyConnection, reason: Reason) -> None:
    """Record that no old bytes are left of any erasure for that reason."""
    connection.execute(
        f"update raw.{ERASURES} set finished_utc = ? where {_UNFINISHED}",
        [datetime.now(UTC), reason],
    )
