"""Fetch the reference data, each entity by its own requests, in a fixed order."""

from collections.abc import AsyncGenerator, Mapping, Set
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from mews_pipeline.extract import entities, listing, money, stays
from mews_pipeline.extract.entities import Entity
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.extract.windows import Window
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
)
from mews_pipeline.mews.enterprises import currency_pages, enterprise_pages
from mews_pipeline.mews.requests import ActivityState
from mews_pipeline.settings import Settings

# Blocks are filtered by when they hold, not by UpdatedUtc: from a day before the longest editable
# history (7 days; docs/mews-api.md, "UpdatedUtc and history") to as far ahead as reports look.
_EDITABLE_HISTORY = timedelta(days=8)
_HORIZON = timedelta(days=730)
_SHORTEST = timedelta(minutes=1)


@dataclass(frozen=True)
class Blocks:
    """What is known of a token's resource blocks, and so which of them are asked for.

    Those that were updated since `known_through`, where that is known and the token opens no
    enterprise that it did not. Else all that hold at any time from `start` on, by default from the
    oldest that can still be edited: their UpdatedUtc alone is not relied on for more than a day.
    """

    start: datetime | None = None
    known_through: datetime | None = None
    enterprise_ids: frozenset[str] = frozenset()

    def window(self, opened: Set[str], now: datetime) -> Window | None:
        """Return the window of UpdatedUtc that is not known; None where all are asked for."""
        if self.known_through is None or not opened <= self.enterprise_ids:
            return None
        return Window(self.known_through, max(now, self.known_through + _SHORTEST))

    def filters(self, window: Window | None, now: datetime) -> dict[str, Any]:
        """Return the filters of the request."""
        states = {"activity_states": list(ActivityState)}
        if window:
            return {"updated_utc": window.asked} | states
        start = self.start or now - _EDITABLE_HISTORY
        return {"colliding_utc": Interval(start, now + _HORIZON)} | states


@dataclass(frozen=True)
class Before:
    """What is known of earlier runs with a token, and so what is asked for.

    `refused` are the raw tables of which nothing is, and why.
    """

    blocks: Blocks = field(default_factory=Blocks)
    landed_stays: stays.Landed | None = None
    refused: Mapping[str, str] = field(default_factory=dict)


async def reference(
    client: MewsClient, folder: Path, settings: Settings, before: Before
) -> AsyncGenerator[Fetched, None]:
    """Fetch every reference entity in turn; those that Mews refuses have `refused` set.

    After the resource blocks, where it is known which stays have landed, the reservations that hold
    from eight days ago on are fetched of each enterprise of which they never were; at the end the
    reference data of money. One with a record that cannot be read has `error` set. Raises MewsError
    except for refusals.
    """
    scope = settings.enterprise_scope
    enterprises = listing.new(client, entities.ENTERPRISES, folder)
    await listing.fetch(enterprises, enterprise_pages(client, settings.enterprise_ids))
    enterprise_ids = listing.ids(enterprises)
    yield enterprises

    currencies = listing.new(client, entities.ENTERPRISE_CURRENCIES, folder)
    await listing.fetch(currencies, currency_pages(client, enterprise_ids), needs=enterprise_ids)
    yield currencies

    services = listing.new(client, entities.SERVICES, folder)
    await listing.fetch(services, client.all_pages(SERVICES_GET_ALL, scope))
    bookable = pl.col("data_discriminator").ne_missing("Additional")
    service_ids, every_service = listing.ids(services, bookable), listing.ids(services)
    yield services

    categories = listing.new(client, entities.RESOURCE_CATEGORIES, folder)
    filters = scope | {"service_ids": service_ids}
    await listing.fetch(
        categories, client.all_pages(RESOURCE_CATEGORIES_GET_ALL, filters), needs=service_ids
    )
    category_ids = listing.ids(categories)
    yield categories

    assignments = listing.new(client, entities.RESOURCE_CATEGORY_ASSIGNMENTS, folder)
    filters = scope | {"resource_category_ids": category_ids}
    pages = client.all_pages(RESOURCE_CATEGORY_ASSIGNMENTS_GET_ALL, filters)
    await listing.fetch(assignments, pages, needs=category_ids)
    yield assignments

    rest: tuple[tuple[Entity, Operation[Any]], ...] = (
        (entities.RESOURCES, RESOURCES_GET_ALL),
        (entities.AGE_CATEGORIES, AGE_CATEGORIES_GET_ALL),
    )
    for entity, operation in rest:
        fetched = listing.new(client, entity, folder)
        await listing.fetch(fetched, client.all_pages(operation, scope))
        yield fetched

    now = enterprises.fetched_through or datetime.now(UTC)
    window = before.blocks.window(enterprises.enterprise_ids, now)
    fetched = listing.new(client, entities.RESOURCE_BLOCKS, folder, window)
    filters = scope | before.blocks.filters(window, now)
    await listing.fetch(fetched, client.all_pages(RESOURCE_BLOCKS_GET_ALL, filters))
    yield fetched

    if before.landed_stays is not None:
        opened = enterprises.enterprise_ids
        lacked = stays.lacking(opened, before.landed_stays, now)
        wanted = stays.scope(settings, set(every_service))
        for fetched, pages in stays.fetches(client, folder, wanted, opened, lacked):
            fetched.service_ids |= set(map(str, settings.service_ids))
            await listing.fetch(fetched, pages)
            yield fetched
            if fetched.refused:
                break

    # Last, since reports of rooms need none of it
    opened_services = money.Services(service_ids, every_service)
    of_money = money.reference(client, folder, settings, opened_services, before.refused)
    async with aclosing(of_money):
        async for fetched in of_money:
            yield fetched
