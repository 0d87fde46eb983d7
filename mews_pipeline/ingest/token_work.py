"""Fetch and land with one access token; whatever fails is kept in the reports of the run."""

import asyncio
import shutil
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import ClassVar

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract import updates
from mews_pipeline.extract.documented import DECODES
from mews_pipeline.extract.entities import PRODUCT_SERVICE_ORDERS, Entity
from mews_pipeline.extract.failures import ANY_FAILURE, OF_A_RECORD, explained
from mews_pipeline.extract.progress import Progress
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.extract.windows import Window
from mews_pipeline.ingest.lander import Lander, name_of
from mews_pipeline.mews import Credentials, MewsClient, MewsError
from mews_pipeline.settings import Settings
from mews_pipeline.warehouse import fetches

_WINDOWS_AT_ONCE_PER_TOKEN = 4
# Fetched and not yet landed, of a token: bounds what is on the disk
_LISTINGS_THAT_WAIT = 16


@dataclass
class TokenWork(ABC):
    """What a run fetches and lands with one access token.

    `narrowed` are the settings with those ids only that the token opens, once that is known.
    """

    settings: Settings
    credentials: Credentials
    narrowed: Settings = field(init=False)

    @property
    @abstractmethod
    def table(self) -> str:
        """The raw table whose report has what fails."""

    # Whether the services of the settings restrict it, too
    is_of_services: ClassVar[bool]

    async def do(self, lander: Lander, folder: Path) -> None:
        """Fetch and land it; what fails is kept in the reports, whatever it is."""
        try:
            limiter = self.settings.limiter(self.credentials)
            page_size = self.settings.page_size
            client = MewsClient(
                self.credentials, limiter=limiter, page_size=page_size, decodes=DECODES
            )
            with closing(limiter):
                async with client:
                    await self._do_in_scope(client, lander, folder)
        except ANY_FAILURE as error:
            lander.scope.failed()
            lander.reports[self.table].errors.append(self.explained(error, self.table))

    async def _do_in_scope(self, client: MewsClient, lander: Lander, folder: Path) -> None:
        with_services = self.is_of_services
        settings = await lander.scope.of_token(client, with_services=with_services)
        if settings is None:
            lander.log(f"{self.table}: token {self.credentials.token_key} opens none of the ids")
            return
        self.narrowed = settings
        await self.fetch(client, lander, folder / self.credentials.token_key)

    def explained(self, error: BaseException, what: str) -> PipelineError:
        """Return what failed as an error that names this token and shows none."""
        secrets = {secret for known in self.settings.credentials() for secret in known.secrets}
        return explained(error, what, self.credentials.token_key, secrets)

    @abstractmethod
    async def fetch(self, client: MewsClient, lander: Lander, folder: Path) -> None:
        """Fetch with this client and hand over to be landed."""


@dataclass
class Windows(TokenWork):
    """The windows of one entity by UpdatedUtc, a few at a time."""

    entity: Entity
    known: fetches.Known
    windows: Sequence[Window]
    progress: Progress
    _slots: asyncio.Semaphore = field(
        default_factory=partial(asyncio.Semaphore, _WINDOWS_AT_ONCE_PER_TOKEN)
    )
    is_of_services = True

    @property
    def table(self) -> str:
        """The raw table of its entity."""
        return self.entity.table

    async def fetch(self, client: MewsClient, lander: Lander, folder: Path) -> None:
        """Fetch and land the windows, four at a time."""
        self.progress.statistics.append(client.statistics)
        refused = self.known.refused_services if self.entity is PRODUCT_SERVICE_ORDERS else {}
        source = updates.Updates(client, self.entity, self.narrowed, refused)
        windows = (self._window(source, window, lander, folder) for window in self.windows)
        await asyncio.gather(*windows)
        lander.reports[self.entity.table].add_statistics(client.statistics)

    async def _window(
        self, source: updates.Updates, window: Window, lander: Lander, folder: Path
    ) -> None:
        """Fetch and land a window; day by day where a record of it fails."""
        async with self._slots:
            error = await self._attempt(source, window, lander, folder)
            if isinstance(error, OF_A_RECORD) and len(days := window.days) > 1:
                lander.log(f"{error} Its window is fetched again day by day.")
                self.progress.cut(window, days)
                errors = [await self._attempt(source, day, lander, folder) for day in days]
            else:
                errors = [error]
        lander.reports[self.table].errors += filter(None, errors)

    async def _attempt(
        self, source: updates.Updates, window: Window, lander: Lander, folder: Path
    ) -> PipelineError | None:
        """Fetch and land a window; returns what fails, whatever it is."""
        fetched = self.begun(window, folder)
        try:
            await spool(fetched, self.progress.watch(source.pages(window)))
            fetched.refused_services = source.refused_services
            await lander.land(fetched)
            self.progress.landed(window)
        except ANY_FAILURE as error:
            shutil.rmtree(fetched.folder, ignore_errors=True)
            return self.explained(error, name_of(fetched))
        return None

    def begun(self, window: Window, folder: Path) -> Fetched:
        """Return the fetch of a window that is about to begin."""
        name = f"{self.table}-{window.start:%Y%m%dT%H%M%S}-{window.end:%Y%m%dT%H%M%S}"
        fetched = Fetched(self.entity, self.credentials.token_key, window, folder / name)
        fetched.enterprise_ids |= self.known.enterprise_ids
        fetched.service_ids |= set(map(str, self.settings.service_ids))
        return fetched


@dataclass
class Listings(TokenWork):
    """Whole listings of entities, one after the other; each lands while the next are fetched."""

    entities: Sequence[Entity]
    listings: Callable[[MewsClient, Path, Settings], AsyncGenerator[Fetched, None]]
    _room: asyncio.Semaphore = field(
        default_factory=partial(asyncio.Semaphore, _LISTINGS_THAT_WAIT)
    )
    is_of_services = False

    @property
    def table(self) -> str:
        """The raw table of the first of its entities."""
        return self.entities[0].table

    async def fetch(self, client: MewsClient, lander: Lander, folder: Path) -> None:
        """Fetch and land the listings; raises MewsError where the token may read none of them."""
        refusals: list[str | None] = []
        landings: list[asyncio.Task[None]] = []
        before = replace(client.statistics)
        try:
            async with aclosing(self.listings(client, folder, self.narrowed)) as found:
                async for fetched in found:
                    lander.reports[fetched.entity.table].add_statistics(client.statistics, before)
                    before = replace(client.statistics)
                    await self._room.acquire()
                    landings.append(asyncio.create_task(self._landed(fetched, lander)))
                    if not fetched.entity.may_be_refused:
                        refusals.append(fetched.refused)
        finally:
            await asyncio.gather(*landings)
        if len(refusals) > 1 and all(refusals):
            # A token that may read nothing at all is wrong, not short of a permission
            raise MewsError(f"Nothing at all may be read. {refusals[0]}")

    async def _landed(self, fetched: Fetched, lander: Lander) -> None:
        """Land a listing; report what fails, so that the next one is fetched all the same."""
        error: BaseException | None = fetched.error
        try:
            if error is None:
                await lander.land(fetched)
        except ANY_FAILURE as failure:
            error = failure
        finally:
            self._room.release()
        if error is not None:
            shutil.rmtree(fetched.folder, ignore_errors=True)
            report = lander.reports[fetched.entity.table]
            report.errors.append(self.explained(error, name_of(fetched)))
