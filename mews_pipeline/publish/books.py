"""The books of all nights, ready to read: what makes on_the_books fast in the published copy."""

import duckdb

from mews_pipeline.publish.published_copy import sql

INTERNAL = "published"
BOOKS_MACRO = "on_the_books"
_FINAL_BOOKS = sql("final_books")
ON_THE_BOOKS = sql("on_the_books")
# What a copy must have been made with, so that its books can be brought up to date
SQL = _FINAL_BOOKS + ON_THE_BOOKS
_LEDGER = "from marts.fct_room_night_ledger"
_MEANINGS = {
    f"table {INTERNAL}.final_books": "Definite books per service, booked category and night, all "
    "postings added up. Read by on_the_books; use that macro.",
    f"column {INTERNAL}.final_books.service_id": "Id of the service.",
    f"column {INTERNAL}.final_books.resource_category_id": "Id of the booked category.",
    f"column {INTERNAL}.final_books.stay_date": "The night.",
    f"column {INTERNAL}.final_books.rooms": "Definite rooms, all postings added up.",
    f"column {INTERNAL}.final_books.guests": "Definite guests, all postings added up.",
    f"column {INTERNAL}.final_books.last_posted_at": "Instant of the last definite posting to this "
    "night in any category of the service (UTC).",
}


def create_final_books(connection: duckdb.DuckDBPyConnection) -> None:
    """Add up the copied ledger, by night."""
    connection.execute(f"create or replace temp view postings as {_LEDGER}")
    connection.execute(
        f"create table {INTERNAL}.final_books as {_FINAL_BOOKS} order by stay_date, service_id"
    )
    for what, meaning in _MEANINGS.items():
        connection.execute(f"comment on {what} is '{meaning}'")


def add_up_again(connection: duckdb.DuckDBPyConnection) -> None:
    """Add up the nights in the temporary table touched_nights again."""
    connection.execute(
        f"""
        delete from {INTERNAL}.final_books as books using touched_nights as touched
        where books.service_id = touched.service_id
            and books.stay_date is not distinct from touched.stay_date
        """
    )
    connection.execute(
        f"""
        create or replace temp view postings as select ledger.* {_LEDGER} as ledger
        semi join touched_nights as touched
            on ledger.service_id = touched.service_id
            and ledger.stay_date is not distinct from touched.stay_date
        """
    )
    connection.execute(f"insert into {INTERNAL}.final_books by name {_FINAL_BOOKS}")
