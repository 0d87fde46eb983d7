"""Each check finds its problem, and finds nothing in a healthy warehouse."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from shutil import copyfile
from typing import Any

import duckdb
import pytest

from mews_pipeline.monitoring.health import CHECKS, HealthCheck, troubles
from mews_pipeline.warehouse.raw import create_tables
from mews_pipeline_tests.conftest import Lived

NOW = datetime.now(UTC).replace(microsecond=0)
TODAY = NOW.date()
START = TODAY - timedelta(days=70)
BY_NAME = {(check.table, check.name): check for check in CHECKS}


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a warehouse with one complete property that was fetched a moment ago."""
    with duckdb.connect() as memory:
        create_tables(memory)
        put(memory, "enterprises", id="e", name="Hotel Elk", _landed_at=NOW)
        put(memory, "services", id="s", _landed_at=NOW)
        put(memory, "age_categories", id="adult", _landed_at=NOW)
        put(memory, "resource_categories", id="double", names='{"en": "Double"}', _landed_at=NOW)
        put(memory, "resource_category_assignments", id="x", category_id="double", is_active=True)
        fetched(memory, "enterprises", ids='["e"]')
        stays(memory, NOW - timedelta(days=8), NOW + timedelta(days=730))
        midnight = datetime.combine(START, datetime.min.time(), UTC)
        for operation in ("reservations", "product_service_orders"):
            fetched(memory, operation, start=midnight, through=NOW)
        reserve(memory, "a")
        yield memory


def put(connection: duckdb.DuckDBPyConnection, table: str, **values: object) -> None:
    places = ", ".join("?" for _ in values)
    connection.execute(
        f"insert into raw.{table} ({', '.join(values)}) values ({places})", list(values.values())
    )


def fetched(connection: duckdb.DuckDBPyConnection, operation: str, **changes: Any) -> None:
    """Record a fetch with the key t that ended just now; `start` and `through` are its window's."""
    given = {"key": "t", "at": NOW, "start": None, "through": NOW, "ids": "[]"} | changes
    put(
        connection,
        "fetches",
        operation=operation,
        token_key=given["key"],
        window_start_utc=given["start"],
        window_end_utc=given["start"] and given["through"],
        fetched_through_utc=given["through"],
        finished_utc=given["at"],
        enterprise_ids=given["ids"],
        unknown_fields=given.get("fields", "{}"),
        unknown_values=given.get("values", "{}"),
        replaced_characters=given.get("replaced", 0),
        _landed_at=given["at"],
    )


def stays(connection: duckdb.DuckDBPyConnection, start: datetime, end: datetime) -> None:
    """Record that the property's reservations of that window of stays were fetched."""
    put(
        connection,
        "fetches",
        operation="reservations_by_stay",
        enterprise_ids='["e"]',
        stays_start_utc=start,
        stays_end_utc=end,
        finished_utc=NOW,
        _landed_at=NOW,
    )


def reserve(connection: duckdb.DuckDBPyConnection, reservation: str, **changes: Any) -> None:
    """Land a version of a reservation, updated just now, with two adults."""
    version = {"id": reservation, "updated_utc": NOW, "_landed_at": NOW, "_hash": "h"}
    version |= {"service_id": "s", "state": "Confirmed", "created_utc": NOW}
    version |= {"requested_resource_category_id": "double"}
    age_category = changes.pop("age_category", "adult")
    version |= changes
    put(connection, "reservations", **version)
    if age_category:
        updated = version["updated_utc"]
        people = {"age_category_id": age_category, "count": 2, "_landed_at": NOW, "_hash": "h"}
        put(
            connection,
            "reservation_person_counts",
            reservation_id=reservation,
            updated_utc=updated,
            **people,
        )


def found(
    connection: duckdb.DuckDBPyConnection, name: str, table: str = "reservations"
) -> list[str]:
    return troubles(connection, BY_NAME[table, name], START)


def named(check: HealthCheck) -> str:
    return f"{check.table}.{check.name}"


@pytest.mark.parametrize("check", CHECKS, ids=named)
def test_a_healthy_warehouse_passes_every_check(
    connection: duckdb.DuckDBPyConnection, check: HealthCheck
) -> None:
    assert troubles(connection, check, START) == []


@pytest.mark.parametrize("check", CHECKS, ids=named)
def test_an_empty_warehouse_fails_no_check(check: HealthCheck) -> None:
    with duckdb.connect() as empty:
        create_tables(empty)
        assert troubles(empty, check, START) == []


