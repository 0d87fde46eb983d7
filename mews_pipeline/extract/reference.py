"""Fetch the reference data, each entity by its own requests, in a fixed order."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import polars as pl

from mews_pipeline.extract import entities
from mews_pipeline.extract.entities import Entity
from mews_pipeline.extract.failures import OF_A_RECORD
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.mews import (
    AGE_CATEGORIES_GET_ALL,
    RESOURCE_BLOCKS_GET_ALL,
    RESOURCE_CATEGORIES_GET_ALL,
    RESOURCE_CATEGORY_ASSIGNMENTS_GET_ALL,
    RESOURCES_GET_ALL,
    SERVICES_GET_ALL,
    Interval,
    MewsClient,
    Operation,
    Page,
)
from mews_pipeline.mews.enterprises import enterprise_pages
from mews_pipeline.mews.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
)
from mews_pipeline.mews.requests import ActivityState
from mews_pipeline.settings import Settings

# Errors that mean Mews will not give this integration the data. Reports then show it as unknown.
REFUSALS = (BadRequestError, UnauthorizedError, ForbiddenError, NotFoundError)

# Blocks are filtered by when they hold, not by UpdatedUtc: from a day before the longest editable
# history (7 days; docs/mews-api.md, "UpdatedUtc and history") to as far ahead as reports look.
_EDITABLE_HISTORY = timedelta(days=8)
_HORIZON = timedelta(days=730)


async def reference(
    client: MewsClient, folder: Path, settings: Settings, blocks_from: datetime | None
) -> AsyncGenerator[Fetched, None]:
    """Fetch every reference entity in turn; those that Mews refuses have `refused` set.

    Resource blocks are those that hold at any time from `blocks_from` on, by default from the
    oldest that can still be edited. One with a record that cannot be read has `error` set. Raises
    MewsError except for refusals.
    """
    scope = settings.enterprise_scope
    enterprises = _new(client, entities.ENTERPRISES, folder)
    await _fetch(enterprises, enterprise_pages(client, settings.enterprise_ids))
    yield enterprises

    services = _new(client, entities.SERVICES, folder)
    await _fetch(services, client.all_pages(SERVICES_GET_ALL, scope))
    bookable = pl.col("data_discriminator").ne_missing("Additional")
    service_ids = _ids(services, bookable)
    yield services

    categories = _new(client, entities.RESOURCE_CATEGORIES, folder)
    filters = scope | {"service_ids": service_ids}
    await _fetch(
        categories, client.all_pages(RESOURCE_CATEGORIES_GET_ALL, filters), needs=service_ids
    )
    category_ids = _ids(categories)
    yield categories

    assignments = _new(client, entities.RESOURCE_CATEGORY_ASSIGNMENTS, folder)
    filters = scope | {"resource_category_ids": category_ids}
    pages = client.all_pages(RESOURCE_CATEGORY_ASSIGNMENTS_GET_ALL, filters)
    await _fetch(assignments, pages, needs=category_ids)
    yield assignments

    now = enterprises.fetched_through or datetime.now(UTC)
    blocked = Interval(blocks_from or now - _EDITABLE_HISTORY, now + _HORIZON)
    rest: tuple[tuple[Entity, Operation[Any], dict[str, Any]], ...] = (
        (entities.RESOURCES, RESOURCES_GET_ALL, scope),
        (entities.AGE_CATEGORIES, AGE_CATEGORIES_GET_ALL, scope),
        (
            entities.RESOURCE_BLOCKS,
            RESOURCE_BLOCKS_GET_ALL,
            scope | {"colliding_utc": blocked, "activity_states": list(ActivityState)},
        ),
    )
    for entity, operation, filters in rest:
        fetched = _new(client, entity, folder)
        await _fetch(fetched, client.all_pages(operation, filters))
        yield fetched


def _new(client: MewsClient, entity: Entity, folder: Path) -> Fetched:
    return Fetched(entity, client.credentials.token_key, None, folder / entity.table)


async def _fetch(
    fetched: Fetched, pages: AsyncGenerator[Page, None], needs: list[UUID] | None = None
) -> None:
    if needs == []:
        fetched.refused = "not asked: the ids that it needs are not known"
        return
    try:
        async with aclosing(pages):
            await spool(fetched, pages)
    except REFUSALS as error:
        fetched.refused = str(error)
    except OF_A_RECORD as error:
        fetched.error = error


def _ids(fetched: Fetched, where: pl.Expr | None = None) -> list[UUID]:
    parts = [pl.read_parquet(fetched.rows_file(part), glob=False) for part in range(fetched.parts)]
    if fetched.refused or fetched.error or not parts:
        return []
    rows = pl.concat(parts)
    return [UUID(found) for found in (rows.filter(where) if where is not None else rows)["id"]]
