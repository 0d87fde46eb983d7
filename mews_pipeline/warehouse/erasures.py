"""Record erasures of personal data in `raw.erasures`: when, how much and why, never who."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import duckdb

from mews_pipeline.warehouse.raw import ERASURES


@dataclass(frozen=True)
class Erasure:
    """Why and since when personal data was erased, in how many versions; persons where counted."""

    reason: Literal["forget", "retention", "policy"]
    started: datetime
    versions: int
    records: int | None = None
    persons: int | None = None


def record_erasure(connection: duckdb.DuckDBPyConnection, done: Erasure) -> None:
    """Add the row of an erasure that has just finished."""
    finished = datetime.now(UTC)
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
            finished,
        ],
    )
