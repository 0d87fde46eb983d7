"""The policy decides which personal data land, and nothing lands of a forgotten person."""

import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from mews_pipeline.extract.entities import ENTITIES, EXTRA, RESERVATIONS, Entity
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.settings import PersonalMode
from mews_pipeline.warehouse import personal
from mews_pipeline.warehouse.landing import Run, land
from mews_pipeline.warehouse.personal import (
    KEEP,
    Policy,
    are_forgotten,
    erase,
    remember_forgotten,
    rewrite,
    stored_ids,
)
from mews_pipeline_tests.support.seeds import reservation

Fetch = Callable[..., Fetched]

RUN = Run("run", "run")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = b"a key of the tests, long enough for everybody"
HASH, DROP = Policy(PersonalMode.HASH, KEY), Policy(PersonalMode.DROP)
GUEST, BOOKER, STAFF = "guest-1", "booker-1", "staff-1"
FILLED = {
    "AccountId": GUEST,
    "BookerId": BOOKER,
    "CreatorProfileId": STAFF,
    "UpdaterProfileId": "staff-2",
    "Number": "4711",
    "OriginDetails": "Jane Doe",
    "ChannelNumber": "C-4711",
    "ChannelManagerNumber": "M-4711",
    "AMadeUpField": "Jane Doe",
}


def filled(**changes: Any) -> dict[str, Any]:
    """Return a reservation with all personal fields that have a column."""
    return reservation(**FILLED | changes)


def land_by(connection: duckdb.DuckDBPyConnection, policy: Policy, fetched: Fetched) -> int:
    """Land in a warehouse that has the policy; return the number of new versions."""
    connection.execute("delete from raw.personal_policy")
    connection.execute(
        "insert into raw.personal_policy (mode, key_fingerprint) values (?, ?)",
        [policy.mode.value, policy.fingerprint],
    )
    return land(connection, fetched, RUN, policy=policy).new_versions


def columns(connection: duckdb.DuckDBPyConnection, *names: str, at: str = "true") -> list[Any]:
    wanted = ", ".join(names)
    return connection.execute(
        f"select {wanted} from raw.reservations where {at} order by id"
    ).fetchall()


def nothing(entity: Entity = RESERVATIONS) -> tuple[None, ...]:
    return (None,) * len(entity.personal_columns)


def test_which_columns_are_personal_follows_from_the_declaration() -> None:
    assert RESERVATIONS.guest_columns == ("account_id", "booker_id")
    assert RESERVATIONS.person_columns == (
        "account_id", "creator_profile_id", "updater_profile_id", "booker_id",
    )  # fmt: skip
    assert {*RESERVATIONS.person_columns, "number", EXTRA} < {*RESERVATIONS.personal_columns}
    for entity in ENTITIES.values():
        assert {*entity.person_columns} <= {*entity.personal_columns}
        assert {*entity.personal_columns} <= {*entity.columns, EXTRA}


@pytest.mark.parametrize("key", [b"x" * 32, b"k" * 64, b"k" * 65, KEY], ids=len)
@pytest.mark.parametrize("value", ["", "a", "ü" * 40, "O'Hara \\x41 \U0001f600", "z" * 500])
def test_the_hash_of_sql_is_that_of_python(key: bytes, value: str) -> None:
    policy = Policy(PersonalMode.HASH, key)
    with duckdb.connect() as memory:
        found = memory.execute(
            f"select {personal._hash('$value')}", policy.values | {"value": value}
        ).fetchone()
    expected = "h:" + hmac.new(key, value.encode(), hashlib.sha256).hexdigest()
    assert found == (expected,)
    assert policy.hashed(value) == expected


