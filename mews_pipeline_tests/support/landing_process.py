"""A process that lands reservations of one day twice, or dies by kill -9 before it commits."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from uuid import NAMESPACE_DNS, uuid5

from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.extract.windows import day_window
from mews_pipeline.mews import Page
from mews_pipeline.warehouse.base import TableLock
from mews_pipeline.warehouse.factory import the_warehouse
from mews_pipeline.warehouse.landing import Run, land
from mews_pipeline_tests.support.seeds import RESERVATION, reservation

VERSIONS = 500


def ids(day: date) -> list[str]:
    """The reservations of that day."""
    return [str(uuid5(NAMESPACE_DNS, f"{day} {n}")) for n in range(VERSIONS)]


def fetched(day: date, folder: Path) -> Fetched:
    """Those reservations, spooled as if they had been fetched."""
    window = day_window(day)
    updated = window.start.strftime("%Y-%m-%dT%H:%M:%SZ")
    persons = RESERVATION["PersonCounts"][:1]
    records = [reservation(Id=i, UpdatedUtc=updated, PersonCounts=persons) for i in ids(day)]

    async def pages() -> AsyncIterator[Page]:
        yield Page(b"", records, None, window.end)

    found = Fetched(RESERVATIONS, "token", window, folder)
    asyncio.run(spool(found, pages()))
    return found


class DeadlyLock(TableLock):
    """A lock that kills its process when it is checked: just before the commit."""

    def check_held(self) -> None:
        """Die."""
        os.kill(os.getpid(), signal.SIGKILL)


def main(day: date, folder: Path, *, dies: bool) -> None:
    """Land them in the warehouse of the settings, the second time to no effect."""
    window = fetched(day, folder)
    with the_warehouse().landings(lambda _: None) as lock_table:
        for _ in range(2):
            with lock_table(RESERVATIONS.table) as table:
                lock = DeadlyLock() if dies else table.lock
                land(table.connection, window, Run("run", "run"), lock)


if __name__ == "__main__":
    main(date.fromisoformat(sys.argv[1]), Path(sys.argv[2]), dies=len(sys.argv) > 3)
