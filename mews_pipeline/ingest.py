"""Bring a range of days, the reference data or availability from Mews into the warehouse.

In order: ask the warehouse what is missing, fetch all windows of all tokens concurrently without
holding a lock, land each window as soon as it is complete. No Dagster here.
"""

import asyncio
import gc
import shutil
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import (
    AsyncGenerator,
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
from itertools import chain
from pathlib import Path
from time import monotonic
from typing import ClassVar

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract import availability, reference, updates
from mews_pipeline.extract.documented import DECODES
from mews_pipeline.extract.drift import Drift
from mews_pipeline.extract.entities import (
    AVAILABILITY,
    PRODUCT_SERVICE_ORDERS,
    REFERENCE,
    RESERVATIONS,
    Entity,
)
from mews_pipeline.extract.failures import ANY_FAILURE, OF_A_RECORD, explained
from mews_pipeline.extract.progress import Progress
from mews_pipeline.extract.reference import Blocks
from mews_pipeline.extract.scope import Scope
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.extract.windows import ONE_DAY, Window, day_window, plan
from mews_pipeline.mews import Credentials, MewsClient, MewsError, Statistics
from mews_pipeline.settings import Settings
from mews_pipeline.temporary import temporary_folder
from mews_pipeline.warehouse import fetches, landing
from mews_pipeline.warehouse.base import LockTable, Log, Warehouse

_WINDOWS_AT_ONCE_PER_TOKEN = 4
# Each has up to eight files open (connections, the rate limit's database), and a process may have
# 1,024; together they may ask for far more than this machine can flatten
_TOKENS_AT_ONCE = 32
# Two clocks that differ by less than this are not worth a warning
_CLOCKS_AGREE = timedelta(minutes=2)
# Above the object count of a few pages; those are freed by reference counting, so collecting sooner
# is wasted work
_OBJECTS_BETWEEN_COLLECTIONS = 50_000


@dataclass
class Ingested:
    """What was fetched and landed of one entity, over all tokens and windows.

    `seconds` are wall clock. `fetched_through` is the earliest of all windows. `refused` says why
    Mews would not answer a reference operation. `errors` are those of the windows that could not be
    fetched or landed; the others have landed all the same.
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
    errors: list[PipelineError] = field(default_factory=list)

    def add(self, fetched: Fetched, landed: landing.Landed) -> None:
        """Add the counts of what was landed."""
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
        """Count what a client requested since `before`, or ever."""
        for counter in (f.name for f in fields(Statistics)):
            asked = getattr(now, counter) - (getattr(before, counter) if before else 0)
            setattr(self.statistics, counter, getattr(self.statistics, counter) + asked)


@dataclass
class _Lander:
    """Lands what is fetched, one at a time, and counts it in the report of its raw table."""

    lock_table: LockTable
    run: landing.Run
    log: Log
    reports: Mapping[str, Ingested]
    scope: Scope
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _warned: set[str] = field(default_factory=set)

    async def land(self, fetched: Fetched) -> None:
        async with self._one_at_a_time:
            await asyncio.to_thread(self._land_now, fetched)

    def _land_now(self, fetched: Fetched) -> None:
        with self.lock_table(fetched.entity.table) as table:
            landed = landing.land(table.connection, fetched, self.run, table.lock)
        shutil.rmtree(fetched.folder, ignore_errors=True)
        self.reports[fetched.entity.table].add(fetched, landed)
        self.log(_summary(fetched, landed))
        self._warn_of_clocks(fetched, landed)

    def _warn_of_clocks(self, fetched: Fetched, landed: landing.Landed) -> None:
        """Log once per run and kind that a clock is wrong."""
        for warning, text in _wrong_clocks(fetched, landed):
            if warning not in self._warned:
                self._warned.add(warning)
                self.log(text)


@dataclass
class _TokenWork(ABC):
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

    async def do(self, lander: _Lander, folder: Path) -> None:
        """Fetch and land it; what fails is kept in the reports, whatever it is."""
        try:
            limiter = self.settings.limiter(self.credentials)
            client = MewsClient(
                self.credentials,
                limiter=limiter,
                page_size=self.settings.page_size,
                decodes=DECODES,
            )
            with closing(limiter):
                async with client:
                    await self._do_in_scope(client, lander, folder)
        except ANY_FAILURE as error:
            lander.scope.failed()
            lander.reports[self.table].errors.append(self.explained(error, self.table))

    async def _do_in_scope(self, client: MewsClient, lander: _Lander, folder: Path) -> None:
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
    async def fetch(self, client: MewsClient, lander: _Lander, folder: Path) -> None:
        """Fetch with this client and hand over to be landed."""


@dataclass
class _Windows(_TokenWork):
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

    async def fetch(self, client: MewsClient, lander: _Lander, folder: Path) -> None:
        self.progress.statistics.append(client.statistics)
        refused = self.known.refused_services if self.entity is PRODUCT_SERVICE_ORDERS else {}
        source = updates.Updates(client, self.entity, self.narrowed, refused)
        windows = (self._window(source, window, lander, folder) for window in self.windows)
        await asyncio.gather(*windows)
        lander.reports[self.entity.table].add_statistics(client.statistics)

    async def _window(
        self, source: updates.Updates, window: Window, lander: _Lander, folder: Path
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
        self, source: updates.Updates, window: Window, lander: _Lander, folder: Path
    ) -> PipelineError | None:
        """Fetch and land a window; returns what fails, whatever it is."""
        name = f"{self.table}-{window.start:%Y%m%dT%H%M%S}-{window.end:%Y%m%dT%H%M%S}"
        fetched = Fetched(self.entity, self.credentials.token_key, window, folder / name)
        fetched.enterprise_ids |= self.known.enterprise_ids
        fetched.service_ids |= set(map(str, self.settings.service_ids))
        try:
            await spool(fetched, self.progress.watch(source.pages(window)))
            fetched.refused_services = source.refused_services
            await lander.land(fetched)
            self.progress.landed(window)
        except ANY_FAILURE as error:
            shutil.rmtree(fetched.folder, ignore_errors=True)
            return self.explained(error, _name(fetched))
        return None


@dataclass
class _Listings(_TokenWork):
    """Whole listings of entities, one after the other."""

    entities: Sequence[Entity]
    listings: Callable[[MewsClient, Path, Settings], AsyncGenerator[Fetched, None]]
    is_of_services = False

    @property
    def table(self) -> str:
        """The raw table of the first of its entities."""
        return self.entities[0].table

    async def fetch(self, client: MewsClient, lander: _Lander, folder: Path) -> None:
        refusals: list[str | None] = []
        before = replace(client.statistics)
        async with aclosing(self.listings(client, folder, self.narrowed)) as found:
            async for fetched in found:
                report = lander.reports[fetched.entity.table]
                report.add_statistics(client.statistics, before)
                before = replace(client.statistics)
                report.errors += filter(None, [await self._landed(fetched, lander)])
                refusals.append(fetched.refused)
        if len(self.entities) > 1 and all(refusals):
            # A token that may read nothing at all is wrong, not short of a permission
            raise MewsError(f"Nothing at all may be read. {refusals[0]}")

    async def _landed(self, fetched: Fetched, lander: _Lander) -> PipelineError | None:
        """Land a listing; returns what fails, so that the next one is fetched all the same."""
        error: BaseException | None = fetched.error
        try:
            if error is None:
                await lander.land(fetched)
        except ANY_FAILURE as failure:
            error = failure
        if error is None:
            return None
        shutil.rmtree(fetched.folder, ignore_errors=True)
        return self.explained(error, _name(fetched))


@dataclass
class Ingest:
    """One run's work: its settings, the warehouse it lands in, the run's ids, and its log."""

    settings: Settings
    warehouse: Warehouse
    run: landing.Run
    log: Log

    def updates(
        self, entities: Iterable[Entity], days: Iterable[date], *, full_refresh: bool = False
    ) -> dict[str, Ingested]:
        """Fetch and land those UTC days of the entities with every access token.

        Returns a report per raw table. Windows that an earlier try of this run landed are skipped.
        A single day that was fetched before it ended is resumed from there, less the overlap,
        unless `full_refresh`. Raises WarehouseError when the warehouse cannot be read at all.
        """
        entities = list(entities)
        missing = self._missing_windows(entities, plan(days), full_refresh=full_refresh)
        progress = Progress(chain.from_iterable(windows for *_, windows in missing), self.log)
        work = [
            _Windows(self.settings, credentials, entity, known, windows, progress)
            for entity, credentials, known, windows in missing
            if windows
        ]
        return self._do(entities, work)

    def reference(self) -> dict[str, Ingested]:
        """Fetch and land all reference data with every access token: new rows where it changed.

        Returns a report per raw table. An operation that Mews refuses is recorded as refused, and
        the others go on.
        """
        blocks, stays = self._listed_before()
        work = [
            _Listings(
                self.settings,
                credentials,
                REFERENCE,
                partial(
                    reference.reference,
                    blocks=blocks[credentials.token_key],
                    landed_stays=stays,
                ),
            )
            for credentials in self.settings.credentials()
        ]
        reports = self._do([*REFERENCE, RESERVATIONS], work)
        # Reservations by stay are no listing of their own: the first report has their errors
        by_stay = reports.pop(RESERVATIONS.table)
        reports[REFERENCE[0].table].errors += by_stay.errors
        return reports

    def availability(self) -> dict[str, Ingested]:
        """Fetch and land a snapshot of the past month's and coming year's availability by Mews."""
        work = [
            _Listings(self.settings, credentials, [AVAILABILITY], availability.snapshot)
            for credentials in self.settings.credentials()
        ]
        return self._do([AVAILABILITY], work)

    def _do(self, entities: Iterable[Entity], work: Sequence[_TokenWork]) -> dict[str, Ingested]:
        """Do all of it concurrently; returns the report of each entity's raw table."""
        reports = {entity.table: Ingested() for entity in entities}
        started = monotonic()
        with (
            self.warehouse.landings(self.log) as lock_table,
            _rare_collections(),
            temporary_folder() as folder,
        ):
            lander = _Lander(lock_table, self.run, self.log, reports, Scope(self.settings))
            asyncio.run(_all_of(work, lander, folder))
        if unopened := lander.scope.unopened():
            next(iter(reports.values())).errors.append(unopened)
        for report in reports.values():
            report.seconds = monotonic() - started
        return reports

    def _missing_windows(
        self, entities: Iterable[Entity], windows: list[Window], *, full_refresh: bool
    ) -> list[tuple[Entity, Credentials, fetches.Known, list[Window]]]:
        """Return the windows that this run has not landed yet, by entity and access token."""
        missing: list[tuple[Entity, Credentials, fetches.Known, list[Window]]] = []
        scope = frozenset(map(str, self.settings.enterprise_ids))
        is_one_day = len(windows) == 1 and windows[0].end - windows[0].start == ONE_DAY
        with self.warehouse.open(self.log) as connection:
            known = fetches.known(connection, scope)
            for entity in entities:
                done = fetches.finished_windows(connection, entity.table, self.run.root_run_id)
                for credentials in self.settings.credentials():
                    token = credentials.token_key
                    left = [window for window in windows if (token, window) not in done]
                    if is_one_day and left and not full_refresh:
                        through = fetches.known_through(connection, entity.table, token, left[0])
                        left = [self._rest(left[0], through)]
                    missing.append((entity, credentials, known[token], left))
        return missing

    def _listed_before(self) -> tuple[dict[str, Blocks], dict[str, list[Window]]]:
        """Return which blocks of each token are known, and which stays were fetched.

        Blocks that were never listed are wanted from the start date on.
        """
        start = day_window(self.settings.start_date).start
        overlap = timedelta(minutes=self.settings.refresh_overlap_minutes)
        with self.warehouse.open(self.log) as connection:
            known = fetches.known_blocks(connection, overlap)
            stays = fetches.landed_stays(connection, map(str, self.settings.service_ids))
        tokens = [credentials.token_key for credentials in self.settings.credentials()]
        return {token: known.get(token, Blocks(start)) for token in tokens}, stays

    def _rest(self, window: Window, known_through: datetime) -> Window:
        """Return what is left of a window that was fetched before it ended."""
        if known_through >= window.end:
            return window
        overlap = timedelta(minutes=self.settings.refresh_overlap_minutes)
        return Window(max(window.start, known_through - overlap), window.end)


async def _all_of(work: Iterable[_TokenWork], lander: _Lander, folder: Path) -> None:
    slots = asyncio.Semaphore(_TOKENS_AT_ONCE)

    async def done(one: _TokenWork) -> None:
        async with slots:
            await one.do(lander, folder)

    await asyncio.gather(*map(done, work))


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Run the garbage collector less often than every page of records would make it run.

    It never looks at what exists already, mostly modules: the process also ends sooner.
    """
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _wrong_clocks(fetched: Fetched, landed: landing.Landed) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a clock, by kind."""
    if landed.clock_behind > _CLOCKS_AGREE:
        text = (
            "Warning: the clock that stamps landings has run back: it is "
            f"{_rounded(landed.clock_behind)} behind the last landing. Stamps go on from there."
        )
        yield "landing", text
    ahead = fetched.server_clock_ahead or timedelta(0)
    if abs(ahead) > _CLOCKS_AGREE:
        text = (
            f"Warning: the clock of Mews is {_rounded(abs(ahead))} "
            f"{'ahead of' if ahead > timedelta(0) else 'behind'} this machine's. "
            "Updates count as fetched up to the earlier of the two."
        )
        yield "server", text


def _rounded(difference: timedelta) -> timedelta:
    return timedelta(seconds=round(difference.total_seconds()))


def _name(fetched: Fetched) -> str:
    what = fetched.operation
    if window := fetched.window:
        what += f" {window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
    return what


def _summary(fetched: Fetched, landed: landing.Landed) -> str:
    what = _name(fetched)
    if fetched.refused:
        return f"{what}: refused for token {fetched.token_key}: {fetched.refused}"
    return f"{what}: {fetched.rows} rows, {landed.new_versions} new versions, {fetched.pages} pages"
