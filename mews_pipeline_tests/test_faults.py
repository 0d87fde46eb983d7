"""The same rows land, whatever happened on the way to them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import duckdb
import httpx
import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr

from mews_pipeline.extract.entities import PRODUCT_SERVICE_ORDERS, RESERVATIONS, Entity
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.extract.updates import Updates
from mews_pipeline.extract.windows import Window
from mews_pipeline.mews import Credentials, MewsClient
from mews_pipeline.mews.retry import ATTEMPTS
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    TRANSIENT_FAULTS,
    Clock,
    FaultPlan,
    SandboxOptions,
    World,
    create_app,
    simulate,
)
from mews_pipeline.sandbox.server.options import Bounds
from mews_pipeline.warehouse.landing import Run, land
from mews_pipeline.warehouse.raw import create_tables
from mews_pipeline_tests.conftest import settings_for

START, END = date(2025, 3, 1), date(2025, 3, 4)
WINDOW = Window(datetime(2025, 3, 1, tzinfo=UTC), datetime(2025, 3, 4, tzinfo=UTC))
CONNECTION = Credentials(
    "http://sandbox", SecretStr(CLIENT_TOKEN), SecretStr(PORTFOLIO_TOKEN), "Test 1.0.0"
)

Row = tuple[Any, ...]


class InProcess(httpx.ASGITransport):
    """The sandbox without a wire; what it does to connections arrives as httpx would tell it."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Ask the app."""
        try:
            return await super().handle_async_request(request)
        except ConnectionResetError:
            raise httpx.ReadError("reset", request=request) from None


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(9, START, END, properties=1, scale=0.2)


@pytest.fixture(scope="module")
def calm(world: World) -> dict[str, list[Row]]:
    """Return the rows of each table that land without faults."""
    return {
        entity.table: landed(world, entity, SandboxOptions(), 1000)
        for entity in (RESERVATIONS, PRODUCT_SERVICE_ORDERS)
    }


@asynccontextmanager
async def client(
    world: World, options: SandboxOptions, page_size: int
) -> AsyncIterator[MewsClient]:
    app = create_app(world, Clock(WINDOW.end), options)
    with stamina.set_testing(True, attempts=ATTEMPTS):
        async with MewsClient(CONNECTION, InProcess(app), page_size=page_size) as asking:
            yield asking


def landed(
    world: World, entity: Entity, options: SandboxOptions, page_size: int, times: int = 1
) -> list[Row]:
    """Return the rows of the window, with their people, as they land from this sandbox."""
    with TemporaryDirectory() as folder, duckdb.connect() as warehouse:

        async def fetch(folder: Path) -> Fetched:
            async with client(world, options, page_size) as asking:
                fetched = Fetched(entity, CONNECTION.token_key, WINDOW, folder)
                updates = Updates(asking, entity, settings_for("http://sandbox", START))
                await spool(fetched, updates.pages(WINDOW))
                return fetched

        create_tables(warehouse)
        for time in range(times):
            fetched = asyncio.run(fetch(Path(folder) / str(time)))
            land(warehouse, fetched, Run("run", f"run {time}"))
        return warehouse.execute(
            f"""
            select rows.* exclude (_fetched_utc, _landed_at, _run_id), people
            from raw.{entity.table} as rows
            left join (
                select reservation_id as id, updated_utc, _hash,
                    list((age_category_id, count) order by age_category_id) as people
                from raw.reservation_person_counts
                group by all
            ) using (id, updated_utc, _hash)
            order by id, updated_utc, rows._hash"""
        ).fetchall()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    entity=st.sampled_from([RESERVATIONS, PRODUCT_SERVICE_ORDERS]),
    seed=st.integers(0, 2**32),
    share=st.floats(0.1, 0.7),
    kinds=st.lists(st.sampled_from(TRANSIENT_FAULTS), min_size=1, unique=True),
    page_size=st.sampled_from([1, 7, 20, 100, 1000]),
    short_pages=st.booleans(),
    bounds=st.sampled_from(get_args(Bounds)),
)
def test_the_same_rows_land_whatever_the_faults_the_pages_and_the_bounds(  # noqa: PLR0913, PLR0917
    world: World,
    calm: dict[str, list[Row]],
    entity: Entity,
    seed: int,
    share: float,
    kinds: list[Any],
    page_size: int,
    short_pages: bool,
    bounds: Bounds,
) -> None:
    faults = FaultPlan(seed=seed, share=share, kinds=kinds)
    stormy = SandboxOptions(faults=faults, short_pages=short_pages, bounds=bounds)

    assert calm[entity.table]
    assert landed(world, entity, stormy, page_size) == calm[entity.table]


def test_fetched_again_in_a_storm_nothing_is_added(
    world: World, calm: dict[str, list[Row]]
) -> None:
    stormy = SandboxOptions(faults=FaultPlan(seed=4, share=0.5))

    assert landed(world, RESERVATIONS, stormy, 20, times=3) == calm["reservations"]
