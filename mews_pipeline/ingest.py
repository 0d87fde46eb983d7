"""A range of days brought from Mews into the warehouse, or the reference data. No Dagster here.

In order: ask the warehouse what is wanted, fetch every window of every token side by side while
holding nothing, land each window as soon as it is whole.
"""

import asyncio
import gc
import shutil
import tempfile
from collections import Counter
from collections.abc import (
    AsyncGenerator,
    Awaitable,
    Callable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import aclosing, closing, contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from time import monotonic

from mews_pipeline.extract import availability, reference, updates
from mews_pipeline.extract.drift import Drift
from mews_pipeline.extract.entities import AVAILABILITY, REFERENCE, RESOURCE_BLOCKS, Entity
from mews_pipeline.extract.flatten import FlattenError
from mews_pipeline.extract.progress import Progress
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.extract.windows import ONE_DAY, Window, day_window, plan
from mews_pipeline.mews import Credentials, MewsClient, MewsError, Statistics
from mews_pipeline.settings import Settings
from mews_pipeline.warehouse import fetches, landing
from mews_pipeline.warehouse.base import Log, Warehouse, WarehouseError

_WINDOWS_AT_ONCE_PER_TOKEN = 4
# More objects than some pages have: what pages are made of goes without the garbage collector
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


@dataclass
class Ingested:
    """What an update of one entity did, over all tokens and windows; `seconds` are of wall clock.

    `fetched_through` is that of the window that got least far. `refused` says why Mews would not
    answer a reference operation. `errors` are of the windows that could not be fetched or landed:
    the others have landed all the same.
    """

    windows: int = 0
    rows: int = 0
    new_versions: int = 0
    rows_by_day: Counter[date] = field(default_factory=Counter)
    new_versions_by_day: Counter[date] = field(default_factory=Counter)
    fetched_through: datetime | None = None
    seconds: float = 0.0
    statistics: Statistics = field(default_factory=Statistics)
    drift: Drift = field(default_factory=Drift)
    refused: str | None = None
    errors: list[Exception] = field(default_factory=list)

    def add(self, fetched: Fetched, landed: landing.Landed) -> None:
        """Count what was landed."""
        self.windows += 1
        self.rows += fetched.rows
        self.new_versions += landed.new_versions
        self.rows_by_day.update(fetched.rows_by_day)
        self.new_versions_by_day.update(landed.by_day)
        self.drift.update(fetched.drift)
        self.refused = fetched.refused or self.refused
        if through := fetched.fetched_through:
            self.fetched_through = min(self.fetched_through or through, through)

    def add_statistics(self, now: Statistics, before: Statistics | None = None) -> None:
        """Count what a client asked since `before`, or ever."""
        for counter in (f.name for f in fields(Statistics)):
            asked = getattr(now, counter) - (getattr(before, counter) if before else 0)
            setattr(self.statistics, counter, getattr(self.statistics, counter) + asked)


# What can go wrong with one window or token while the others go on.
_ENDURED = (FlattenError, MewsError, WarehouseError, OSError)


@dataclass
class Ingest:
    """One run's work: by which settings, into which warehouse, in whose name, told to whom."""

    settings: Settings
    warehouse: Warehouse
    run: landing.Run
    log: Log

    def updates(
        self, entities: Iterable[Entity], days: Iterable[date], *, full_refresh: bool = False
    ) -> dict[str, Ingested]:
        """Fetch and land those UTC days of the entities with every access token.

        Gives a report per raw table. Windows that an earlier try of this run landed are left out.
        A single day that was fetched before it was over goes on from there, less the overlap,
        unless `full_refresh`. Raises WarehouseError when the warehouse cannot be asked at all.
        """
        wanted = self._wanted(entities, plan(days), full_refresh)
        reports = {entity.table: Ingested() for entity in wanted}
        each = [w for by_token in wanted.values() for left in by_token.values() for w in left]
        progress = Progress(each, self.log)

        async def fetch(client: MewsClient, folder: Path, entity: Entity) -> None:
            report, token = reports[entity.table], client.credentials.token_key
            source = updates.Updates(client, entity, self.settings)
            progress.statistics.append(client.statistics)
            slots = asyncio.Semaphore(_WINDOWS_AT_ONCE_PER_TOKEN)

            async def one(window: Window) -> None:
                name = f"{entity.table}-{window.start:%Y%m%dT%H%M%S}"
                fetched = Fetched(entity, token, window, folder / name)
                try:
                    async with slots:
                        await spool(fetched, progress.watch(source.pages(window)))
                        await land(fetched)
                        progress.landed(window)
                except _ENDURED as error:
                    report.errors.append(error)

            await asyncio.gather(*(one(window) for window in wanted[entity][token]))
            report.add_statistics(client.statistics)

        started = monotonic()
        with self._landing(reports) as land:
            self._run(partial(fetch, entity=entity) for entity in wanted)
        for report in reports.values():
            report.seconds = monotonic() - started
        return reports

    def reference(self) -> dict[str, Ingested]:
        """Fetch and land all reference data with every access token, new rows where changed.

        Gives a report per raw table. An operation that Mews refuses is recorded as refused, and
        the others go on.
        """
        blocks_from = self._blocks_from()

        def listings(client: MewsClient, folder: Path) -> AsyncGenerator[Fetched, None]:
            since = blocks_from[client.credentials.token_key]
            return reference.reference(client, self.settings, folder, since)

        return self._listings(REFERENCE, listings)

    def availability(self) -> dict[str, Ingested]:
        """Fetch and land a snapshot of what Mews believes of the coming year's availability."""

        def listings(client: MewsClient, folder: Path) -> AsyncGenerator[Fetched, None]:
            return availability.snapshot(client, self.settings, folder)

        return self._listings([AVAILABILITY], listings)

    def _listings(
        self,
        entities: Sequence[Entity],
        listings: Callable[[MewsClient, Path], AsyncGenerator[Fetched, None]],
    ) -> dict[str, Ingested]:
        reports = {entity.table: Ingested() for entity in entities}

        async def fetch(client: MewsClient, folder: Path) -> None:
            before = replace(client.statistics)
            refusals: list[str | None] = []
            try:
                async with aclosing(listings(client, folder)) as found:
                    async for fetched in found:
                        reports[fetched.entity.table].add_statistics(client.statistics, before)
                        before = replace(client.statistics)
                        await land(fetched)
                        refusals.append(fetched.refused)
                if len(entities) > 1 and all(refusals):
                    # a token that opens nothing is wrong, not short of a permission
                    raise MewsError(f"Nothing at all may be read. {refusals[0]}")
            except _ENDURED as error:
                reports[entities[0].table].errors.append(error)

        started = monotonic()
        with self._landing(reports) as land:
            self._run([fetch])
        for report in reports.values():
            report.seconds = monotonic() - started
        return reports

    def _wanted(
        self, entities: Iterable[Entity], windows: list[Window], full_refresh: bool
    ) -> dict[Entity, dict[str, list[Window]]]:
        wanted: dict[Entity, dict[str, list[Window]]] = {}
        is_one_day = len(windows) == 1 and windows[0].end - windows[0].start == ONE_DAY
        with self.warehouse.open(self.log) as connection:
            for entity in entities:
                done = fetches.finished_windows(connection, entity.table, self.run.root_run_id)
                wanted[entity] = {}
                for token in (c.token_key for c in self.settings.credentials()):
                    left = [window for window in windows if (token, window) not in done]
                    if is_one_day and left and not full_refresh:
                        through = fetches.known_through(connection, entity.table, token, left[0])
                        left = [self._rest(left[0], through)]
                    wanted[entity][token] = left
        return wanted

    def _blocks_from(self) -> dict[str, datetime | None]:
        """For tokens whose blocks were never fetched, all since the start date."""
        start = day_window(self.settings.start_date).start
        with self.warehouse.open(self.log) as connection:
            known = fetches.listed_tokens(connection, RESOURCE_BLOCKS.table)
        tokens = [connection.token_key for connection in self.settings.credentials()]
        return {token: None if token in known else start for token in tokens}

    def _rest(self, window: Window, known_through: datetime) -> Window:
        """What is left of a window that was fetched before it was over."""
        if known_through >= window.end:
            return window
        overlap = timedelta(minutes=self.settings.refresh_overlap_minutes)
        return Window(max(window.start, known_through - overlap), window.end)

    @contextmanager
    def _landing(
        self, reports: Mapping[str, Ingested]
    ) -> Iterator[Callable[[Fetched], Awaitable[None]]]:
        one_at_a_time = asyncio.Lock()

        def land_now(fetched: Fetched) -> None:
            with lock_table(fetched.entity.table) as turn:
                landed = landing.land(turn.connection, fetched, self.run, turn.clock)
            shutil.rmtree(fetched.folder, ignore_errors=True)
            reports[fetched.entity.table].add(fetched, landed)
            self.log(_told(fetched, landed))

        async def land(fetched: Fetched) -> None:
            async with one_at_a_time:
                await asyncio.to_thread(land_now, fetched)

        with self.warehouse.landings(self.log) as lock_table:
            yield land

    def _run(self, fetches: Iterable[Callable[[MewsClient, Path], Awaitable[None]]]) -> None:
        """Let each of these fetch with every token, all side by side."""

        async def with_token(
            fetch: Callable[[MewsClient, Path], Awaitable[None]], token: Credentials, folder: Path
        ) -> None:
            limiter = self.settings.limiter(token)
            page_size = self.settings.page_size
            with closing(limiter):
                async with MewsClient(token, limiter=limiter, page_size=page_size) as client:
                    await fetch(client, folder)

        async def all_of_them(folder: Path) -> None:
            async with asyncio.TaskGroup() as tasks:
                for fetch in fetches:
                    for token in self.settings.credentials():
                        tasks.create_task(with_token(fetch, token, folder / token.token_key))

        with _rare_collections(), tempfile.TemporaryDirectory(prefix="mews_pipeline-") as folder:
            asyncio.run(all_of_them(Path(folder)))


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Let the garbage collector look at the records of pages less often than a page has some."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _told(fetched: Fetched, landed: landing.Landed) -> str:
    what = fetched.entity.table
    if fetched.refused:
        return f"{what}: refused for token {fetched.token_key}: {fetched.refused}"
    if window := fetched.window:
        what += f" {window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
    return f"{what}: {fetched.rows} rows, {landed.new_versions} new versions, {fetched.pages} pages"
