"""Flatten pages of Mews and spool them as Parquet parts, ready to land.

Memory is bounded by the pages in flight, not by the size of the fetch.
"""

import asyncio
import errno
import shutil
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract.drift import Drift
from mews_pipeline.extract.entities import Entity, Landing
from mews_pipeline.extract.flatten import Flat, FlattenError, flatten
from mews_pipeline.extract.flatten_documented import flatten_page
from mews_pipeline.extract.windows import Window
from mews_pipeline.files import private_file, private_folder
from mews_pipeline.mews import Page, Record
from mews_pipeline.threads import in_thread

# Each window in flight holds this many in memory: four windows per token and operation
_ROWS_PER_PART = 10_000
# A window that does not end must not fill the disk of everything else
_LEAST_FREE_BYTES = 256 * 2**20


class SpoolError(PipelineError):
    """Files cannot be written to the temporary folder; the message says why."""


def machine_clock() -> datetime:
    """Return now (UTC) by this machine's clock."""
    return datetime.now(UTC)


@dataclass
class Fetched:
    """One fetched window (or, with `window` None, one whole reference listing) of one token.

    Its rows are in `parts` Parquet files in `folder`. `fetched_through` is the instant up to which
    the window is completely known, `server_clock_ahead` how far the server's clock was ahead of
    this machine's. `enterprise_ids` are those that the token opened, or that the listing has;
    `service_ids` those that the settings restrict the fetch to. `refused` says why the vendor
    refused, where the pipeline goes on without the data, `refused_services` when it refused which
    services. `replaced_characters` counts characters that were none. `error` is why a listing
    cannot be landed, where the others go on. `stays` is the window of stays, where reservations are
    fetched by when they hold.
    """

    entity: Entity
    token_key: str
    window: Window | None
    folder: Path
    started: datetime = field(default_factory=machine_clock)
    finished: datetime | None = None
    fetched_through: datetime | None = None
    server_clock_ahead: timedelta | None = None
    pages: int = 0
    rows_by_day: Counter[date] = field(default_factory=Counter)
    rows: int = 0
    parts: int = 0
    drift: Drift = field(default_factory=Drift)
    enterprise_ids: set[str] = field(default_factory=set)
    service_ids: set[str] = field(default_factory=set)
    refused: str | None = None
    refused_services: dict[str, datetime] = field(default_factory=dict)
    replaced_characters: int = 0
    error: PipelineError | None = None
    stays: Window | None = None

    @property
    def operation(self) -> str:
        """The name of what was fetched: the entity's raw table, except for parts of a listing."""
        table = self.entity.table
        if self.stays:
            return f"{table}_by_stay"
        is_listed = self.entity.landing is Landing.CHANGES
        return f"{table}_by_update" if is_listed and self.window and not self.refused else table

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


@dataclass(frozen=True)
class _Arrival:
    """A page, the instant up to which it knows, and how far the server's clock was ahead."""

    page: Page
    known: datetime
    ahead: timedelta


async def spool(fetched: Fetched, pages: AsyncIterator[Page]) -> None:
    """Flatten pages as they arrive into `fetched`'s folder, and count them in it.

    Each page is flattened in a thread, while the next one is asked for. Rows outside the window are
    dropped: requests have a margin on both sides, and each row belongs to the day of its own
    UpdatedUtc. Raises FlattenError, SpoolError, and what `pages` raises.
    """
    with _explained(fetched.folder):
        private_folder(fetched.folder)
    waiting: list[Flat] = []
    async with aclosing(_one_ahead(pages)) as arrivals:
        async for arrival in arrivals:
            _compare_clocks(fetched, arrival.ahead)
            if fetched.fetched_through is None:
                fetched.fetched_through = _through(arrival.known, fetched.window)
            await in_thread(_add, fetched, waiting, arrival)
    if waiting:
        await in_thread(_write, fetched, waiting)
    fetched.finished = machine_clock()


async def _one_ahead(pages: AsyncIterator[Page]) -> AsyncGenerator[_Arrival, None]:
    """Yield the pages, and ask for the next one before each."""
    following = asyncio.create_task(_next(pages))
    try:
        while arrival := await following:
            following = asyncio.create_task(_next(pages))
            yield arrival
    finally:
        # Only then can the pages be closed; what it raises is of no interest any more
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)


async def _next(pages: AsyncIterator[Page]) -> _Arrival | None:
    requested = machine_clock()
    page = await anext(pages, None)
    if page is None:
        return None
    # Either clock may be wrong: what is known is known up to the earlier of the two
    known = min(page.server_time, requested)
    return _Arrival(page, known, page.server_time - machine_clock())


def _add(fetched: Fetched, waiting: list[Flat], arrival: _Arrival) -> None:
    """Flatten and count a page, and write the waiting ones when there are enough."""
    flat = _flat(fetched, arrival.page)
    fetched.pages += 1
    fetched.replaced_characters += arrival.page.replaced_characters
    fetched.drift.update(flat.drift)
    known = pl.Series("_fetched_utc", [arrival.known], pl.Datetime("us", "UTC"))
    rows = flat.rows.hstack([known.new_from_index(0, flat.rows.height)])
    waiting.append(replace(flat, rows=rows))
    if sum(f.rows.height for f in waiting) >= _ROWS_PER_PART:
        _write(fetched, waiting)


def _compare_clocks(fetched: Fetched, ahead: timedelta) -> None:
    """Keep the largest difference between the two clocks."""
    if fetched.server_clock_ahead is None or abs(ahead) > abs(fetched.server_clock_ahead):
        fetched.server_clock_ahead = ahead


def _through(known: datetime, window: Window | None) -> datetime:
    return min(known, window.end) if window else known


def _flat(fetched: Fetched, page: Page) -> Flat:
    """Flatten a page; without the records of the window's margins where they cannot be."""
    try:
        return flatten_page(fetched.entity, page)
    except FlattenError:
        if fetched.window is None:
            raise
    window = fetched.window
    return flatten(fetched.entity, [r for r in page.records if not _is_outside(window, r)])


def _is_outside(window: Window, record: Record) -> bool:
    """Return whether a record's UpdatedUtc is an instant outside the window."""
    try:
        updated = datetime.fromisoformat(record["UpdatedUtc"])
        is_inside = window.start <= updated < window.end
    except (KeyError, TypeError, ValueError):
        return False
    return not is_inside


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    """Raise what goes wrong with files in a folder as SpoolError."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        what = f"{type(error).__name__}: {error}".splitlines()[0]
    else:
        return
    raise SpoolError(
        f"Nothing can be written to the temporary folder {folder.parent} ({what}). Make room or "
        "name another folder in TMPDIR. What had landed before is untouched."
    )


def _check_room(folder: Path) -> None:
    if shutil.disk_usage(folder).free < _LEAST_FREE_BYTES:
        raise OSError(errno.ENOSPC, f"less than {_LEAST_FREE_BYTES // 2**20} MB are free")


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
    with _explained(fetched.folder):
        _check_room(fetched.folder)
        _write_file(rows, fetched.rows_file(fetched.parts))
        if fetched.entity.has_person_counts:
            _write_file(person_counts, fetched.person_counts_file(fetched.parts))
    fetched.parts += 1


def _write_file(rows: pl.DataFrame, path: Path) -> None:
    # Read once, whole, on this machine: neither compression nor statistics pay
    rows.write_parquet(private_file(path), compression="uncompressed", statistics=False)
