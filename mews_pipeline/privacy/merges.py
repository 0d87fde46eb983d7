"""Follow merged profiles in Mews: which profiles given ones were merged into. Stores nothing."""

import asyncio
from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

from mews_pipeline.mews import CUSTOMERS_GET_ALL, Credentials, MewsClient
from mews_pipeline.mews.errors import (
    BadRequestError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
)
from mews_pipeline.mews.requests import ActivityState
from mews_pipeline.settings import Settings

# Without the permission, or with an id that the properties of a token do not have
_REFUSALS = (UnauthorizedError, ForbiddenError, NotFoundError, BadRequestError)


@dataclass(frozen=True)
class Merged:
    """The given ids with those of the profiles that they were merged into.

    `refused` says why Mews gave none for some token; then they may be incomplete.
    """

    ids: frozenset[str]
    followed: int = 0
    refused: str | None = None


def follow_merges(settings: Settings, ids: Collection[str]) -> Merged:
    """Ask Mews with every access token, until no profile leads to a new one. Raises MewsError."""
    known, refused = set(ids), None
    for credentials in settings.credentials():
        try:
            known |= asyncio.run(_followed(settings, credentials, known))
        except _REFUSALS as error:
            refused = str(error)
    return Merged(frozenset(known), len(known) - len(set(ids)), refused)


async def _followed(settings: Settings, credentials: Credentials, ids: Collection[str]) -> set[str]:
    limiter = settings.limiter(credentials)
    known, new = set(ids), set(ids)
    with closing(limiter):
        async with MewsClient(credentials, limiter=limiter, page_size=settings.page_size) as client:
            # An id is asked for once, so a loop of merges ends
            while new:
                new = await _targets(client, new) - known
                known |= new
    return known


async def _targets(client: MewsClient, ids: Collection[str]) -> set[str]:
    filters = {
        "customer_ids": [UUID(one) for one in sorted(ids)],
        # A merged profile is deleted
        "activity_states": list(ActivityState),
    }
    return {
        str(UUID(target))
        async for page in client.look_up(CUSTOMERS_GET_ALL, filters)
        for record in page.records
        if isinstance(target := record.get("MergeTargetId"), str)
    }
