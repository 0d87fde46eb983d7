"""Fetch what is kept once a day: availability, exchange rates and ledger balances as of now."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from uuid import UUID

from mews_pipeline.extract import availability, money
from mews_pipeline.extract.listing import REFUSALS
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.mews import MewsClient
from mews_pipeline.mews.enterprises import enterprise_pages
from mews_pipeline.settings import Settings


async def snapshots(
    client: MewsClient, folder: Path, settings: Settings
) -> AsyncGenerator[Fetched, None]:
    """Fetch a snapshot of each in turn; those that Mews refuses have `refused` set.

    Raises MewsError for anything but a refusal, and FlattenError.
    """
    async with aclosing(availability.snapshot(client, folder, settings)) as found:
        async for fetched in found:
            yield fetched
    opened = await _opened(client, settings)
    async with aclosing(money.snapshots(client, folder, settings, opened)) as found:
        async for fetched in found:
            yield fetched


async def _opened(client: MewsClient, settings: Settings) -> list[UUID]:
    """Return the enterprises that the token opens, none where it may not list them."""
    try:
        pages = enterprise_pages(client, settings.enterprise_ids)
        async with aclosing(pages):
            return [UUID(record["Id"]) async for page in pages for record in page.records]
    except REFUSALS:
        return []
