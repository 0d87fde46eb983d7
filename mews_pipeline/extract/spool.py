"""Flatten pages of Mews and spool them as Parquet parts, ready to land.

Memory is bounded by the pages in flight, not by the size of the fetch.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from mews_pipeline.extract.drift import Drift
from mews_pipeline.extract.entities import Entity
from mews_pipeline.extract.flatten import Flat, flatten
from mews_pipeline.extract.windows import Window
from mews_pipeline.files import private_file, private_folder
from mews_pipeline.mews import Page

# Each window in flight holds this many in memory: four windows per token and operation
_ROWS_PER_PART = 10_000


@dataclass
class Fetched:
    """One fetched window (or, with `window` None, one whole reference listing) of one token.

    Its rows are in `parts` Parquet files in `folder`. `fetched_through` is the instant, by the
    server's clock, up to which the window is completely known. `refused` says why the vendor
    refused, where the pipeline goes on without the data.
    """

    entity: Entity
    token_key: str
    window: Window | None
    folder: Path
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    finished: datetime | None = None
    fetched_through: datetime | None = None
    pages: int = 0
    rows_by_day: Counter[date] = field(default_factory=Counter)
    rows: int = 0
    parts: int = 0
    drift: Drift = field(default_factory=Drift)
    enterprise_ids: set[str] = field(default_factory=set)
    refused: str | None = None

    def rows_file(self, part: int) -> Path:
        """Return the Parquet file of that part: raw columns, `_extra`, `_hash`, `_fetched_utc`."""
        return self.folder / f"rows-{part:05}.parquet"

    @property
    def rows_files(self) -> Path:
        """The pattern that matches all of them; there is no file when `parts` is 0."""
        return self.folder / "rows-*.parquet"

    def person_counts_file(self, part: int) -> Path:
        """Return the Parquet file of the person counts of the rows of that part."""
        return self.folder / f"person_counts-{part:05}.parquet"


async def spool(fetched: Fetched, pages: AsyncIterator[Page]) -> None:
    """Flatten pages as they arrive into `fetched`'s folder, and count them in it.

    Rows outside the window are dropped: requests have a margin on both sides, and each row belongs
    to the day of its own UpdatedUtc. Raises FlattenError, and what `pages` raises.
    """
    private_folder(fetched.folder)
    waiting: list[Flat] = []
    async for page in pages:
        if fetched.fetched_through is None:
            fetched.fetched_through = _through(page.server_time, fetched.window)
        flat = flatten(fetched.entity, page.records)
        fetched.pages += 1
        fetched.drift.update(flat.drift)
        rows = flat.rows.with_columns(pl.lit(page.server_time).alias("_fetched_utc"))
        waiting.append(replace(flat, rows=rows))
        if sum(f.rows.height for f in waiting) >= _ROWS_PER_PART:
            _write(fetched, waiting)
    if waiting:
        _write(fetched, waiting)
    fetched.finished = datetime.now(UTC)


def _through(server_time: datetime, window: Window | None) -> datetime:
    return min(server_time, window.end) if window else server_time


def _enterprises(entity: Entity, rows: pl.DataFrame) -> list[str]:
    column = "id" if entity.table == "enterprises" else "enterprise_id"
    return rows[column].drop_nulls().unique().to_list() if column in rows.columns else []


def _write(fetched: Fetched, waiting: list[Flat]) -> None:
    """Write and count the waiting pages at once: page by page would cost twice as much."""
    rows = pl.concat([flat.rows for flat in waiting])
    person_counts = pl.concat([flat.person_counts for flat in waiting])
    waiting.clear()
    if window := fetched.window:
        inside = pl.col("updated_utc").is_between(window.start, window.end, closed="left")
        rows, person_counts = rows.filter(inside), person_counts.filter(inside)
        days = rows["updated_utc"].dt.date().value_counts()
        fetched.rows_by_day.update(dict(days.iter_rows()))
    fetched.rows += rows.height
    fetched.enterprise_ids.update(_enterprises(fetched.entity, rows))
    rows.write_parquet(private_file(fetched.rows_file(fetched.parts)), compression="lz4")
    if fetched.entity.has_person_counts:
        file = private_file(fetched.person_counts_file(fetched.parts))
        person_counts.write_parquet(file, compression="lz4")
    fetched.parts += 1
