"""Live look-ups: what Mews says now of some reservations or orders, as one frame.

The same client and flatten as the pipeline's; the warehouse is neither asked nor changed.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, closing
from datetime import timedelta
from typing import Any
from uuid import UUID

import polars as pl

from mews_pipeline.extract import entities
from mews_pipeline.extract.entities import Entity
from mews_pipeline.extract.flatten import Flat, flatten
from mews_pipeline.extract.windows import MARGIN
from mews_pipeline.mews import (
    PRODUCT_SERVICE_ORDERS_GET_ALL,
    Credentials,
    Interval,
    MewsClient,
    Orders,
    Page,
    each_once,
    split,
)
from mews_pipeline.mews.errors import BadRequestError
from mews_pipeline.settings import Settings

# Told after each page: how many pages and records have come so far.
Tell = Callable[[int, int], object]


def columns(entity: Entity) -> list[str]:
    """The columns of a look-up: raw columns but those always null, people, unknown fields."""
    withheld = {entities.snake_case(path) for path in entity.withheld}
    people = ["persons", "person_counts"] if entity.has_person_counts else []
    return [*(name for name in entity.columns if name not in withheld), *people, entities.EXTRA]


def look_up(
    settings: Settings, entity: Entity, filters: Mapping[str, Any], tell: Tell
) -> pl.DataFrame:
    """Give each record that the filters let through once, in its newest version.

    Every access token is asked, all side by side; one to whose properties the given ids do not
    belong has nothing to add. `filters` are by the names of the operation's request model, of any
    length; intervals are half-open whatever the server's bounds. Instants are UTC, `persons` is
    the sum of `person_counts`, a JSON object from age category to count. Newest update first; all
    of it is held in memory. Raises InvalidRequestError before anything is asked, MewsError, and
    FlattenError.
    """
    filters = settings.scope | dict(filters)
    bounded = {
        name: value
        for name, value in filters.items()
        if isinstance(value, Interval) and name in entity.columns
    }
    asked = filters | {name: _widened(interval) for name, interval in bounded.items()}
    split(entity.operation, asked)  # refuses what cannot be asked
    flats = asyncio.run(_of_every_token(settings, entity, asked, tell))
    frame = pl.concat([_with_people(flat) for flat in flats or [flatten(entity, [])]])
    for name, interval in bounded.items():
        frame = frame.filter(_is_within(name, interval))
    return (
        frame.sort("updated_utc", "id", descending=True)
        .unique("id", keep="first", maintain_order=True)
        .select(columns(entity))
    )


def _widened(interval: Interval) -> Interval:
    return Interval(
        interval.start and interval.start - MARGIN, interval.end and interval.end + MARGIN
    )


def _is_within(column: str, interval: Interval) -> pl.Expr:
    # an interval that ends where it starts asks for that very instant
    end = interval.end
    if end and end == interval.start:
        end += timedelta(microseconds=1)
    begun = pl.lit(value=True) if interval.start is None else pl.col(column) >= interval.start
    return begun if end is None else begun & (pl.col(column) < end)


def _with_people(flat: Flat) -> pl.DataFrame:
    rows = flat.rows
    counts = flat.person_counts.group_by("reservation_id", "_hash", maintain_order=True).agg(
        pl.col("count").sum().alias("persons"),
        pl.format('"{}":{}', "age_category_id", "count").str.join(",").alias("_counts"),
    )
    return rows.join(
        counts, left_on=["id", "_hash"], right_on=["reservation_id", "_hash"], how="left"
    ).with_columns(
        pl.col("persons").fill_null(0),
        pl.concat_str(pl.lit("{"), pl.col("_counts").fill_null(""), pl.lit("}")).alias(
            "person_counts"
        ),
    )


async def _of_every_token(
    settings: Settings, entity: Entity, filters: Mapping[str, Any], tell: Tell
) -> list[Flat]:
    flats: list[Flat] = []
    refusals: list[BadRequestError] = []

    async def ask(credentials: Credentials) -> None:
        limiter = settings.limiter(credentials)
        client = MewsClient(credentials, limiter=limiter, page_size=settings.page_size)
        try:
            with closing(limiter):
                async with client, aclosing(_pages(client, entity, filters)) as pages:
                    async for page in pages:
                        flats.append(flatten(entity, page.records))
                        tell(len(flats), sum(flat.rows.height for flat in flats))
        except BadRequestError as error:
            if not _is_about_ids(error, filters):
                raise
            refusals.append(error)

    connections = settings.credentials()
    done = await asyncio.gather(*map(ask, connections), return_exceptions=True)
    errors = [error for error in done if error is not None]
    if len(refusals) == len(connections):
        errors += refusals
    for error in errors:
        raise error
    return flats


def _is_about_ids(error: BadRequestError, filters: Mapping[str, Any]) -> bool:
    """Whether Mews refused ids that were asked for: another token's properties may have them."""
    name = entities.snake_case(error.invalid_parameter or "")
    return name.endswith("_ids") and name in filters


def _pages(
    client: MewsClient, entity: Entity, filters: Mapping[str, Any]
) -> AsyncGenerator[Page, None]:
    operation = entity.operation
    if operation is not PRODUCT_SERVICE_ORDERS_GET_ALL:
        return client.look_up(operation, filters)
    enterprises, services = (
        [UUID(str(item)) for item in filters.get(name, ())]
        for name in ("enterprise_ids", "service_ids")
    )
    others = {k: v for k, v in filters.items() if k not in {"enterprise_ids", "service_ids"}}
    return each_once(operation, Orders(client, enterprises, services).pages(**others))
