"""Fetch the reference data of money, and the daily snapshots of rates and balances.

Reports of rooms go on without any of it: a property need not grant these permissions.
"""

import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import orjson

from mews_pipeline.extract import entities, listing
from mews_pipeline.extract.entities import Entity
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.mews import (
    ACCOUNTING_CATEGORIES_GET_ALL,
    BUSINESS_SEGMENTS_GET_ALL,
    COMPANIES_GET_ALL,
    LEDGER_BALANCES_GET_ALL,
    PRODUCTS_GET_ALL,
    RATE_GROUPS_GET_ALL,
    RATES_GET_ALL,
    MewsClient,
    Page,
)
from mews_pipeline.mews.errors import MewsError, ServerError
from mews_pipeline.mews.money import currency_pages, exchange_rate_pages
from mews_pipeline.mews.money_requests import DateInterval, LedgerType
from mews_pipeline.settings import Settings

# Those that order items are posted in; the others hold payments
LEDGERS = (LedgerType.REVENUE, LedgerType.NON_REVENUE, LedgerType.TAX)
_FAILURES: tuple[type[MewsError], ...] = (
    *listing.refusals(entities.LEDGER_BALANCES),
    ServerError,
)

logger = logging.getLogger(__name__)


class Services(NamedTuple):
    """The services that a token opens: those to stay in, and all."""

    bookable: list[UUID]
    every: list[UUID]


async def reference(
    client: MewsClient,
    folder: Path,
    settings: Settings,
    services: Services,
    refused: Mapping[str, str],
) -> AsyncGenerator[Fetched, None]:
    """Fetch the reference data of money in turn; those that Mews refuses have `refused` set.

    `refused` says of which raw tables nothing is asked for, and why. Raises MewsError except for
    refusals.
    """
    bookable, every_service = services
    scope = settings.enterprise_scope
    of_stays, of_all = scope | {"service_ids": bookable}, scope | {"service_ids": every_service}
    listings: tuple[tuple[Entity, AsyncGenerator[Page, None], list[UUID] | None], ...] = (
        (
            entities.ACCOUNTING_CATEGORIES,
            client.all_pages(ACCOUNTING_CATEGORIES_GET_ALL, scope),
            None,
        ),
        (entities.RATES, client.all_pages(RATES_GET_ALL, of_stays), bookable),
        (entities.RATE_GROUPS, client.all_pages(RATE_GROUPS_GET_ALL, of_stays), bookable),
        (
            entities.BUSINESS_SEGMENTS,
            client.all_pages(BUSINESS_SEGMENTS_GET_ALL, of_stays),
            bookable,
        ),
        # Companies belong to a chain: no enterprise narrows them
        (entities.COMPANIES, client.all_pages(COMPANIES_GET_ALL, {}), None),
        (entities.PRODUCTS, client.all_pages(PRODUCTS_GET_ALL, of_all), every_service),
        (entities.CURRENCIES, currency_pages(client), None),
    )
    for entity, pages, needs in listings:
        fetched = listing.new(client, entity, folder)
        fetched.refused = refused.get(entity.table)
        await listing.fetch(fetched, pages, needs)
        yield fetched


async def exchange_rates(
    client: MewsClient, folder: Path, settings: Settings, opened: Sequence[UUID]
) -> Fetched:
    """Fetch today's exchange rates. Raises MewsError except for refusals.

    `opened` are the enterprises that the token opens.
    """
    fetched = listing.new(client, entities.EXCHANGE_RATES, folder)
    await listing.fetch(fetched, exchange_rate_pages(client, settings.enterprise_ids, opened))
    return fetched


async def ledger_balances(
    client: MewsClient, folder: Path, settings: Settings, now: datetime
) -> Fetched:
    """Fetch the ledgers' balances of this and the last month. Raises MewsError but for refusals."""
    fetched = listing.new(client, entities.LEDGER_BALANCES, folder)
    await listing.fetch(fetched, ledger_pages(client, settings, now))
    return fetched


async def ledger_pages(
    client: MewsClient, settings: Settings, now: datetime
) -> AsyncGenerator[Page, None]:
    """Yield the balances of this and the last month, one ledger and month per request.

    A ledger that Mews refuses, or fails to give, is left out (docs/mews-api.md, "Ledger balances").
    Raises MewsError where that is true of all of them.
    """
    failures: list[MewsError] = []
    for ledger in LEDGERS:
        try:
            for month in _months(now):
                async with aclosing(_balances(client, settings, ledger, month)) as pages:
                    async for page in pages:
                        yield page
        except _FAILURES as error:
            logger.info("The ledger %s is left out: %s", ledger, error)
            failures.append(error)
    if len(failures) == len(LEDGERS):
        raise failures[0]


async def _balances(
    client: MewsClient, settings: Settings, ledger: LedgerType, month: DateInterval
) -> AsyncGenerator[Page, None]:
    filters = settings.enterprise_scope | {"ledger_types": [ledger], "date": month}
    async with aclosing(client.all_pages(LEDGER_BALANCES_GET_ALL, filters)) as pages:
        async for page in pages:
            instant = {"SnapshotUtc": page.server_time.isoformat()}
            records = [record | instant for record in page.records]
            content = orjson.dumps({"Records": len(records)})
            yield Page(content, records, page.cursor, page.server_time, page.replaced_characters)


def _months(now: datetime) -> tuple[DateInterval, DateInterval]:
    """Return the last month, and this one up to today."""
    today: date = now.date()
    first = today.replace(day=1)
    before = first - timedelta(days=1)
    return (
        DateInterval(start=before.replace(day=1), end=before),
        DateInterval(start=first, end=today),
    )
