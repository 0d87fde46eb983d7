"""The next build brings a warehouse that another version of the models built up to date."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from mews_pipeline_tests.support.built_marts import MODELS_ALONE, connect
from mews_pipeline_tests.support.dbt import built

START = date(2026, 8, 1)

pytestmark = pytest.mark.slow


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """Create a warehouse in which nothing has landed."""
    connect(path := tmp_path / "warehouse.duckdb").close()
    return path


def columns(warehouse: Path) -> dict[str, dict[str, str]]:
    """Give the columns of every table and view of the project's schemas, with their types."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute(
            "select schema_name || '.' || table_name, map(list(column_name), list(data_type)) "
            "from duckdb_columns() "
            "where schema_name in ('staging', 'intermediate', 'marts') group by all"
        ).fetchall()
    return dict(rows)


def descriptions(warehouse: Path) -> list[tuple[str, ...]]:
    """List the comments on the tables of the marts and on their columns."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        return connection.execute(
            "select table_name, column_name, comment from duckdb_columns() "
            "where schema_name = 'marts' and comment is not null union all "
            "select table_name, '', comment from duckdb_tables() "
            "where schema_name = 'marts' and comment is not null order by all"
        ).fetchall()


def test_what_no_model_builds_is_dropped_and_tables_made_by_hand_stay(warehouse: Path) -> None:
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """
            create schema intermediate; create schema marts;
            create table intermediate.int_booked_daily as select 1 as rooms;
            comment on table intermediate.int_booked_daily is 'One row per night.';
            create view marts.rpt_old as from intermediate.int_booked_daily;
            comment on view marts.rpt_old is 'One row per night.';
            create table marts.notes as select 'made by hand' as note;
            create table intermediate.built_from as select 'mark' as fingerprint;
            create table marts.fct_reservations as select 1 as old_column;
            comment on table marts.fct_reservations is 'Not built by this command.';
            """
        )

    built(
        warehouse,
        START,
        "run",
        "--select",
        "int_now",
        "int_enterprise_reach",
        "int_fetch_enterprises",
        "stg_mews__enterprises",
        "stg_mews__services",
        "int_books_complete",
        "stg_mews__fetches",
        "stg_mews__reservations",
    )

    found = columns(warehouse)
    assert not {"intermediate.int_booked_daily", "marts.rpt_old"} & found.keys()
    assert {"marts.notes", "intermediate.built_from", "intermediate.int_now"} <= found.keys()
    assert found["marts.fct_reservations"] == {"old_column": "INTEGER"}


def test_facts_and_a_mark_with_other_columns_or_types_are_built_in_full(warehouse: Path) -> None:
    built(warehouse, START, *MODELS_ALONE, "--select", "+int_refresh_applied")
    before, described = columns(warehouse), descriptions(warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            """
            alter table marts.fct_reservations add column old_column integer;
            alter table marts.fct_booked_daily drop column guests;
            alter table marts.fct_booked_by_lead alter service_id set data type blob;
            alter table intermediate.int_refresh_applied rename landed_through to landed;
            comment on table marts.fct_reservation_modifications is 'Former words.';
            comment on column marts.fct_room_night_ledger.rooms is 'Former words.';
            """
        )

    built(warehouse, START, *MODELS_ALONE, "--select", "+int_refresh_applied")

    assert columns(warehouse) == before
    assert descriptions(warehouse) == described
    assert {"fct_room_night_ledger", "rpt_freshness"} <= {table for table, *_ in described}