def test_hash_lands_hashed_ids_and_nothing_else_of_a_person(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    assert land_by(connection, HASH, fetch([filled()])) == 1
    ids = columns(connection, *RESERVATIONS.person_columns)
    assert ids == [tuple(map(HASH.hashed, (GUEST, STAFF, "staff-2", BOOKER)))]
    others = [c for c in RESERVATIONS.personal_columns if c not in RESERVATIONS.person_columns]
    assert columns(connection, *others) == [(None,) * len(others)]


def test_hash_leaves_an_id_that_is_missing_missing(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    land_by(connection, HASH, fetch([filled(BookerId=None)]))
    assert columns(connection, "booker_id") == [(None,)]


def test_drop_lands_nothing_of_a_person(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    land_by(connection, DROP, fetch([filled()]))
    assert columns(connection, *RESERVATIONS.personal_columns) == [nothing()]


def test_drop_lands_no_unknown_field_of_reference_data(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    listing = fetch([{"Id": "s", "Who": "Jane"}], window=None, entity=ENTITIES["services"])
    assert land_by(connection, DROP, listing) == 1
    assert connection.execute("select id, _extra from raw.services").fetchall() == [("s", None)]


@pytest.mark.parametrize("policy", [HASH, DROP], ids=["hash", "drop"])
def test_a_choice_changes_no_version_and_no_other_column(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch, policy: Policy
) -> None:
    record = filled()
    land_by(connection, policy, fetch([record]))
    others = [c for c in RESERVATIONS.columns if c not in RESERVATIONS.personal_columns]
    chosen = columns(connection, *others, "_hash")
    connection.execute("delete from raw.reservations")
    land_by(connection, KEEP, fetch([record]))
    assert columns(connection, *others, "_hash") == chosen


def test_without_a_choice_everything_lands_as_it_came(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    land(connection, fetch([filled()]), RUN)
    kept = columns(connection, "account_id", "origin_details", "_extra")
    assert kept == [(GUEST, "Jane Doe", '{"AMadeUpField":"Jane Doe"}')]


@pytest.mark.parametrize("policy", [KEEP, HASH], ids=["keep", "hash"])
@pytest.mark.parametrize("person", [GUEST, BOOKER])
def test_nothing_lands_of_a_forgotten_guest_or_booker(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch, person: str, policy: Policy
) -> None:
    remember_forgotten(connection, [person, "somebody else"], NOW)
    stranger = filled(Id="z", AccountId="g2", BookerId="b2")
    land_by(connection, policy, fetch([filled(), stranger]))
    forgotten, other = columns(connection, *RESERVATIONS.personal_columns)
    assert forgotten == nothing()
    assert policy.hashed("g2") in other if policy is HASH else "g2" in other


def test_of_a_forgotten_member_of_staff_only_the_id_does_not_land(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    remember_forgotten(connection, [STAFF], NOW)
    land(connection, fetch([filled()]), RUN)
    found = columns(connection, "creator_profile_id", "updater_profile_id", "account_id")
    assert found == [(None, "staff-2", GUEST)]


@pytest.mark.parametrize("times", [1, 2], ids=["once", "twice"])
def test_a_later_version_of_a_forgotten_guest_lands_without_the_guest(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch, times: int
) -> None:
    land(connection, fetch([filled()]), RUN)
    remember_forgotten(connection, [GUEST], NOW)
    assert erase(connection, RESERVATIONS, "account_id = $who", {"who": GUEST}) == 1
    later = filled(UpdatedUtc="2023-04-22T18:00:00Z", State="Started")
    assert land(connection, fetch([filled()], *[[later]] * times), RUN).new_versions == 1
    assert columns(connection, *RESERVATIONS.personal_columns) == [nothing(), nothing()]


def test_a_window_that_lands_again_after_erasing_brings_nothing_back(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    land(connection, fetch([filled()]), RUN)
    before = columns(connection, "id", "updated_utc", "_hash", "state")
    assert erase(connection, RESERVATIONS, "true") == 1
    assert erase(connection, RESERVATIONS, "true") == 0
    assert land(connection, fetch([filled()]), RUN).new_versions == 0
    assert columns(connection, "id", "updated_utc", "_hash", "state") == before
    assert columns(connection, *RESERVATIONS.personal_columns) == [nothing()]


def test_the_list_names_nobody_and_no_landing_leaves_a_plain_id(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    remember_forgotten(connection, [GUEST], NOW)
    remember_forgotten(connection, [GUEST, BOOKER], NOW)
    assert are_forgotten(connection, [GUEST, BOOKER, STAFF]) == {GUEST, BOOKER}
    rows = connection.execute("select person_hash, salt from raw.forgotten").fetchall()
    assert len(rows) == 2
    assert len({salt for _, salt in rows}) == 1
    assert GUEST not in str(rows)
    land(connection, fetch([filled()]), RUN)
    left = connection.execute("select table_name from duckdb_tables() where temporary").fetchall()
    assert ("forgotten_here",) not in left


def test_rewriting_leaves_what_landing_would_have_left_and_can_be_repeated(
    connection: duckdb.DuckDBPyConnection, fetch: Fetch
) -> None:
    stays = [filled(), filled(Id="b", AccountId="g2", BookerId=None)]
    land(connection, fetch(stays), RUN)
    assert rewrite(connection, RESERVATIONS, HASH, "id = 'b'") == 1
    assert rewrite(connection, RESERVATIONS, HASH, "true") == 1
    assert rewrite(connection, RESERVATIONS, HASH, "true") == 0
    rewritten = columns(connection, *RESERVATIONS.personal_columns, "_hash")
    connection.execute("delete from raw.reservations")
    land_by(connection, HASH, fetch(stays))
    assert columns(connection, *RESERVATIONS.personal_columns, "_hash") == rewritten
    assert rewrite(connection, RESERVATIONS, DROP, "true") == 2
    assert columns(connection, *RESERVATIONS.personal_columns) == [nothing(), nothing()]


def test_an_id_is_looked_for_in_both_of_its_forms() -> None:
    assert stored_ids([GUEST], KEEP) == [GUEST]
    assert stored_ids([GUEST], HASH) == [GUEST, HASH.hashed(GUEST)]


def test_the_key_is_in_no_statement_no_repr_and_no_fingerprint() -> None:
    statements: list[str] = []

    class Heard:
        def execute(self, statement: str, _: Any) -> Any:
            statements.append(statement)
            return duckdb.sql("select 0")

    rewrite(Heard(), RESERVATIONS, HASH, "true")  # type: ignore[arg-type]
    selection = personal.landed(RESERVATIONS, HASH, has_forgotten=True)
    text = selection.columns + selection.source("rows")
    for shown in (*statements, text, repr(HASH), str(HASH.fingerprint)):
        assert KEY.decode() not in shown
        assert KEY.hex() not in shown
