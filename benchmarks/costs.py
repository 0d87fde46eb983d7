"""Measure what the capacity page needs beyond results.md: python -m benchmarks.costs (two minutes).

Lands what a refresh brings (a few rows) and what a backfill brings (many), in turn in a file and in
a lake, whose servers are started on loopback; then measures what one window costs to fetch. Ratios
hardly change on a busy machine. CPU is that of the landing process, without the servers.
"""

import asyncio
import gzip
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from uuid import NAMESPACE_DNS, uuid5

import duckdb
import orjson

from benchmarks.ingest import serving
from benchmarks.pages import DAYS, FIRST_DAY, pages
from benchmarks.tables import table
from mews_pipeline.demo.cluster import servers
from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.extract.updates import Updates
from mews_pipeline.extract.windows import Window
from mews_pipeline.mews import MewsClient, Page, SharedLimiter
from mews_pipeline.sandbox import CLIENT_TOKEN
from mews_pipeline.settings import POSTGRES_LAKE, Settings
from mews_pipeline.warehouse.base import Warehouse
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.lake import DuckLake
from mews_pipeline.warehouse.landing import Run, land

ROUNDS = 5
TOKENS = 100
_START = datetime(FIRST_DAY.year, FIRST_DAY.month, FIRST_DAY.day, tzinfo=UTC)
_ALL, _HALF_HOUR = timedelta(DAYS), timedelta(minutes=30)
# Rows, windows, length of each: half an hour of one hotel, and of fifty; a backfill
CASES = ((2, 100, _HALF_HOUR), (100, 50, _HALF_HOUR), (100_000, 5, _ALL))


@dataclass
class Taken:
    """Seconds of wall clock and of CPU of each landing in one warehouse."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="mews_pipeline-costs-") as name, ExitStack() as stack:
        folder = Path(name)
        catalog = stack.enter_context(servers.catalog())
        store = stack.enter_context(servers.object_store(folder / "s3"))
        catalog.add("lake")
        os.environ.update(catalog.environment("lake") | store.environment())
        lake = warehouse_of(POSTGRES_LAKE)
        assert isinstance(lake, DuckLake)  # noqa: S101
        rows: list[list[str]] = []
        for size, number, span in CASES:
            windows = list(islice(_windows(folder / str(size), size, span), number))
            rows += _compared(folder / f"{size}.duckdb", lake, catalog, windows)
        heads = ["per landing", "rows", "file", "lake", "lake x file"]
        sys.stdout.write(f"{table(heads, rows)}\n\n")
        sys.stdout.write(f"{_fetching(folder)}\n")


def _windows(folder: Path, rows: int, span: timedelta) -> Iterator[Fetched]:
    """Yield consecutive windows, each with that many new versions."""
    spooled = _spooled(folder / "spooled", rows)
    start, number = _START, 0
    while True:
        window, own = Window(start, start + span), folder / str(number)
        own.mkdir()
        moved = (
            f"make_timestamptz({_microseconds(start)} + (epoch_us(updated_utc) - "
            f"{_microseconds(_START)}) // {_ALL // span}) as updated_utc"
        )
        for part in range(spooled.parts):
            for file, key in (
                (spooled.rows_file(part), "id"),
                (spooled.person_counts_file(part), "reservation_id"),
            ):
                renamed = f"cast(cast(md5({key} || '{own}') as uuid) as varchar) as {key}"
                duckdb.execute(
                    f"copy (select * replace ({renamed}, md5(_hash || '{own}') as _hash, {moved})"
                    f" from '{file}') to '{own / file.name}' (compression lz4)"
                )
        yield replace(spooled, folder=own, window=window)
        start, number = window.end, number + 1


def _spooled(folder: Path, rows: int) -> Fetched:
    async def responses() -> AsyncIterator[Page]:
        for body in pages(rows):
            yield Page(body, orjson.loads(gzip.decompress(body))["Reservations"], None, _START)

    found = Fetched(RESERVATIONS, "token", Window(_START, _START + _ALL), folder)
    asyncio.run(spool(found, responses()))
    return found


def _microseconds(instant: datetime) -> int:
    return int(instant.timestamp()) * 1_000_000


def _compared(
    path: Path, lake: DuckLake, catalog: servers.Catalog, windows: Sequence[Fetched]
) -> Iterator[list[str]]:
    """Yield the table's rows: the same windows landed in a new file and in the lake."""
    file, in_file, in_lake = DuckDBFile(path), Taken(), Taken()
    before = _kept(lake, catalog)
    for number in range(ROUNDS):
        _land(file, windows[number::ROUNDS], in_file)
        _land(lake, windows[number::ROUNDS], in_lake)
    after = _kept(lake, catalog)
    each, count = windows[0].rows, len(windows)

    def row(what: str, of_file: float, of_lake: float, digits: int) -> list[str]:
        return [
            what, f"{each:,}", f"{of_file:,.{digits}f}", f"{of_lake:,.{digits}f}",
            f"{of_lake / of_file:.2f}",
        ]  # fmt: skip

    yield row("seconds", median(in_file.seconds), median(in_lake.seconds), 3)
    yield row("CPU seconds", median(in_file.cpu_seconds), median(in_lake.cpu_seconds), 3)
    stored = (after["bytes"] - before["bytes"]) / count / each
    yield row("bytes per version", path.stat().st_size / count / each, stored, 0)
    for what in ("files", "transactions", "bytes in the catalog"):
        yield [what, f"{each:,}", "", f"{(after[what] - before[what]) / count:,.1f}", ""]
    with lake.lock():
        lake.upkeep()
    merged = _kept(lake, catalog)
    for what in ("files", "bytes"):
        yield [f"{what} of all after upkeep", f"{each:,}", "", f"{merged[what]:,.0f}", ""]


