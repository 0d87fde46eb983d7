"""What waits to be landed lands in one opening of a file, and each for itself."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.extract.scope import Scope
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.extract.windows import day_window
from mews_pipeline.ingest import lander as landers
from mews_pipeline.ingest.lander import Ingested, Lander
from mews_pipeline.warehouse import landing
from mews_pipeline.warehouse.base import LandingConnection, TableLock, WarehouseError
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.landing import Run
from mews_pipeline.warehouse.personal import KEEP
from mews_pipeline_tests.conftest import settings_for
from mews_pipeline_tests.support.seeds import reservation
from mews_pipeline_tests.warehouse.conftest import fetch as fetch  # noqa: PLC0414 - a fixture

DAYS = [date(2023, 4, day) for day in (21, 22, 23, 24)]
Fetch = Callable[..., Fetched]


class OfOneTable(TableLock):
    """A lock like that of a lake in PostgreSQL."""

    covers_all_tables = False


@dataclass
class Landings:
    """Openings of a warehouse to land in, and the lander that asks for them."""

    warehouse: DuckDBFile
    lock: TableLock
    openings: int = 0

    def of(self, batch: list[Fetched]) -> tuple[list[Any], Ingested]:
        """Land all of these, which were fetched at once; returns what fails of each."""
        report = Ingested()

        async def landed(lander: Lander) -> list[Any]:
            return await asyncio.gather(*map(lander.land, batch), return_exceptions=True)

        with self.warehouse.landings() as lock_table:

            @contextmanager
            def counted(table: str) -> Iterator[LandingConnection]:
                self.openings += 1
                with lock_table(table) as opened:
                    yield LandingConnection(opened.connection, self.lock)

            scope = Scope(settings_for("http://127.0.0.1:9", DAYS[0]))
            reports = {RESERVATIONS.table: report}
            lander = Lander(counted, Run("run", "run"), lambda _: None, reports, scope, KEEP)
            return asyncio.run(landed(lander)), report

    def days(self) -> list[date]:
        """List the days of the reservations that have landed."""
        with self.warehouse.open() as connection:
            found = connection.execute(
                "select cast(updated_utc at time zone 'UTC' as date) from raw.reservations"
            ).fetchall()
        return sorted(day for (day,) in found)


@pytest.fixture
def batch(fetch: Fetch) -> list[Fetched]:
    return [
        fetch([reservation(Id=f"{day}", UpdatedUtc=f"{day}T10:00:00Z")], window=day_window(day))
        for day in DAYS
    ]


@pytest.fixture
def landings(tmp_path: Path) -> Landings:
    return Landings(DuckDBFile(tmp_path / "warehouse.duckdb"), TableLock())


def test_what_waits_while_the_first_lands_follows_in_one_opening(
    landings: Landings, batch: list[Fetched]
) -> None:
    errors, report = landings.of(batch)
    assert errors == [None] * 4
    assert landings.days() == DAYS
    assert (landings.openings, report.windows, report.new_versions) == (2, 4, 4)
    assert not any(fetched.folder.exists() for fetched in batch)


def test_a_landing_that_fails_is_an_error_of_its_own(
    landings: Landings, batch: list[Fetched], monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = landing.land

    def land(connection: Any, fetched: Fetched, *how: Any) -> landing.Landed:
        if fetched is batch[2]:
            raise OSError("No space left on device")
        return genuine(connection, fetched, *how)

    monkeypatch.setattr(landing, "land", land)
    errors, report = landings.of(batch)
    assert [type(error) for error in errors] == [*[type(None)] * 2, WarehouseError, type(None)]
    assert landings.days() == [*DAYS[:2], DAYS[3]]
    assert report.windows == 3


def test_what_cannot_be_reported_is_an_error_of_its_own(
    landings: Landings, batch: list[Fetched], monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = Ingested.add

    def add(report: Ingested, fetched: Fetched, landed: landing.Landed) -> None:
        if fetched is batch[1]:
            raise KeyError("no report")
        genuine(report, fetched, landed)

    monkeypatch.setattr(Ingested, "add", add)
    errors, _ = landings.of(batch)
    assert [type(error) for error in errors] == [type(None), KeyError, *[type(None)] * 2]
    assert landings.days() == DAYS


def test_a_file_is_left_to_others_after_some_rows(
    landings: Landings, batch: list[Fetched], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(landers, "_ROWS_AT_ONCE", 2)
    assert landings.of(batch)[0] == [None] * 4
    assert landings.openings == 3


def test_each_is_locked_on_its_own_where_a_lock_is_of_one_table(
    landings: Landings, batch: list[Fetched]
) -> None:
    landings.lock = OfOneTable()
    assert landings.of(batch)[0] == [None] * 4
    assert (landings.openings, landings.days()) == (4, DAYS)
