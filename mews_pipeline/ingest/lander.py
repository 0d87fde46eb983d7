"""Land what is fetched, one at a time, and count it in the reports of a run."""

import asyncio
import shutil
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract.drift import Drift
from mews_pipeline.extract.failures import ANY_FAILURE
from mews_pipeline.extract.scope import Scope
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.mews import Statistics
from mews_pipeline.threads import in_thread
from mews_pipeline.warehouse import landing
from mews_pipeline.warehouse.base import LockTable, Log
from mews_pipeline.warehouse.personal import Policy

# Two clocks that differ by less than this are not worth a warning
_CLOCKS_AGREE = timedelta(minutes=2)
# Of what lands in one opening of a file, so that others who wait for it get it in between
_ROWS_AT_ONCE = 20_000


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
class Lander:
    """Lands what is fetched, one at a time, and counts it in the report of its raw table."""

    lock_table: LockTable
    run: landing.Run
    log: Log
    reports: Mapping[str, Ingested]
    scope: Scope
    policy: Policy
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)
    _waiting: "deque[tuple[Fetched, asyncio.Future[None]]]" = field(default_factory=deque)
    _warned: set[str] = field(default_factory=set)
    # Why, by token and operation
    _refused: dict[str, dict[str, str]] = field(default_factory=dict)

    async def land(self, fetched: Fetched) -> None:
        """Land what was fetched and remove its files."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((fetched, done))
        async with self._one_at_a_time:
            while not done.done():
                await self._land_those_that_wait()
        await done

    async def _land_those_that_wait(self) -> None:
        """Land the first that waits, and what fits beside it: opening a file takes longer."""
        batch = [self._waiting.popleft()]
        rows = batch[0][0].rows
        while self._waiting and (rows := rows + self._waiting[0][0].rows) <= _ROWS_AT_ONCE:
            batch.append(self._waiting.popleft())
        errors = await in_thread(self._land_now, [fetched for fetched, _ in batch])
        for (_, done), error in zip(batch, errors, strict=True):
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

    def _land_now(self, batch: Sequence[Fetched]) -> list[BaseException | None]:
        """Land each in its own transaction; returns what fails of each."""
        errors: list[BaseException | None] = []
        while left := batch[len(errors) :]:
            landed, error = self._land_in_one_opening(left)
            errors += map(self._count, left, landed)
            if error is not None:
                errors.append(error)
        return errors

    def _land_in_one_opening(
        self, batch: Sequence[Fetched]
    ) -> tuple[list[landing.Landed], BaseException | None]:
        """Land as many as the lock of the first one's table covers, until one fails.

        Closing the warehouse may fail, too: then the last one counts as not landed.
        """
        landed: list[landing.Landed] = []
        covered = batch[:1]
        try:
            with self.lock_table(batch[0].entity.table) as table:
                covered = batch if table.lock.covers_all_tables else covered
                for fetched in covered:
                    new = landing.land(table.connection, fetched, self.run, table.lock, self.policy)
                    landed.append(new)
        except ANY_FAILURE as error:
            return landed[: len(covered) - 1], error
        return landed, None

    def _count(self, fetched: Fetched, landed: landing.Landed) -> BaseException | None:
        """Count what has landed, and remove its files; returns what fails."""
        try:
            self._count_now(fetched, landed)
        except ANY_FAILURE as error:
            return error
        return None

    def _count_now(self, fetched: Fetched, landed: landing.Landed) -> None:
        shutil.rmtree(fetched.folder, ignore_errors=True)
        self.reports[fetched.entity.table].add(fetched, landed)
        self.log(_summary(fetched, landed))
        if fetched.refused and fetched.entity.may_be_refused and not _is_not_asked(fetched):
            refused = self._refused.setdefault(fetched.token_key, {})
            refused.setdefault(fetched.entity.operation.path, fetched.refused)
        self._warn_of_clocks(fetched, landed)

    def warn_of_refusals(self) -> None:
        """Log once per token what Mews would not give of what reports go on without."""
        for token, refused in self._refused.items():
            why = next(iter(refused.values()))
            self.log(
                f"Warning: Mews refuses token {token} {', '.join(refused)}: reports go on without, "
                f"and refused days are asked for again in a day. {why}"
            )

    def _warn_of_clocks(self, fetched: Fetched, landed: landing.Landed) -> None:
        """Log once per run and kind that a clock is wrong."""
        for warning, text in _wrong_clocks(fetched, landed):
            if warning not in self._warned:
                self._warned.add(warning)
                self.log(text)


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


def _is_not_asked(fetched: Fetched) -> bool:
    return (fetched.refused or "").startswith("not asked")


def _rounded(difference: timedelta) -> timedelta:
    return timedelta(seconds=round(difference.total_seconds()))


def name_of(fetched: Fetched) -> str:
    """Return the operation and the window, for messages."""
    what = fetched.operation
    if window := fetched.window:
        what += f" {window.start:%Y-%m-%d %H:%M} to {window.end:%Y-%m-%d %H:%M} UTC"
    return what


def _summary(fetched: Fetched, landed: landing.Landed) -> str:
    what = name_of(fetched)
    if fetched.refused:
        return f"{what}: refused for token {fetched.token_key}: {fetched.refused}"
    return f"{what}: {fetched.rows} rows, {landed.new_versions} new versions, {fetched.pages} pages"
