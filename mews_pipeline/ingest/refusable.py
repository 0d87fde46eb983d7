"""Fetch and land windows that a property need not grant: a refusal is recorded, nothing fails."""

import shutil
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract import updates
from mews_pipeline.extract.spool import Fetched, machine_clock
from mews_pipeline.extract.windows import Window
from mews_pipeline.ingest.lander import Lander
from mews_pipeline.ingest.token_work import Windows
from mews_pipeline.mews import MewsClient, MewsError, enterprise_pages
from mews_pipeline.mews.errors import (
    DiscontinuedError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
)
from mews_pipeline.warehouse.refusals import NOT_ASKED

_REFUSED = (UnauthorizedError, ForbiddenError, NotFoundError, DiscontinuedError)


@dataclass
class RefusableWindows(Windows):
    """The windows of an entity that may be refused.

    After a refusal they are recorded as refused without a request, for a day. Then they are asked
    for again; once Mews grants them, the caller adds the days that are owed.
    """

    _client: MewsClient | None = None
    _refusal: str | None = None

    async def fetch(self, client: MewsClient, lander: Lander, folder: Path) -> None:
        """Fetch and land the windows, four at a time, or record that they are refused."""
        self._client = client
        if self.known.refusals.reason is None:
            await super().fetch(client, lander, folder)
            return
        lander.reports[self.table].refused = self.known.refusals.reason
        for window in self.windows:
            if not self.known.refusals.has(window):
                await self._record(
                    window, f"{NOT_ASKED}{self.known.refusals.reason}", lander, folder
                )
            self.progress.landed(window)

    async def _attempt(
        self, source: updates.Updates, window: Window, lander: Lander, folder: Path
    ) -> PipelineError | None:
        """Fetch and land a window; returns what fails but a refusal of this alone."""
        if self._refusal is None:
            error = await super()._attempt(source, window, lander, folder)
            if not isinstance(error, _REFUSED) or not await self._is_refused_alone(error):
                return error
            self._refusal = str(error)
        await self._record(window, self._refusal, lander, folder)
        self.progress.landed(window)
        return None

    async def _is_refused_alone(self, error: MewsError) -> bool:
        """Return whether Mews answers this token otherwise, so that nothing is wrong with it."""
        if isinstance(error, DiscontinuedError) or self._client is None:
            return True
        try:
            async with aclosing(enterprise_pages(self._client)) as pages:
                await anext(pages)
        except MewsError:
            return False
        return True

    async def _record(self, window: Window, reason: str, lander: Lander, folder: Path) -> None:
        """Land that the window is refused."""
        fetched = Fetched(self.entity, self.credentials.token_key, window, folder / "refused")
        fetched.enterprise_ids |= self.known.enterprise_ids
        fetched.service_ids |= set(map(str, self.settings.service_ids))
        fetched.refused = reason
        fetched.finished = machine_clock()
        await lander.land(fetched)
        shutil.rmtree(fetched.folder, ignore_errors=True)
