"""Warehouses of both kinds, and fetches as if Mews had answered."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.extract.entities import RESERVATIONS, Entity
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.extract.windows import Window, day_window
from mews_pipeline.mews import Page
from mews_pipeline.warehouse.base import Warehouse
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline_tests.support.lakes import FILE, LAKE

# Of the vendor's example of a reservation
DAY = day_window(date(2023, 4, 22))
_LATER = datetime(2023, 5, 1, tzinfo=UTC)


@pytest.fixture(params=[FILE, LAKE])
def warehouse(tmp_path: Path, request: pytest.FixtureRequest) -> Warehouse:
    return warehouse_of(request.param.format(tmp_path))


@pytest.fixture
def connection(warehouse: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse.open() as opened:
        yield opened


@pytest.fixture
def fetch(tmp_path: Path) -> Callable[..., Fetched]:
    """Spool pages of records as if they had been fetched."""
    count = iter(range(1000))

    def fetched(
        *pages: list[dict[str, Any]],
        window: Window | None = DAY,
        entity: Entity = RESERVATIONS,
    ) -> Fetched:
        async def answers() -> Any:
            for records in pages:
                yield Page(b"", records, None, _LATER)

        result = Fetched(entity, "token", window, tmp_path / str(next(count)))
        asyncio.run(spool(result, answers()))
        return result

    return fetched
