"""`mews-pipeline explain`: a night's number equals the marts, and so does all that makes it."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from shutil import copyfile
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from mews_pipeline.cli.main import app
from mews_pipeline.publish import properties
from mews_pipeline.publish.explain import Explained, explained, explained_nights
from mews_pipeline.publish.published_copy import opened

FIRST, LAST = date(2026, 4, 10), date(2026, 5, 5)
AS_OF = datetime(2026, 4, 18, 12, tzinfo=UTC)


@pytest.fixture
def connection(copy: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with opened(copy) as connection:
        yield connection


@pytest.fixture
def nights(connection: duckdb.DuckDBPyConnection) -> list[Explained]:
    return explained_nights(connection, FIRST, LAST)


def run(copy: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["explain", *arguments], env={"MEWS_ANALYTICS": str(copy)})


def rows(connection: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return connection.execute(sql, values).fetchall()


def test_the_postings_of_a_night_sum_to_its_published_number(
    connection: duckdb.DuckDBPyConnection, nights: list[Explained]
) -> None:
    published = rows(
        connection,
        "select enterprise_id, stay_date, rooms_occupied, rooms_optional, guests "
        "from marts.rpt_portfolio_daily where stay_date between ? and ? and enterprise_id != 'all'",
        FIRST,
        LAST,
    )
    found = {
        (e.night.enterprise_id, e.night.night, e.rooms, e.rooms_optional, e.guests) for e in nights
    }
    assert found == set(published)
    assert sum(e.rooms for e in nights) > 1000


def test_the_revenue_of_a_night_is_that_of_the_mart(
    connection: duckdb.DuckDBPyConnection, nights: list[Explained], copy: Path
) -> None:
    published = rows(
        connection,
        "select enterprise_id, stay_date, currency, rooms_sold, room_revenue::double, "
        "total_revenue::double from marts.rpt_performance_daily where stay_date between ? and ? "
        "and enterprise_id != 'all' and definition = 'mews_manager'",
        FIRST,
        LAST,
    )
    found = {
        (e.night.enterprise_id, e.night.night, r.currency, r.rooms_sold, r.room_revenue,
         r.total_revenue)
        for e in nights for r in e.revenue
    }  # fmt: skip
    assert found == set(published)
    night = next(e for e in nights if e.revenue[0].rooms_sold)
    shown = run(copy, str(night.night.night), "--property", night.night.property).stdout
    own = night.revenue[0]
    assert f"ADR {own.per(own.rooms_sold):,.2f} ({own.rooms_sold} sold)" in shown
    earlier = explained_nights(connection, FIRST, FIRST, as_of=AS_OF)
    assert [e.revenue for e in earlier] == [[]] * 3


def test_late_postings_are_those_that_the_restatements_list(
    connection: duckdb.DuckDBPyConnection, nights: list[Explained]
) -> None:
    listed = rows(
        connection,
        "select enterprise_id, stay_date, reservation_id, posted_at, rooms "
        "from marts.rpt_restatements join marts.dim_service using (service_id, enterprise_id) "
        "where is_lodging and stay_date between ? and ?",
        FIRST,
        LAST,
    )
    late = [
        (e.night.enterprise_id, e.night.night, p.reservation_id, p.posted_at, p.rooms)
        for e in nights
        for p in e.late
    ]
    assert sorted(late) == sorted(listed)
    assert late
    for night in nights:
        closed_at = night.night.closed_at
        assert closed_at
        assert all((p.posted_at > closed_at) == p.is_late for p in night.postings if
                   p.bucket == "definite")  # fmt: skip


def test_the_books_as_of_an_instant_are_those_of_the_macro(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    then = explained_nights(connection, FIRST, LAST, as_of=AS_OF)
    books = rows(
        connection,
        "select sum(rooms), sum(guests) from on_the_books(?) "
        "join marts.dim_service using (service_id) where is_lodging and stay_date between ? and ?",
        AS_OF,
        FIRST,
        LAST,
    )
    assert books == [(sum(e.rooms for e in then), sum(e.guests for e in then))]
    assert {e.night.as_of for e in then} == {AS_OF}
    # Spaces that were taken are known as they are now only
    assert {e.night.spaces_occupied for e in then} == {None}


def test_the_spaces_in_force_are_those_of_the_night_and_neighbours_differ(
    connection: duckdb.DuckDBPyConnection, nights: list[Explained]
) -> None:
    for found in nights:
        active, out = rows(
            connection,
            "select sum(spaces_active), sum(spaces_out_of_order) from marts.fct_occupancy_daily "
            "join marts.dim_service using (service_id, enterprise_id) "
            "where is_lodging and enterprise_id = ? and stay_date = ?",
            found.night.enterprise_id,
            found.night.night,
        )[0]
        in_force = [each for each in found.capacity if each.is_in_force]
        assert sum(each.spaces_active or 0 for each in in_force) == active
        assert sum(each.spaces_out_of_order or 0 for each in in_force) == out
        assert all(each.first_night <= found.night.night <= each.last_night for each in in_force)
        others = [each for each in found.capacity if not each.is_in_force]
        assert not any(each.first_night <= found.night.night <= each.last_night for each in others)
    changes = [e for e in nights for each in e.capacity if not each.is_in_force]
    assert changes


def test_each_period_of_equal_spaces_says_what_changed_with_it(nights: list[Explained]) -> None:
    changed = 0
    for found in nights:
        for before, after in pairwise(found.capacity):
            if before.category != after.category:
                continue
            differences = [
                (after.spaces_active or 0) - (before.spaces_active or 0),
                (after.spaces_out_of_order or 0) - (before.spaces_out_of_order or 0),
                (after.spaces_house_use or 0) - (before.spaces_house_use or 0),
            ]
            assert [int(part.split()[0]) for part in after.change.split(", ")] == [
                difference for difference in differences if difference
            ]
            assert ("out of order" in after.change) == (differences[1] != 0)
            changed += 1
    assert changed


def test_mews_own_count_is_there_where_it_is_known(copy: Path, tmp_path: Path) -> None:
    own = Path(copyfile(copy, tmp_path / "own.duckdb"))
    own.chmod(0o600)
    with duckdb.connect(str(own)) as writing:
        service, category, enterprise = rows(
            writing,
            "select service_id, resource_category_id, enterprise_id from marts.fct_occupancy_daily "
            "join marts.dim_service using (service_id, enterprise_id) where is_lodging "
            "and stay_date = ? and rooms_occupied > 0 limit 1",
            LAST,
        )[0]
        writing.execute(
            "insert into marts.rpt_availability_reconciliation "
            "(enterprise_id, service_id, resource_category_id, stay_date, snapshot_utc, "
            "mews_confirmed, mews_optional, mews_occupied, rooms_occupied, rooms_optional) "
            "values (?, ?, ?, ?, ?, 7, 2, 9, 6, 2)",
            [enterprise, service, category, LAST, AS_OF],
        )
    with opened(own) as connection:
        found = explained(connection, enterprise, LAST)
        (count,) = found.mews
        name = properties.matching(connection, enterprise)[0].name
    assert (count.mews_confirmed, count.rooms_occupied, count.snapshot_utc) == (7, 6, AS_OF)
    shown = run(own, str(LAST), "--property", name).stdout
    assert "Mews' own count at 2026-04-18 12:00 UTC" in shown


def test_the_command_shows_number_closing_spaces_and_reasons(
    copy: Path, nights: list[Explained]
) -> None:
    night = next(e for e in nights if e.late and e.capacity)
    result = run(copy, str(night.night.night), "--property", night.night.property)
    assert result.exit_code == 0, result.output
    assert f"On the books: {night.rooms} rooms with {night.guests} guests" in result.stdout
    assert f"with {night.rooms_at_close} rooms; " in result.stdout
    assert all(reservation in result.stdout for reservation in night.by_reservation)
    assert "after closing" in result.stdout
    assert "this night" in result.stdout
    assert "what changed" in result.stdout
    assert "cancelled" in result.stdout


def test_json_has_every_posting(copy: Path, nights: list[Explained]) -> None:
    night = nights[0]
    shown = run(
        copy, str(FIRST), "--property", night.night.enterprise_id, "--format", "json"
    ).stdout
    postings = json.loads(shown)["postings"]
    assert len(postings) == len(night.postings)
    assert postings[0]["reservation_id"] == night.postings[0].reservation_id


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("--property", "vltava palast"),
            "There is no property vltava palast. The nearest: 'Vltav",
        ),
        ((), "No property is named. Name one of 'Hudson House', 'Sumida Inn', 'Vltava Palace'"),
        (("--property", "%a%"), "More than one property is %a%. Name one of 'Sumida Inn', 'Vltava"),
        (("--property", "sumida%", "--as-of", "noon"), "--as-of noon: noon is neither a date nor"),
    ],
)
def test_what_cannot_be_explained_is_said_in_one_line(
    copy: Path, arguments: tuple[str, ...], message: str
) -> None:
    result = run(copy, str(FIRST), *arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_night_that_is_not_published_names_those_that_are(copy: Path) -> None:
    result = run(copy, str(FIRST + timedelta(days=9000)), "--property", "sumida%")
    assert result.exit_code == 1
    assert "nights from 20" in result.stderr
