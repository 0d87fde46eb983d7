"""The stamps of landings never run back, whatever the clock does."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.extract.entities import RESERVATIONS, SERVICES, Entity
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.extract.windows import day_window
from mews_pipeline.mews import Page
from mews_pipeline.warehouse.base import TableLock
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.landing import Landed, Run, land
from mews_pipeline_tests.support.lakes import FILE, LAKE
from mews_pipeline_tests.support.seeds import reservation

DAY = day_window(date(2023, 4, 22))
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
RUN = Run("run", "run")
SERVICE = {"Id": "s", "Name": "Stay"}

Lands = Callable[[Entity, dict[str, Any], datetime], Landed]


class ClockedLock(TableLock):
    """A lock whose clock has stopped."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the instant at which the clock has stopped."""
        return self.at


@pytest.fixture(params=[FILE, LAKE])
def connection(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[duckdb.DuckDBPyConnection]:
    with warehouse_of(request.param.format(tmp_path)).open() as opened:
        opened.execute("set TimeZone = 'UTC'")
        yield opened


@pytest.fixture
def lands(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Lands:
    """Land one record while the clock shows an instant."""
    numbers = iter(range(100))

    def landed(entity: Entity, record: dict[str, Any], at: datetime) -> Landed:
        async def pages() -> AsyncIterator[Page]:
            yield Page(b"", [record], None, DAY.end)

        window = DAY if entity is RESERVATIONS else None
        fetched = Fetched(entity, "token", window, tmp_path / str(next(numbers)))
        asyncio.run(spool(fetched, pages()))
        return land(connection, fetched, RUN, ClockedLock(at))

    return landed


def stamps(connection: duckdb.DuckDBPyConnection) -> list[datetime]:
    found = connection.execute(
        "select _landed_at from raw.fetches order by landing_clock_utc, _landed_at"
    ).fetchall()
    return [stamp.astimezone(UTC) for (stamp,) in found]


@pytest.mark.parametrize("ahead", [timedelta(hours=2), timedelta(days=2)])
def test_a_landing_after_the_clock_ran_back_is_stamped_after_the_last(
    connection: duckdb.DuckDBPyConnection, lands: Lands, ahead: timedelta
) -> None:
    lands(RESERVATIONS, reservation(Id="a", UpdatedUtc="2023-04-22T01:00:00Z"), NOON + ahead)
    # Another table has the last stamp
    found = lands(SERVICES, SERVICE, NOON)
    again = lands(RESERVATIONS, reservation(Id="b", UpdatedUtc="2023-04-22T02:00:00Z"), NOON)

    microsecond = timedelta(microseconds=1)
    assert found.clock_behind == ahead + microsecond
    assert again.clock_behind == ahead + 2 * microsecond
    rows = connection.execute("select id, _landed_at from raw.reservations order by id").fetchall()
    assert [(name, at.astimezone(UTC)) for name, at in rows] == [
        ("a", NOON + ahead),
        ("b", NOON + ahead + 2 * microsecond),
    ]
    assert again.by_day == {DAY.start.date(): 1}


def test_a_changed_service_lands_once_after_the_clock_ran_back(
    connection: duckdb.DuckDBPyConnection, lands: Lands
) -> None:
    lands(SERVICES, SERVICE | {"Name": "Old"}, NOON + timedelta(days=2))

    counts = [lands(SERVICES, SERVICE | {"Name": "New"}, NOON).new_versions for _ in range(2)]

    assert counts == [1, 0]
    latest = connection.execute("select arg_max(name, _landed_at) from raw.services").fetchone()
    assert latest == ("New",)


def test_a_clock_that_goes_on_stamps_by_itself(
    connection: duckdb.DuckDBPyConnection, lands: Lands
) -> None:
    hours = [NOON, NOON + timedelta(hours=1)]
    behind = [lands(SERVICES, SERVICE, at).clock_behind for at in hours]

    assert behind == [timedelta(0)] * 2
    assert stamps(connection) == hours
