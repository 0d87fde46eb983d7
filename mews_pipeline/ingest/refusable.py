"""Fetch and land windows that a property need not grant: a refusal is recorded, nothing fails."""

from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract import updates
from mews_pipeline.extract.failures import ANY_FAILURE
from mews_pipeline.extract.spool import machine_clock
from mews_pipeline.extract.windows import Window
from mews_pipeline.ingest.lander import Lander, name_of
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
        reason = f"{NOT_ASKED}{self.known.refusals.reason}"
        for window in self.windows:
            if self.known.refusals.has(window):
                self.progress.landed(window)
            elif error := await self._record(window, reason, lander, folder):
                lander.reports[self.table].errors.append(error)

    async def _attempt(
        self, source: updates.Updates, window: Window, lander: Lander, folder: Path
    ) -> PipelineError | None:
        """Fetch and land a window; returns what fails but a refusal of this alone."""
        if self._refusal is None:
            error = await super()._attempt(source, window, lander, folder)
            if not isinstance(error, _REFUSED) or not await self._is_refused_alone(error):
                return error
            self._refusal = str(error)
        return await self._record(window, self._refusal, lander, folder)

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

    async def _record(
        self, window: Window, reason: str, lander: Lander, folder: Path
    ) -> PipelineError | None:
        """Land that the window is refused; returns what fails."""
        fetched = self.begun(window, folder)
        fetched.refused, fetched.finished = reason, machine_clock()
        try:
            await lander.land(fetched)
        except ANY_FAILURE as error:
            return self.explained(error, name_of(fetched))
        self.progress.landed(window)
        return None
