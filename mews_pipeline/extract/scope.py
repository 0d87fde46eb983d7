"""Narrow the ids of the settings to those that an access token opens.

Mews refuses a request that names an enterprise or service of another token, so each token is asked
only for its own.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from uuid import UUID

from mews_pipeline.extract.failures import OF_A_RECORD
from mews_pipeline.extract.listing import REFUSALS
from mews_pipeline.mews import SERVICES_GET_ALL, MewsClient, Page, enterprise_pages
from mews_pipeline.settings import Settings, SettingsError

_ENTERPRISES, _SERVICES = "MEWS_ENTERPRISE_IDS", "MEWS_SERVICE_IDS"


class Scope:
    """The ids of the settings, and which access token opens which; each is asked once."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._unopened = {
            _ENTERPRISES: set(settings.enterprise_ids),
            _SERVICES: set(settings.service_ids),
        }
        # Other tokens, of another run or one that refuses, may open what these do not
        self._is_complete = settings.token_groups == 1
        self._asked: set[str] = set()
        self._locks: defaultdict[tuple[str, str], asyncio.Lock] = defaultdict(asyncio.Lock)
        self._opened: dict[tuple[str, str], list[UUID]] = {}

    async def of_token(self, client: MewsClient, *, with_services: bool) -> Settings | None:
        """Return the settings with the ids that the client's token opens; None if it opens none.

        A token that may not list them keeps all. Raises MewsError.
        """
        settings = self._settings
        if wanted := settings.enterprise_ids:
            pages = enterprise_pages(client)
            opened = await self._opened_of(client, _ENTERPRISES, wanted, pages)
            if not opened:
                return None
            settings = settings.model_copy(update={"enterprise_ids": opened})
        if with_services and (wanted := settings.service_ids):
            pages = client.all_pages(SERVICES_GET_ALL, settings.enterprise_scope)
            opened = await self._opened_of(client, _SERVICES, wanted, pages)
            if not opened:
                return None
            settings = settings.model_copy(update={"service_ids": opened})
        return settings

    def failed(self) -> None:
        """Note that a token could not be asked: what it opens is not known."""
        self._is_complete = False

    def unopened(self) -> SettingsError | None:
        """Return the error that names the ids that no token opens, once all were asked."""
        missing = {
            name: sorted(map(str, ids))
            for name, ids in self._unopened.items()
            if ids and name in self._asked
        }
        if not missing or not self._is_complete:
            return None
        named = "; ".join(f"{name}: {', '.join(ids)}" for name, ids in missing.items())
        return SettingsError(
            f"No access token opens these ids ({named}). Everything else was fetched. Correct or "
            "remove them, or add the access token of their property to MEWS_ACCESS_TOKENS."
        )

    async def _opened_of(
        self,
        client: MewsClient,
        name: str,
        wanted: Sequence[UUID],
        pages: AsyncGenerator[Page, None],
    ) -> list[UUID]:
        key = client.credentials.token_key, name
        async with self._locks[key], aclosing(pages):
            if key not in self._opened:
                self._opened[key] = await self._found(name, wanted, pages)
            return self._opened[key]

    async def _found(
        self, name: str, wanted: Sequence[UUID], pages: AsyncGenerator[Page, None]
    ) -> list[UUID]:
        try:
            listed = {i async for page in pages for i in _ids(page)}
        except (*REFUSALS, *OF_A_RECORD):
            self.failed()
            return list(wanted)
        self._asked.add(name)
        opened = [item for item in wanted if item in listed]
        self._unopened[name] -= set(opened)
        return opened


def _ids(page: Page) -> Iterable[UUID]:
    for record in page.records:
        try:
            yield UUID(record["Id"])
        except (KeyError, TypeError, ValueError, AttributeError):
            continue
