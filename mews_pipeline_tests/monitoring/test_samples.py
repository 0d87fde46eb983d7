"""Samples show a table's newest rows, and nothing that leads to a person."""

from datetime import UTC, datetime, timedelta

import duckdb

from mews_pipeline.monitoring.samples import ROWS, sample
from mews_pipeline.warehouse.raw import create_tables

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_a_sample_is_the_newest_rows_without_what_leads_to_a_person() -> None:
    with duckdb.connect() as connection:
        create_tables(connection)
        for number in range(8):
            connection.execute(
                "insert into raw.reservations (id, number, account_id, booker_id, state, _extra,"
                " _landed_at) values (?, '52', 'guest', 'guest', 'Started', '{}', ?)",
                [f"r{number}", NOON + timedelta(hours=number)],
            )
        count, rows = sample(connection, "reservations")
    assert count == 8
    assert [row["id"] for row in rows] == [f"r{number}" for number in range(7, 7 - ROWS, -1)]
    assert set(rows[0]) == {"id", "state", "_landed_at"}


def test_an_empty_table_has_an_empty_sample() -> None:
    with duckdb.connect() as connection:
        create_tables(connection)
        assert sample(connection, "services") == (0, [])
