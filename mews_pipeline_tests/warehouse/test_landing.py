"""Versions land exactly once, whole or not at all, and nothing that was seen is lost."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pytest
import stamina

from mews_pipeline.extract.entities import ENTITIES
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.extract.windows import Window, day_window
from mews_pipeline.warehouse import fetches, raw
from mews_pipeline.warehouse.landing import Run, land
from mews_pipeline_tests.support.seeds import RESERVATION, reservation

DAY = day_window(date(2023, 4, 22))
RUN = Run("run", "run")

Fetch = Callable[..., Fetched]


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    found = connection.execute(f"select count(*) from raw.{table}").fetchone()
    assert found
    return int(found[0])


def test_the_seeds_example_lands_with_its_person_counts(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    assert land(connection, fetch([RESERVATION]), RUN).new_versions == 1

    landed = connection.execute(
        "select id, state, options_owner_checked_in, updated_utc, _run_id from raw.reservations"
    ).fetchone()
    assert landed == (
        RESERVATION["Id"],
        "Confirmed",
        True,
        datetime(2023, 4, 22, 17, tzinfo=UTC),
        "run",
    )
    people = connection.execute(
        "select sum(p.count) from raw.reservation_person_counts as p join raw.reservations as r"
        " on p.reservation_id = r.id and p.updated_utc = r.updated_utc and p._hash = r._hash"
    ).fetchone()
    assert people == (4,)


def test_landing_twice_is_landing_once(connection: duckdb.DuckDBPyConnection, fetch: Fetch) -> None:
    land(connection, fetch([RESERVATION]), RUN)
    assert land(connection, fetch([RESERVATION], [RESERVATION]), RUN).new_versions == 0
    assert count(connection, "reservations") == 1
    assert count(connection, "reservation_person_counts") == 2
    assert count(connection, "fetches") == 2


def test_what_is_refused_at_the_commit_is_tried_again_whole(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    landed_by_another = fetch([RESERVATION])

    class Refused:
        """A connection whose first commit comes too late: another has landed the same."""

        is_late = True

        def execute(self, statement: str, *values: Any) -> Any:
            if statement == "commit" and self.is_late:
                self.is_late = False
                connection.execute("rollback")
                land(connection, landed_by_another, RUN)
                raise duckdb.TransactionException("conflict")
            return connection.execute(statement, *values)

    fetched = fetch([RESERVATION, reservation(Id="b")])
    with stamina.set_testing(True, attempts=2):
        landed = land(Refused(), fetched, RUN)  # type: ignore[arg-type]
    assert landed.new_versions == 1
    assert count(connection, "reservations") == 2
    assert count(connection, "fetches") == 2


@pytest.mark.parametrize("rows_per_part", [1, 10])
def test_a_version_that_comes_twice_in_one_fetch_lands_once(
    connection: duckdb.DuckDBPyConnection,
    fetch: Fetch,
    monkeypatch: pytest.MonkeyPatch,
    rows_per_part: int,
) -> None:
    monkeypatch.setattr("mews_pipeline.extract.spool._ROWS_PER_PART", rows_per_part)
    fetched = fetch([RESERVATION, reservation(Id="b")], [RESERVATION])
    assert land(connection, fetched, RUN).new_versions == 2
    assert count(connection, "reservations") == 2
    assert count(connection, "reservation_person_counts") == 4


def test_a_smaller_answer_to_the_same_day_loses_nothing(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    land(connection, fetch([RESERVATION, reservation(Id="b")]), RUN)
    land(connection, fetch([]), RUN)
    assert count(connection, "reservations") == 2


def test_an_update_is_a_version_beside_the_earlier_one(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    changed = reservation(State="Started", UpdatedUtc="2023-04-22T18:00:00Z")
    land(connection, fetch([RESERVATION]), RUN)
    assert land(connection, fetch([RESERVATION, changed]), RUN).new_versions == 1
    assert count(connection, "reservations") == 2
    assert count(connection, "reservation_person_counts") == 4


def test_two_contents_under_one_instant_are_two_versions(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    land(connection, fetch([RESERVATION, reservation(State="Started")]), RUN)
    assert count(connection, "reservations") == 2
    assert count(connection, "reservation_person_counts") == 4


def test_new_versions_are_counted_by_their_utc_day(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    connection.execute("set timezone = 'Asia/Tokyo'")
    days = Window(DAY.start, day_window(date(2023, 4, 23)).end)
    next_day = reservation(UpdatedUtc="2023-04-23T00:00:00Z")
    landed = land(connection, fetch([RESERVATION, next_day], window=days), RUN)
    assert landed.by_day == {date(2023, 4, 22): 1, date(2023, 4, 23): 1}


@pytest.mark.parametrize(
    ("instant", "is_inside"),
    [
        ("2023-04-21T23:59:59Z", False),
        ("2023-04-22T00:00:00Z", True),
        ("2023-04-22T23:59:59.999999Z", True),
        ("2023-04-23T00:00:00Z", False),
    ],
)
def test_a_window_holds_the_rows_of_its_own_instants(
    fetch: Fetch, instant: str, is_inside: bool
) -> None:
    assert fetch([reservation(UpdatedUtc=instant)]).rows == is_inside


def test_a_reference_record_lands_again_only_when_it_changed(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    def listed(name: str) -> int:
        services = [{"Id": "s", "Name": name}]
        listing = fetch(services, window=None, entity=ENTITIES["services"])
        return land(connection, listing, RUN).new_versions

    assert [listed(name) for name in ("Stay", "Stay", "Rooms", "Stay")] == [1, 0, 1, 1]


def test_a_window_that_fails_halfway_leaves_nothing(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    fetched = fetch([RESERVATION])
    fetched.parts = 2
    with pytest.raises(duckdb.IOException):
        land(connection, fetched, RUN)
    for table in raw.TABLES:
        assert count(connection, table) == 0
    fetched.parts = 1
    assert land(connection, fetched, RUN).new_versions == 1


def test_the_windows_of_a_run_are_known_to_its_retries_only(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    land(connection, fetch([RESERVATION]), Run("retry", "root"))
    finished = fetches.finished_windows(connection, "reservations", "root")
    assert finished == {("token", DAY)}
    assert not fetches.finished_windows(connection, "reservations", "another")
    assert not fetches.finished_windows(connection, "product_service_orders", "root")


def test_updates_are_known_through_the_first_gap(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    def known() -> datetime:
        return fetches.known_through(connection, "reservations", "token", DAY)

    def fetch_until(start_hour: int, through_hour: int) -> None:
        window = Window(DAY.start.replace(hour=start_hour), DAY.end)
        fetched = fetch([], window=window)
        fetched.fetched_through = DAY.start.replace(hour=through_hour)
        land(connection, fetched, RUN)

    assert known() == DAY.start
    fetch_until(0, 8)
    assert known() == DAY.start.replace(hour=8)
    fetch_until(9, 10)
    assert known() == DAY.start.replace(hour=8)
    fetch_until(7, 9)
    assert known() == DAY.start.replace(hour=10)


def test_a_column_of_a_later_release_is_added_to_an_older_table(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    land(connection, fetch([RESERVATION]), RUN)
    connection.execute("alter table raw.reservations drop column purpose")
    raw.create_tables(connection)
    land(connection, fetch([reservation(Id="b")]), RUN)
    found = connection.execute("select purpose from raw.reservations order by id").fetchall()
    assert found == [(None,), ("Leisure",)]
