"""Fetch whole listings, where a refusal by Mews or a record that cannot be read is an answer."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from uuid import UUID

import polars as pl

from mews_pipeline.extract.entities import Entity
from mews_pipeline.extract.failures import OF_A_RECORD
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.extract.windows import Window
from mews_pipeline.mews import MewsClient, Page
from mews_pipeline.mews.errors import (
    BadRequestError,
    DiscontinuedError,
    ForbiddenError,
    MewsError,
    NotFoundError,
    UnauthorizedError,
)

# Errors that mean Mews will not give this integration the data. Reports then show it as unknown.
REFUSALS = (BadRequestError, UnauthorizedError, ForbiddenError, NotFoundError)


def refusals(entity: Entity) -> tuple[type[MewsError], ...]:
    """Return the errors with which everything else goes on, without this entity."""
    return (*REFUSALS, DiscontinuedError) if entity.may_be_refused else REFUSALS


def new(client: MewsClient, entity: Entity, folder: Path, window: Window | None = None) -> Fetched:
    """Return the fetch of an entity that is about to begin."""
    return Fetched(entity, client.credentials.token_key, window, folder / entity.table)


async def fetch(
    fetched: Fetched, pages: AsyncGenerator[Page, None], needs: list[UUID] | None = None
) -> None:
    """Fetch pages; set `refused` or `error` where Mews refuses or a record cannot be read.

    Nothing is asked where `refused` is set already, or where the ids that the request `needs` are
    not known. Raises MewsError.
    """
    if fetched.refused:
        return
    if needs == []:
        fetched.refused = "not asked: the ids that it needs are not known"
        return
    try:
        async with aclosing(pages):
            await spool(fetched, pages)
    except refusals(fetched.entity) as error:
        fetched.refused = str(error)
    except OF_A_RECORD as error:
        fetched.error = error


def ids(fetched: Fetched, where: pl.Expr | None = None) -> list[UUID]:
    """Return the ids of what was fetched, of some rows only where asked."""
    parts = [pl.read_parquet(fetched.rows_file(part), glob=False) for part in range(fetched.parts)]
    if fetched.refused or fetched.error or not parts:
        return []
    rows = pl.concat(parts)
    return [UUID(found) for found in (rows.filter(where) if where is not None else rows)["id"]]