@pytest.mark.parametrize("check", CHECKS, ids=named)
def test_a_description_says_what_to_do(check: HealthCheck) -> None:
    assert " If " in check.description


def test_a_property_whose_token_is_no_longer_fetched_is_stale(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("update raw.fetches set finished_utc = finished_utc - interval 3 hours")
    [text] = found(connection, "is_fresh")
    assert text.startswith("Hotel Elk: last fetched")


def test_a_property_that_a_token_lost_is_stale_though_the_token_is_used(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    put(connection, "enterprises", id="f", name="Hotel Fox", _landed_at=NOW)
    fetched(connection, "enterprises", ids='["e", "f"]', at=NOW - timedelta(hours=5))
    [text] = found(connection, "is_fresh")
    assert text.startswith("Hotel Fox: last fetched")


def test_a_property_that_another_token_opens_too_is_fresh(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    long_ago = NOW - timedelta(days=3)
    fetched(connection, "enterprises", ids='["e"]', key="old", at=long_ago)
    fetched(connection, "reservations", key="old", start=long_ago, at=long_ago)
    assert found(connection, "is_fresh") == []


def test_a_token_that_never_listed_its_properties_is_named_by_its_hash(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    long_ago = NOW - timedelta(days=3)
    fetched(connection, "reservations", key="other", start=long_ago, at=long_ago)
    [text] = found(connection, "is_fresh")
    assert text.startswith("token other: last fetched")


def test_a_day_that_was_not_fetched_is_a_gap(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from raw.fetches where operation = 'reservations'")
    first = datetime.combine(START, datetime.min.time(), UTC)
    fetched(connection, "reservations", start=first, through=first + timedelta(days=9))
    fetched(connection, "reservations", start=first + timedelta(days=10))
    [gap] = found(connection, "has_no_gaps")
    assert gap == (
        f"reservations of Hotel Elk: {first + timedelta(days=9):%Y-%m-%d} 00:00"
        f" to {first + timedelta(days=10):%Y-%m-%d} 00:00 UTC"
    )


def test_a_property_added_later_has_its_own_gap(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, "enterprises", id="f", name="Hotel Fox", _landed_at=NOW)
    fetched(connection, "enterprises", ids='["e", "f"]', key="new")
    fetched(connection, "reservations", start=NOW - timedelta(days=1), key="new")
    [gap] = found(connection, "has_no_gaps")
    assert "Hotel Fox" in gap


def test_a_token_renewed_for_the_same_property_leaves_no_gap(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    an_hour = timedelta(hours=1)
    fetched(connection, "reservations", start=NOW - an_hour, key="renewed", ids='["e"]')
    assert found(connection, "has_no_gaps") == []


def test_a_token_that_never_listed_its_properties_has_gaps_by_its_hash(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fetched(connection, "reservations", start=NOW - timedelta(days=1), key="new")
    [gap] = found(connection, "has_no_gaps")
    assert "token new" in gap


def test_a_fetch_of_some_services_does_not_fill_the_gap_of_all(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("delete from raw.fetches where operation = 'reservations'")
    first = datetime.combine(START, datetime.min.time(), UTC)
    fetched(connection, "reservations", start=first, through=first + timedelta(days=9))
    fetched(connection, "reservations", start=first + timedelta(days=10))
    fetched(connection, "reservations", start=first)
    some = "update raw.fetches set service_ids = '[\"s\"]' where window_end_utc = ?"
    assert found(connection, "has_no_gaps") == []
    connection.execute(f"{some} and window_start_utc = ?", [NOW, first])
    assert len(found(connection, "has_no_gaps")) == 1


def test_books_are_incomplete_until_every_window_of_stays_was_fetched(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("delete from raw.fetches where stays_start_utc is not null")
    first, middle = NOW - timedelta(days=8), NOW + timedelta(days=80)
    stays(connection, first, middle)
    stays(connection, middle + timedelta(days=1), NOW + timedelta(days=730))
    [text] = found(connection, "has_complete_books")
    assert text.startswith("Hotel Elk")
    stays(connection, middle, middle + timedelta(days=1))
    assert found(connection, "has_complete_books") == []


def test_a_clock_that_ran_back_is_found(connection: duckdb.DuckDBPyConnection) -> None:
    two_hours = timedelta(hours=2)
    connection.execute(
        "update raw.fetches set landing_clock_utc = ?, _landed_at = ?", [NOW, NOW + two_hours]
    )
    assert found(connection, "has_true_clocks") == [
        "the clock that stamps landings is behind the last landing by 120 minutes"
    ]


@pytest.mark.parametrize(("seconds", "which"), [(10800, "ahead of"), (-10800, "behind")])
def test_a_server_clock_that_differs_by_minutes_is_found(
    connection: duckdb.DuckDBPyConnection, seconds: float, which: str
) -> None:
    connection.execute("update raw.fetches set server_clock_ahead_seconds = ?", [seconds])
    assert found(connection, "has_true_clocks") == [
        f"token t: the clock of Mews is {which} this machine's by 180 minutes"
    ]
    connection.execute("update raw.fetches set server_clock_ahead_seconds = 5")
    assert found(connection, "has_true_clocks") == []


def test_a_silent_day_is_unusual(connection: duckdb.DuckDBPyConnection) -> None:
    yesterday = datetime.combine(TODAY - timedelta(days=1), datetime.min.time(), UTC)
    for week in range(1, 6):
        for number in range(10):
            reserve(connection, f"{week} {number}", updated_utc=yesterday - timedelta(weeks=week))
    assert found(connection, "has_usual_volume") == ["0 versions yesterday, usually 10.0"]
    for number in range(9):
        reserve(connection, f"y{number}", updated_utc=yesterday)
    assert found(connection, "has_usual_volume") == []


@pytest.mark.parametrize("table", ["reservations", "product_service_orders"])
def test_a_version_landed_twice_is_found_and_stops_publishing(
    connection: duckdb.DuckDBPyConnection, table: str
) -> None:
    for _ in range(2):
        put(connection, table, id="twin", updated_utc=NOW, _hash="h", state="Confirmed")
    [text] = found(connection, "has_each_version_once", table)
    assert text.startswith("twin of")
    assert BY_NAME[table, "has_each_version_once"].stops_publishing


@pytest.mark.parametrize(("state", "text"), [("Paused", "1 reservations are Paused"), (None, "no")])
def test_a_state_that_no_report_can_place_is_found(
    connection: duckdb.DuckDBPyConnection, state: str | None, text: str
) -> None:
    reserve(connection, "b", state=state)
    [trouble] = found(connection, "has_known_states")
    assert text in trouble


def test_unknown_fields_and_values_are_found(connection: duckdb.DuckDBPyConnection) -> None:
    fetched(
        connection,
        "reservations",
        start=NOW,
        fields='{"Mood": 3}',
        values='{"Origin=Pigeon": 1}',
    )
    assert found(connection, "has_nothing_unknown") == [
        "reservations: Mood",
        "reservations: Origin=Pigeon",
    ]


def test_characters_that_are_none_are_found_of_every_operation(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    fetched(connection, "services", replaced=2)
    fetched(connection, "services", replaced=1)
    fetched(connection, "services", replaced=7, at=NOW - timedelta(days=8))
    assert found(connection, "has_nothing_unknown") == ["services: 3 characters that are none"]


def test_reservations_without_person_counts_are_found(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    reserve(connection, "b", age_category=None)
    assert found(connection, "has_person_counts") == ["1 of 2 versions"]


def test_unknown_services_and_age_categories_are_found(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    reserve(connection, "b", service_id="spa", age_category="ghost")
    assert sorted(found(connection, "has_known_references")) == [
        "age category ghost",
        "service spa",
    ]


def test_a_booked_category_without_spaces_is_found(connection: duckdb.DuckDBPyConnection) -> None:
    put(connection, "resource_categories", id="attic", names='{"en": "Attic"}', _landed_at=NOW)
    reserve(connection, "b", requested_resource_category_id="attic")
    table = "resource_category_assignments"
    assert found(connection, "has_capacity", table) == ["category attic Attic"]


def test_the_shared_warehouse_passes_every_check(
    lived: Lived, tmp_path_factory: pytest.TempPathFactory
) -> None:
    copy = tmp_path_factory.mktemp("health") / "warehouse.duckdb"
    copyfile(lived.warehouse, copy)
    # Its data is from another time than now
    of_its_time = {"is_fresh", "has_true_clocks"}
    with duckdb.connect(str(copy)) as connection:
        for check in CHECKS:
            if check.name not in of_its_time:
                assert troubles(connection, check, lived.start) == [], named(check)
