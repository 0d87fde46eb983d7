"""A refresh that posts a wrong ledger fails before anything is published, and posts it again."""

from pathlib import Path
from shutil import copyfile

import duckdb
import pytest

from mews_pipeline.defs.dbt import Build, command
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.support.dbt import dbt

pytestmark = pytest.mark.slow
# What a refresh asks dbt for, of the guard and what waits for it; and what a nightly build does
GUARD = ("--select", "int_ledger_differences+")
REFRESH = [*command(Build(), is_refresh=True), *GUARD]
NIGHTLY = [
    *command(Build(), is_refresh=False),
    *(*GUARD, "assert_ledger_equals_direct_expansion", "assert_transitions_chain"),
]


@pytest.fixture
def warehouse(lived: Lived, tmp_path: Path) -> Path:
    """Copy the warehouse, in which the last build touched everything."""
    copied = tmp_path / "warehouse.duckdb"
    copyfile(lived.warehouse, copied)
    return copied


def with_an_odd_reservation(warehouse: Path, emptied: str) -> str:
    """Spoil the guests of one reservation of many, and empty a table; gives the reservation."""
    with duckdb.connect(str(warehouse)) as connection:
        ((row, odd),) = connection.execute(
            "select rowid, reservation_id from marts.fct_room_night_ledger "
            "where stay_date is not null and rooms = 1 limit 1"
        ).fetchall()
        connection.execute(
            "update marts.fct_room_night_ledger set guests = guests + 3 where rowid = ?", [row]
        )
        connection.execute("update marts.rpt_freshness set reservations = 100000")
        connection.execute(f"delete from intermediate.{emptied}")
    return str(odd)


def marked(warehouse: Path) -> bool:
    """Whether what was posted counts as posted, once the mark was taken away."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute("select * from intermediate.int_refresh_applied").fetchall()
    return found != []


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            "delete from marts.fct_room_night_ledger where rowid = (select max(rowid) from "
            "marts.fct_room_night_ledger where stay_date is not null and rooms != 0)",
            id="a posting is lost",
        ),
        pytest.param(
            "insert into marts.fct_room_night_ledger select * from marts.fct_room_night_ledger "
            "where stay_date is not null and rooms != 0 limit 1",
            id="a posting stands twice",
        ),
        pytest.param(
            "update marts.fct_room_night_ledger set guests = guests + 1 where rowid = (select max("
            "rowid) from marts.fct_room_night_ledger where stay_date is not null and rooms = 1)",
            id="a guest too many",
        ),
    ],
)
def test_a_wrong_ledger_fails_the_build_and_is_not_marked_as_posted(
    lived: Lived, warehouse: Path, fault: str
) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(fault)
        connection.execute("update marts.rpt_freshness set reservations = 100")
        connection.execute("delete from intermediate.int_refresh_applied")

    built = dbt(warehouse, lived.start, *REFRESH)

    assert "assert_few_reservations_are_quarantined" in built.stdout
    assert built.returncode != 0
    assert not marked(warehouse)


def test_one_odd_reservation_of_many_is_named_and_stops_nothing(
    lived: Lived, warehouse: Path
) -> None:
    odd = with_an_odd_reservation(warehouse, "int_refresh_applied")

    built = dbt(warehouse, lived.start, *REFRESH)

    assert built.returncode == 0, built.stdout
    assert marked(warehouse)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute("from marts.rpt_quarantined_reservations").fetchall()
    assert found == [(odd, "ledger_is_the_latest_version", 3)]


def test_a_nightly_build_names_an_odd_reservation_that_nothing_touched(
    lived: Lived, warehouse: Path
) -> None:
    odd = with_an_odd_reservation(warehouse, "int_touched_service_orders")

    refreshed = dbt(warehouse, lived.start, *REFRESH)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        unnamed = connection.execute("from marts.rpt_quarantined_reservations").fetchall()
    nightly = dbt(warehouse, lived.start, *NIGHTLY)
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = connection.execute("from marts.rpt_quarantined_reservations").fetchall()

    assert (refreshed.returncode, nightly.returncode) == (0, 0), nightly.stdout
    assert (unnamed, found) == ([], [(odd, "ledger_is_the_latest_version", 3)])


def test_a_right_one_passes(lived: Lived, warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from intermediate.int_refresh_applied")

    built = dbt(warehouse, lived.start, *REFRESH)

    assert built.returncode == 0, built.stdout
    assert marked(warehouse)
