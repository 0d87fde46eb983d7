"""Look up reservations or orders live in Mews, as one frame.

Uses the pipeline's own client and flatten; the warehouse is neither read nor changed.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

import polars as pl

from mews_pipeline.extract import entities
from mews_pipeline.extract.entities import Entity
from mews_pipeline.extract.failures import ANY_FAILURE, explained
from mews_pipeline.extract.flatten import Flat, flatten
from mews_pipeline.extract.listing import REFUSALS
from mews_pipeline.extract.scope import Scope
from mews_pipeline.extract.windows import MARGIN
from mews_pipeline.mews import (
    PRODUCT_SERVICE_ORDERS_GET_ALL,
    SERVICES_GET_ALL,
    Credentials,
    Interval,
    MewsClient,
    OrderPages,
    Page,
    each_once,
    enterprise_pages,
    split,
)
from mews_pipeline.mews.errors import BadRequestError
from mews_pipeline.settings import Settings

# The column with the name of the property, which Mews does not send
PROPERTY = "property"
# Each has a few files open
_TOKENS_AT_ONCE = 32

# Called after each page with the number of pages and of records so far
OnPage = Callable[[int, int], object]


def columns(entity: Entity) -> list[str]:
    """Return the columns of a look-up: raw columns that may hold data, people, unknown fields."""
    withheld = {entities.snake_case(path) for path in entity.withheld}
    people = ["persons", "person_counts"] if entity.has_person_counts else []
    known = [name for name in entity.columns if name not in withheld]
    return [*known, *people, PROPERTY, entities.EXTRA]


def look_up(
    settings: Settings, entity: Entity, filters: Mapping[str, Any], on_page: OnPage
) -> pl.DataFrame:
    """Return each record that matches the filters once, in its newest version.

    All access tokens are used concurrently; a token whose properties do not have the given ids adds
    nothing. `filters` have the names of the operation's request model and any length; intervals are
    half-open whatever the server's bounds. Instants are UTC, `persons` is the sum of
    `person_counts`, a JSON object from age category to count. Newest update first; everything is
    held in memory. Raises InvalidRequestError before any request, MewsError, and FlattenError.
    """
    given, filters = dict(filters), settings.scope | dict(filters)
    bounded = {
        name: value
        for name, value in filters.items()
        if isinstance(value, Interval) and name in entity.columns
    }
    asked = filters | {name: _widened(interval) for name, interval in bounded.items()}
    split(entity.operation, asked)  # raises for invalid filters before any request
    own = {name: asked[name] for name in given}
    # Ids that are given replace those of the settings
    settings = settings.model_copy(update={name: [] for name in settings.scope.keys() & own})
    work = _LookUp(settings, entity, own, on_page)
    flats = asyncio.run(work.every_token())
    frame = pl.concat([_with_people(flat) for flat in flats or [flatten(entity, [])]])
    names = pl.DataFrame(
        list(work.properties.items()), {"service_id": pl.String, PROPERTY: pl.String}, orient="row"
    )
    frame = frame.join(names, on="service_id", how="left")
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
    # An interval that ends where it starts means that instant
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


@dataclass
class _LookUp:
    """A look-up with all access tokens, and what it has found."""

    settings: Settings
    entity: Entity
    filters: Mapping[str, Any]
    on_page: OnPage
    flats: list[Flat] = field(default_factory=list)
    refusals: list[BadRequestError] = field(default_factory=list)
    # The name of the property of each service
    properties: dict[str, str] = field(default_factory=dict)

    async def every_token(self) -> list[Flat]:
        """Ask all tokens, a few at once, and return what they give."""
        scope = Scope(self.settings)
        slots = asyncio.Semaphore(_TOKENS_AT_ONCE)

        async def one(credentials: Credentials) -> None:
            async with slots:
                await self._one_token(credentials, scope)

        credentials = self.settings.credentials()
        done = await asyncio.gather(*map(one, credentials), return_exceptions=True)
        errors = [error for error in done if error is not None]
        if len(self.refusals) == len(credentials):
            errors += self.refusals
        if unopened := scope.unopened():
            errors.append(unopened)
        for error in errors:
            raise error
        return self.flats

    async def _one_token(self, credentials: Credentials, scope: Scope) -> None:
        try:
            await self._ask(credentials, scope)
        except BadRequestError as error:
            if not _is_about_ids(error, self.settings.scope | dict(self.filters)):
                raise
            self.refusals.append(error)
        except ANY_FAILURE as error:
            raise explained(
                error, "the look-up", credentials.token_key, credentials.secrets
            ) from None

    async def _ask(self, credentials: Credentials, scope: Scope) -> None:
        limiter = self.settings.limiter(credentials)
        page_size = self.settings.page_size
        client = MewsClient(credentials, limiter=limiter, page_size=page_size)
        with closing(limiter):
            async with client:
                narrowed = await scope.of_token(client, with_services=True)
                if narrowed is None:
                    return
                asked = narrowed.scope | dict(self.filters)
                async with aclosing(_pages(client, self.entity, asked)) as pages:
                    async for page in pages:
                        self.flats.append(flatten(self.entity, page.records))
                        rows = sum(flat.rows.height for flat in self.flats)
                        self.on_page(len(self.flats), rows)
                if self.flats:
                    await self._name_properties(client)

    async def _name_properties(self, client: MewsClient) -> None:
        """Note the properties of the client's services, where Mews lists both."""
        try:
            names = {
                record.get("Id"): record.get("Name")
                async for page in enterprise_pages(client)
                for record in page.records
            }
            async for page in client.all_pages(SERVICES_GET_ALL, {}):
                for service in page.records:
                    name = names.get(service.get("EnterpriseId"))
                    if name:
                        self.properties[str(service.get("Id"))] = str(name)
        except REFUSALS:
            return


def _is_about_ids(error: BadRequestError, filters: Mapping[str, Any]) -> bool:
    """Return whether Mews refused given ids: another token's properties may have them."""
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
    return each_once(operation, OrderPages(client, enterprises, services).pages(**others))