def _land(kept: Warehouse, windows: Sequence[Fetched], taken: Taken) -> None:
    """Land the windows as a run does, one after the other."""
    with kept.landings(lambda _: None) as lock_table:
        for window in windows:
            began, cpu = time.monotonic(), time.process_time()
            with lock_table(RESERVATIONS.table) as table:
                landed = land(table.connection, window, Run("benchmark", "benchmark"), table.lock)
            taken.seconds.append(time.monotonic() - began)
            taken.cpu_seconds.append(time.process_time() - cpu)
            if landed.new_versions != window.rows:
                raise RuntimeError(f"{landed.new_versions} of {window.rows} rows landed")


def _kept(lake: DuckLake, catalog: servers.Catalog) -> dict[str, float]:
    """Return what the lake holds and what its catalog has done so far."""
    with lake.open() as connection:
        [(files, size)] = connection.execute(
            "select sum(file_count), sum(file_size_bytes) from ducklake_table_info('lake')"
        ).fetchall()
    time.sleep(1.5)  # PostgreSQL counts a session's transactions a second later
    with catalog.connect("lake") as session:
        [(transactions, in_catalog)] = session.execute(
            "select xact_commit, pg_database_size(datname) from pg_stat_database"
            " where datname = 'lake'"
        ).fetchall()
    return {
        "files": float(files),
        "bytes": float(size),
        "transactions": float(transactions),
        "bytes in the catalog": float(in_catalog),
    }


def _fetching(folder: Path) -> str:
    """Say what a nearly empty window costs before it lands, with a client of its own."""
    with serving(["reservations/2"]) as address:
        began, cpu = time.monotonic(), time.process_time()
        asyncio.run(_fetched(f"{address}/reservations/2", folder))
        seconds, cpu_seconds = time.monotonic() - began, time.process_time() - cpu
    return f"To fetch a window: {seconds / TOKENS:.3f} s, {cpu_seconds / TOKENS:.3f} s of CPU."


async def _fetched(address: str, folder: Path) -> None:
    settings = Settings.model_validate(
        {
            "platform_address": address,
            "client_token": CLIENT_TOKEN,
            "access_tokens": [uuid5(NAMESPACE_DNS, f"{folder} {n}").hex for n in range(TOKENS)],
            "start_date": FIRST_DAY,
        }
    )
    window = Window(_START, _START + _HALF_HOUR)
    for credentials in settings.credentials():
        own = folder / credentials.token_key
        fetched = Fetched(RESERVATIONS, credentials.token_key, window, own)
        limiter = SharedLimiter(credentials.limit_name, folder=folder / "limits")
        with closing(limiter):
            async with MewsClient(credentials, limiter=limiter) as client:
                await spool(fetched, Updates(client, RESERVATIONS, settings).pages(window))


if __name__ == "__main__":
    main()
