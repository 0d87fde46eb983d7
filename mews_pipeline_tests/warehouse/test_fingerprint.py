"""Models are built again when something landed or they changed, and only then."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.warehouse.fingerprint import built, fingerprint, remember
from mews_pipeline.warehouse.raw import create_tables

START = date(2025, 1, 1)
NOON = datetime(2025, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    models = tmp_path / "dbt" / "models"
    models.mkdir(parents=True)
    (models / "fct.sql").write_text("select 1 as one")
    return models.parent


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as memory:
        create_tables(memory)
        land(memory, NOON)
        fetch(memory, NOON)
        yield memory


def land(connection: duckdb.DuckDBPyConnection, at: datetime, table: str = "reservations") -> None:
    connection.execute(f"insert into raw.{table} (id, _landed_at) values ('a', ?)", [at])


def fetch(connection: duckdb.DuckDBPyConnection, through: datetime, of: str = "one") -> None:
    connection.execute(
        "insert into raw.fetches"
        " (operation, token_key, window_start_utc, fetched_through_utc, _landed_at)"
        " values ('reservations', ?, ?, ?, now())",
        [of, through - timedelta(hours=1), through],
    )


def open_hotel(connection: duckdb.DuckDBPyConnection, token: str, zone: str) -> None:
    """Let a token list a property, named after the token, in a time zone."""
    connection.execute(
        "insert into raw.enterprises (id, time_zone_identifier, _landed_at) values (?, ?, ?)",
        [token, zone, NOON],
    )
    connection.execute(
        "insert into raw.fetches (operation, token_key, enterprise_ids, _landed_at)"
        " values ('enterprises', ?, ?, now())",
        [token, f'["{token}"]'],
    )


def refuse(
    connection: duckdb.DuckDBPyConnection, of: str = "two", enterprises: str | None = None
) -> None:
    """Let Mews refuse the blocks of rooms to a token."""
    connection.execute(
        "insert into raw.fetches (operation, token_key, enterprise_ids, refused, _landed_at)"
        " values ('resource_blocks', ?, ?, 'no permission', now())",
        [of, enterprises],
    )


Change = Callable[[duckdb.DuckDBPyConnection, Path], None]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda c, _: land(c, NOON + timedelta(minutes=1)), id="a version landed"),
        pytest.param(
            lambda c, _: land(c, NOON + timedelta(minutes=1), "services"), id="a service landed"
        ),
        pytest.param(lambda c, _: fetch(c, NOON + timedelta(days=1)), id="another day began"),
        pytest.param(
            lambda _, p: (p / "models" / "fct.sql").write_text("select 2 as one"),
            id="a model changed",
        ),
        pytest.param(
            lambda _, p: (p / "models" / "new.yml").write_text("version: 2"), id="a file came"
        ),
    ],
)
def test_what_changes_the_reports_changes_the_fingerprint(
    connection: duckdb.DuckDBPyConnection, project: Path, change: Change
) -> None:
    before = fingerprint(connection, project, START)
    change(connection, project)
    assert fingerprint(connection, project, START) != before


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda c, _: fetch(c, NOON + timedelta(minutes=30)), id="an empty fetch"),
        pytest.param(
            lambda _, p: [
                (p / "target").mkdir(),
                (p / "target" / "run.sql").write_text("select 1"),
            ],
            id="what dbt leaves behind",
        ),
    ],
)
def test_what_changes_no_report_leaves_the_fingerprint(
    connection: duckdb.DuckDBPyConnection, project: Path, change: Change
) -> None:
    before = fingerprint(connection, project, START)
    change(connection, project)
    assert fingerprint(connection, project, START) == before


def test_only_the_last_state_that_was_built_is_remembered(
    connection: duckdb.DuckDBPyConnection, project: Path
) -> None:
    assert built(connection) is None
    for minute in (1, 2):
        land(connection, NOON + timedelta(minutes=minute))
        state = fingerprint(connection, project, START)
        remember(connection, state)
        assert built(connection) == state


def test_what_an_earlier_release_remembered_is_not_known(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    connection.execute("create schema intermediate")
    connection.execute("create table intermediate.built_from as select 'mark' as fingerprint")
    assert built(connection) is None


def test_a_state_names_the_tables_in_which_something_landed_since_another(
    connection: duckdb.DuckDBPyConnection, project: Path
) -> None:
    before = fingerprint(connection, project, START)
    land(connection, NOON + timedelta(minutes=1), "services")
    fetch(connection, NOON + timedelta(minutes=1))
    after = fingerprint(connection, project, START)
    assert after.tables_since(before) == {"services"}
    assert not after.is_another_day_than(before)


@pytest.mark.parametrize(
    ("later", "is_another_day", "is_another_year"),
    [
        (timedelta(hours=1), False, False),
        (timedelta(days=1), True, False),
        (timedelta(days=365), True, True),
    ],
)
def test_a_state_knows_the_day_and_year_of_now(
    connection: duckdb.DuckDBPyConnection,
    project: Path,
    later: timedelta,
    is_another_day: bool,
    is_another_year: bool,
) -> None:
    before = fingerprint(connection, project, START)
    fetch(connection, NOON + later)
    after = fingerprint(connection, project, START)
    assert after.is_another_day_than(before) is is_another_day
    assert after.is_another_year_than(before) is is_another_year


def test_a_state_knows_what_mews_refuses_to_which_properties(
    connection: duckdb.DuckDBPyConnection, project: Path
) -> None:
    def refusals(change: Callable[[], object]) -> bool:
        before = fingerprint(connection, project, START)
        change()
        return fingerprint(connection, project, START).has_other_refusals_than(before)

    assert refusals(lambda: refuse(connection))
    assert not refusals(lambda: refuse(connection))
    # Which properties a fetch opened that names none, the token's next listing tells
    assert refusals(lambda: open_hotel(connection, "two", "UTC"))
    assert not refusals(lambda: refuse(connection))
    assert refusals(lambda: refuse(connection, enterprises='["three"]'))
    answered = (
        "insert into raw.fetches (operation, token_key, _landed_at)"
        " values ('resource_blocks', 'two', now())"
    )
    assert refusals(lambda: connection.execute(answered))


def test_a_refusal_is_remembered_with_the_state_that_was_built(
    connection: duckdb.DuckDBPyConnection, project: Path
) -> None:
    refuse(connection)
    state = fingerprint(connection, project, START)
    remember(connection, state)
    assert state.refused
    assert built(connection) == state


def test_the_utc_date_is_a_date_of_a_property_in_another_zone(
    connection: duckdb.DuckDBPyConnection, project: Path
) -> None:
    open_hotel(connection, "two", "Asia/Tokyo")
    fetch(connection, NOON + timedelta(hours=5), "two")  # two o'clock in the morning in Tokyo
    before = fingerprint(connection, project, START)
    fetch(connection, NOON + timedelta(hours=13), "two")  # one o'clock in the morning in UTC
    assert fingerprint(connection, project, START).is_another_day_than(before)


@pytest.mark.parametrize(
    ("zone", "is_another_day"),
    [("Asia/Tokyo", True), ("Europe/London", False), ("No/Such_Zone", False)],
)
def test_a_property_has_a_new_day_when_its_own_date_changes(
    connection: duckdb.DuckDBPyConnection, project: Path, zone: str, is_another_day: bool
) -> None:
    open_hotel(connection, "two", zone)
    fetch(connection, NOON, "two")
    before = fingerprint(connection, project, START)
    fetch(connection, NOON + timedelta(hours=4), "two")  # one o'clock in the morning in Tokyo
    assert (fingerprint(connection, project, START) != before) is is_another_day


def test_a_slow_token_has_its_own_day(connection: duckdb.DuckDBPyConnection, project: Path) -> None:
    open_hotel(connection, "two", "UTC")
    fetch(connection, NOON - timedelta(days=3), "two")
    before = fingerprint(connection, project, START)
    fetch(connection, NOON - timedelta(days=2), "two")
    assert fingerprint(connection, project, START) != before
