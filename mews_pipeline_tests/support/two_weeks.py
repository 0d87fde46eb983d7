"""A process that lives two weeks with everything on: `two_weeks.py live|again FOLDER`.

Every second record is of one guest (marked_guest.py). `again` fetches the last days once more.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from typer.testing import CliRunner

from mews_pipeline.cli.main import app
from mews_pipeline.demo import in_process
from mews_pipeline.demo.single import BY_DAY, LISTED
from mews_pipeline.demo_mode import DemoError
from mews_pipeline.sandbox import Clock, create_app, simulate
from mews_pipeline.sandbox.server.serving import running_app
from mews_pipeline_tests.support.marked_guest import marked

# Of one day, a run may mix tables with days and without
RAW = (*BY_DAY, *LISTED)
START = date(2026, 2, 10)
BACKFILLED, LAST = START + timedelta(7), START + timedelta(21)
# What people read; the output of each is kept in a file NAME.txt
COMMANDS = {
    "report": ["report", "occupancy"],
    "performance": ["report", "performance"],
    "metrics": ["metrics", "room_revenue", "adr", "--by", "property__name"],
    "brief": ["brief"],
    "explain": ["explain", str(LAST - timedelta(2))],
    "doctor": ["doctor"],
    "fetched": ["fetch", "reservations", "--updated", f"{LAST}", "--format", "csv"],
}


@contextmanager
def mews(broken: set[str], clock: Clock) -> Iterator[None]:
    """Serve the marked hotel at the address of the settings."""
    served = create_app(simulate(7, START, LAST + timedelta(5), properties=1, scale=0.15), clock)
    sandbox = served.state.sandbox
    sandbox._content = marked(sandbox._content, broken)
    with running_app(served) as address:
        os.environ["MEWS_PLATFORM_ADDRESS"] = address
        yield


def live(folder: Path) -> None:
    """Backfill, refresh day by day, fail once, run the whole chain, and use every command."""
    broken: set[str] = set()
    clock = Clock()
    with mews(broken, clock), in_process.runs() as (materialize, refresh):
        clock.set(_after(BACKFILLED))
        materialize(LISTED, None)
        materialize(BY_DAY, (START, BACKFILLED))
        for day in _days(BACKFILLED + timedelta(1), LAST - timedelta(1)):
            clock.set(_after(day))
            refresh(day)
        clock.set(_after(LAST))
        broken.update({"Reservations", "ProductServiceOrders"})
        failure = ""
        try:
            materialize(RAW, (LAST, LAST))
        except DemoError as error:
            failure = str(error)
        assert "UpdatedUtc of record" in failure, failure
        broken.clear()
        materialize(None, (LAST, LAST))
        for name, arguments in COMMANDS.items():
            done = CliRunner().invoke(app, arguments)
            (folder / f"{name}.txt").write_text(done.output)
            assert done.exit_code == 0 or name == "doctor", done.output


def again(_: Path) -> None:
    """Fetch the last days again."""
    clock = Clock()
    with mews(set(), clock), in_process.runs() as (materialize, _refresh):
        clock.set(_after(LAST))
        materialize(RAW, (LAST - timedelta(1), LAST))


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def _after(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 0, 20, tzinfo=UTC) + timedelta(1)


if __name__ == "__main__":
    {"live": live, "again": again}[sys.argv[1]](Path(sys.argv[2]))
