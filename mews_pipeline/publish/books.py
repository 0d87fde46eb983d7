"""Books between any two postings, ready to read: what makes macros fast in the published copy."""

from dataclasses import dataclass

import duckdb

from mews_pipeline.publish.published_copy import sql
from mews_pipeline.warehouse.quoting import literal

INTERNAL = "published"
LEDGER, REVENUE_LEDGER = "fct_room_night_ledger", "fct_revenue_ledger"


@dataclass(frozen=True)
class Books:
    """A table of books, the ledger that it is added up from, and the macro that reads it.

    Postings with the same values in the columns of `keys` add up to one number. `meanings` are the
    descriptions of the table and of its columns, except for the two instants.
    """

    table: str
    ledger: str
    macro: str
    keys: tuple[str, ...]
    meanings: tuple[str, ...]

    @property
    def query(self) -> str:
        """Return the SQL that adds up `postings`."""
        return sql(self.table)

    @property
    def macro_body(self) -> str:
        """Return the SQL of the macro."""
        return sql(self.macro)


BOOKS = (
    Books(
        "books",
        LEDGER,
        "on_the_books",
        ("service_id", "resource_category_id", "stay_date"),
        (
            "Definite books of each night between its postings. Use the macro on_the_books.",
            "Id of the service.",
            "Id of the booked category.",
            "The night.",
            "Definite rooms.",
            "Definite guests.",
        ),
    ),
    Books(
        "revenue_books",
        REVENUE_LEDGER,
        "revenue_on_the_books",
        ("service_id", "revenue_date", "stream", "currency"),
        (
            "Definite revenue of each date between its postings. Use revenue_on_the_books.",
            "Id of the service.",
            "The date that it belongs to.",
            "Stream of the revenue.",
            "Currency of both amounts.",
            "Definite revenue without tax.",
            "Definite revenue with tax.",
        ),
    ),
)
_INSTANTS = {
    "held_from": "Instant of the posting that made the books so (UTC).",
    "held_until": "Instant of the next posting (UTC), infinity where there is none.",
}
# What a copy must have been made with, so that its books can be brought up to date
SQL = "".join(books.query + books.macro_body for books in BOOKS)


def books_of(ledger: str) -> Books | None:
    """Return the books that are added up from a mart, if it is such a ledger."""
    return next((books for books in BOOKS if books.ledger == ledger), None)


def create_books(connection: duckdb.DuckDBPyConnection, books: Books) -> None:
    """Add up the copied ledger."""
    _read_postings(connection, f"select * from marts.{books.ledger}")
    table = f"{INTERNAL}.{books.table}"
    connection.execute(f"create table {table} as {books.query}")
    connection.execute(f"comment on table {table} is {literal(books.meanings[0])}")
    columns = [column for column, *_ in connection.execute(f"describe {table}").fetchall()]
    named = [column for column in columns if column not in _INSTANTS]
    meanings = dict(zip(named, books.meanings[1:], strict=True)) | _INSTANTS
    for column, meaning in meanings.items():
        connection.execute(f"comment on column {table}.{column} is {literal(meaning)}")


def add_up_again(connection: duckdb.DuckDBPyConnection, books: Books) -> None:
    """Add up again what has keys in the temporary table touched_keys."""
    table = f"{INTERNAL}.{books.table}"

    def touched(rows: str) -> str:
        return " and ".join(
            f"{rows}.{key} is not distinct from touched.{key}" for key in books.keys
        )

    connection.execute(
        f"delete from {table} as books using touched_keys as touched where {touched('books')}"
    )
    _read_postings(
        connection,
        f"select ledger.* from marts.{books.ledger} as ledger"
        f" semi join touched_keys as touched on {touched('ledger')}",
    )
    connection.execute(f"insert into {table} by name {books.query}")


def _read_postings(connection: duckdb.DuckDBPyConnection, query: str) -> None:
    connection.execute(f"create or replace temp view postings as {query}")
