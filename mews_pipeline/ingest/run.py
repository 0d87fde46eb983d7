"""Plan what one run fetches, and do it with all access tokens concurrently."""

import asyncio
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path
from time import monotonic

from mews_pipeline.collector import rare_collections
from mews_pipeline.extract import reference, snapshots
from mews_pipeline.extract.entities import (
    REFERENCE,
    RESERVATIONS,
    SNAPSHOTS,
    Entity,
)
from mews_pipeline.extract.progress import Progress
from mews_pipeline.extract.reference import Before, Blocks
from mews_pipeline.extract.scope import Scope
from mews_pipeline.extract.windows import ONE_DAY, Window, day_window, plan
from mews_pipeline.ingest.lander import Ingested, Lander
from mews_pipeline.ingest.refusable import RefusableWindows
from mews_pipeline.ingest.token_work import Listings, TokenWork, Windows
from mews_pipeline.mews import Credentials
from mews_pipeline.settings import Settings
from mews_pipeline.temporary import temporary_folder
from mews_pipeline.warehouse import fetches, landing
from mews_pipeline.warehouse.base import Log, Warehouse
from mews_pipeline.warehouse.personal_policy import applied
from mews_pipeline.warehouse.refusals import NOT_ASKED, Refusals, reasons, refusals

# Each has up to eight files open (connections, the rate limit's database), and a process may have
# 1,024; together they may ask for far more than this machine can flatten
_TOKENS_AT_ONCE = 32
# Of windows that were refused, beside those of the run: one window of the vendor's
_MOST_OWED_DAYS = 88


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
            (RefusableWindows if entity.may_be_refused else Windows)(
                self.settings, credentials, entity, known, windows, progress
            )
            for entity, credentials, known, windows in missing
            if windows
        ]
        return self._do(entities, work)

    def reference(self) -> dict[str, Ingested]:
        """Fetch and land all reference data with every access token: new rows where it changed.

        Returns a report per raw table. An operation that Mews refuses is recorded as refused, and
        the others go on; one that may be refused is not asked for again for a day.
        """
        before = self._listed_before()
        work = [
            Listings(
                self.settings,
                credentials,
                REFERENCE,
                partial(reference.reference, before=before[credentials.token_key]),
            )
            for credentials in self.settings.credentials()
        ]
        reports = self._do([*REFERENCE, RESERVATIONS], work)
        # Reservations by stay are no listing of their own: the first report has their errors
        by_stay = reports.pop(RESERVATIONS.table)
        reports[REFERENCE[0].table].errors += by_stay.errors
        return reports

    def snapshots(self, entities: Collection[Entity] = SNAPSHOTS) -> dict[str, Ingested]:
        """Fetch and land what is kept once a day: availability, exchange rates, ledger balances.

        Returns a report per raw table.
        """
        wanted = [entity for entity in SNAPSHOTS if entity in entities]
        listings = partial(snapshots.snapshots, entities=wanted)
        work = [
            Listings(self.settings, credentials, wanted, listings)
            for credentials in self.settings.credentials()
        ]
        return self._do(wanted, work)

    def _do(self, entities: Iterable[Entity], work: Sequence[TokenWork]) -> dict[str, Ingested]:
        """Do all of it concurrently; returns the report of each entity's raw table.

        What has landed is first rewritten where the settings keep less of personal data than it.
        """
        policy = applied(self.warehouse, self.settings, self.log)
        reports = {entity.table: Ingested() for entity in entities}
        started = monotonic()
        with (
            self.warehouse.landings(self.log) as lock_table,
            rare_collections(),
            temporary_folder() as folder,
        ):
            scope = Scope(self.settings)
            lander = Lander(lock_table, self.run, self.log, reports, scope, policy)
            asyncio.run(_all_of(work, lander, folder))
        lander.warn_of_refusals()
        if unopened := lander.scope.unopened():
            next(iter(reports.values())).errors.append(unopened)
        for report in reports.values():
            report.seconds = monotonic() - started
        return reports

    def _missing_windows(
        self, entities: Iterable[Entity], windows: list[Window], *, full_refresh: bool
    ) -> list[tuple[Entity, Credentials, fetches.Known, list[Window]]]:
        """Return the windows that this run has not landed yet, by entity and access token.

        Those that were refused before are among them, the newest ones first where they are many.
        """
        missing: list[tuple[Entity, Credentials, fetches.Known, list[Window]]] = []
        scope = frozenset(map(str, self.settings.enterprise_ids))
        is_one_day = len(windows) == 1 and windows[0].end - windows[0].start == ONE_DAY
        with self.warehouse.open(self.log) as connection:
            known = fetches.known(connection, scope)
            for entity in entities:
                done = fetches.finished_windows(connection, entity.table, self.run.root_run_id)
                refused = refusals(connection, entity.table) if entity.may_be_refused else {}
                for credentials in self.settings.credentials():
                    token = credentials.token_key
                    left = [window for window in windows if (token, window) not in done]
                    if is_one_day and left and not full_refresh:
                        through = fetches.known_through(connection, entity.table, token, left[0])
                        left = [self._rest(left[0], through)]
                    refusal = refused.get(token, Refusals())
                    if left and not refusal.reason:
                        left = [*left, *_owed(refusal, windows)]
                    learned = replace(known[token], refusals=refusal)
                    missing.append((entity, credentials, learned, left))
        return missing

    def _listed_before(self) -> dict[str, Before]:
        """Return what is known of each token: its blocks, which stays were fetched, and refusals.

        Blocks that were never listed are wanted from the start date on.
        """
        start = day_window(self.settings.start_date).start
        overlap = timedelta(minutes=self.settings.refresh_overlap_minutes)
        tables = [entity.table for entity in REFERENCE if entity.may_be_refused]
        with self.warehouse.open(self.log) as connection:
            known = fetches.known_blocks(connection, overlap)
            stays = fetches.landed_stays(connection, map(str, self.settings.service_ids))
            refused = reasons(connection, tables)
        found = {}
        for credentials in self.settings.credentials():
            token = credentials.token_key
            why = {
                table: f"{NOT_ASKED}{reason}" for table, reason in refused.get(token, {}).items()
            }
            found[token] = Before(known.get(token, Blocks(start)), stays, why)
        return found

    def _rest(self, window: Window, known_through: datetime) -> Window:
        """Return what is left of a window that was fetched before it ended."""
        if known_through >= window.end:
            return window
        overlap = timedelta(minutes=self.settings.refresh_overlap_minutes)
        return Window(max(window.start, known_through - overlap), window.end)


def _owed(refusal: Refusals, windows: Iterable[Window]) -> list[Window]:
    """Return the windows of the newest days that are owed, beside those that are fetched anyway."""
    fetched = {day.start.date() for window in windows for day in window.days}
    return plan(sorted(set(refusal.owed) - fetched)[-_MOST_OWED_DAYS:])


async def _all_of(work: Iterable[TokenWork], lander: Lander, folder: Path) -> None:
    slots = asyncio.Semaphore(_TOKENS_AT_ONCE)

    async def done(one: TokenWork) -> None:
        async with slots:
            await one.do(lander, folder)

    await asyncio.gather(*map(done, work))
