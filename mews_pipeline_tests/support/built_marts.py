"""Warehouses for tests: what the sandbox's hotels lived, landed and built by dbt."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import duckdb

from mews_pipeline.extract import spool
from mews_pipeline.extract.entities import ENTITIES, REFERENCE, UPDATED
from mews_pipeline.extract.windows import Window
from mews_pipeline.mews import Page
from mews_pipeline.sandbox import World
from mews_pipeline.warehouse import landing, raw

# Nobody booked before the hotels stood
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
VERSIONED = tuple(entity.table for entity in UPDATED)
MODELS_ALONE = ("build", "--exclude-resource-type", "unit_test", "--exclude-resource-type", "test")
MODELS_AND_DATA_TESTS = ("build", "--exclude-resource-type", "unit_test")

Record = dict[str, Any]


def at_midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def land(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    table: str,
    records: list[Record],
    window: Window,
) -> None:
    """Land records as one fetched window, with the server's clock at the window's end.

    The folder that the pages are kept in is named as the run that fetches them.
    """
    is_windowed = table in VERSIONED
    spooled = folder / f"{table}-{len(list(folder.iterdir()))}"
    fetched = spool.Fetched(ENTITIES[table], "token", window if is_windowed else None, spooled)

    async def pages() -> AsyncIterator[Page]:
        yield Page(b"", records, None, window.end)

    asyncio.run(spool.spool(fetched, pages()))
    landing.land(connection, fetched, landing.Run(folder.name, folder.name))


def land_as_of(
    connection: duckdb.DuckDBPyConnection, folder: Path, world: World, window: Window
) -> None:
    """Land what a fetch at the window's end would see: of each record the newest version."""
    for table in (entity.table for entity in (*UPDATED, *REFERENCE)):
        land(connection, folder, table, world.as_of(table, window.end), window)


def land_every_version(
    connection: duckdb.DuckDBPyConnection, folder: Path, world: World, window: Window
) -> None:
    """Land all versions there ever were, those of one UpdatedUtc one after the other."""
    for table in VERSIONED:
        rounds: defaultdict[int, list[Record]] = defaultdict(list)
        seen: Counter[tuple[str, str]] = Counter()
        for record in world.versions(table):
            key = record["Id"], record["UpdatedUtc"]
            rounds[seen[key]].append(record)
            seen[key] += 1
        for _, records in sorted(rounds.items()):
            land(connection, folder, table, records, window)


def connect(warehouse: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(str(warehouse))
    connection.execute("set timezone = 'UTC'")
    raw.create_tables(connection)
    return connection
