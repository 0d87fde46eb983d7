"""Fetch what is kept once a day: availability, exchange rates and ledger balances as of now."""

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing
from datetime import datetime
from pathlib import Path
from uuid import UUID

from mews_pipeline.extract import availability, money
from mews_pipeline.extract.entities import (
    AVAILABILITY,
    EXCHANGE_RATES,
    LEDGER_BALANCES,
    Entity,
)
from mews_pipeline.extract.listing import REFUSALS
from mews_pipeline.extract.spool import Fetched, machine_clock
from mews_pipeline.mews import MewsClient
from mews_pipeline.mews.enterprises import enterprise_pages
from mews_pipeline.settings import Settings


async def snapshots(
    client: MewsClient, folder: Path, settings: Settings, entities: Collection[Entity]
) -> AsyncGenerator[Fetched, None]:
    """Fetch a snapshot of each entity in turn; those that Mews refuses have `refused` set.

    Raises MewsError for anything but a refusal, and FlattenError.
    """
    if AVAILABILITY in entities:
        async with aclosing(availability.snapshot(client, folder, settings)) as found:
            async for fetched in found:
                yield fetched
    if not {EXCHANGE_RATES, LEDGER_BALANCES}.intersection(entities):
        return
    opened, now = await _opened(client, settings)
    if EXCHANGE_RATES in entities:
        yield await money.exchange_rates(client, folder, settings, opened)
    if LEDGER_BALANCES in entities:
        yield await money.ledger_balances(client, folder, settings, now)


async def _opened(client: MewsClient, settings: Settings) -> tuple[list[UUID], datetime]:
    """Return the enterprises that the token opens, and Mews' clock.

    None and this machine's where it may not list them.
    """
    opened: list[UUID] = []
    now = machine_clock()
    try:
        async with aclosing(enterprise_pages(client, settings.enterprise_ids)) as pages:
            async for page in pages:
                now = page.server_time
                opened += [UUID(record["Id"]) for record in page.records]
    except REFUSALS:
        return [], now
    return opened, now
