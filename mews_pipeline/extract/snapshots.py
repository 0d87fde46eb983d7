"""Fetch what is kept once a day: availability, exchange rates and ledger balances as of now."""

from collections.abc import AsyncGenerator, Collection
from pathlib import Path

from mews_pipeline.extract import availability, listing, money
from mews_pipeline.extract.entities import (
    AVAILABILITY,
    ENTERPRISES,
    EXCHANGE_RATES,
    LEDGER_BALANCES,
    Entity,
)
from mews_pipeline.extract.spool import Fetched, machine_clock
from mews_pipeline.mews import MewsClient
from mews_pipeline.mews.enterprises import enterprise_pages
from mews_pipeline.settings import Settings


async def snapshots(
    client: MewsClient, folder: Path, settings: Settings, entities: Collection[Entity]
) -> AsyncGenerator[Fetched, None]:
    """Fetch a snapshot of each entity in turn; those that Mews refuses have `refused` set.

    One with a record that cannot be read has `error` set. Raises MewsError except for refusals.
    """
    if AVAILABILITY in entities:
        yield await availability.snapshot(client, folder, settings)
    if not {EXCHANGE_RATES, LEDGER_BALANCES}.intersection(entities):
        return
    # Not landed: they say what the token opens, and Mews' clock
    enterprises = listing.new(client, ENTERPRISES, folder)
    await listing.fetch(enterprises, enterprise_pages(client, settings.enterprise_ids))
    now = enterprises.fetched_through or machine_clock()
    if EXCHANGE_RATES in entities:
        opened = listing.ids(enterprises)
        yield await money.exchange_rates(client, folder, settings, opened)
    if LEDGER_BALANCES in entities:
        yield await money.ledger_balances(client, folder, settings, now)
