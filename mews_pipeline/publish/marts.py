"""The contents of the published copy: the marts, their descriptions and the macros over them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import duckdb

from mews_pipeline.extract.entities import personal_columns
from mews_pipeline.publish.books import BOOKS, INTERNAL, LEDGER, create_books
from mews_pipeline.warehouse.base import Warehouse
from mews_pipeline.warehouse.quoting import literal

MARTS = "marts"
# Fields of the API that identify a person, or a booking to outsiders (docs/mews-api.md, "Personal
# data"). No mart has them; if one ever does, they still do not leave the warehouse.
_PERSONAL = personal_columns()
# The books and pickup read millions of ledger rows. Enums group in a third of the time of text,
# sorting by posting time lets DuckDB skip other instants, and both cost less to write than text.
_AS_POSTED = "order by posted_at"
REPEATED = {"service_id", "resource_category_id", "bucket", "basis", "reason"}
_MACROS = {
    "on_the_books": "Definite rooms and guests on the books as of an instant, by service, booked "
    "category and night: from on_the_books('2026-01-31 12:00:00+00'). With known_at := an instant, "
    "without what landed here later.",
    "pickup": "Net change of the definite books after the first instant up to the second: "
    "from pickup('2026-01-24 00:00:00+00', '2026-01-31 00:00:00+00'). With known_at := an instant, "
    "without what landed here later.",
    "occupancy_between": "Room nights, guest nights and both occupancy ratios of the nights from "
    "the first date to the last, both included, by service and booked category: "
    "from occupancy_between('2026-01-01', '2026-01-31').",
    "revenue_on_the_books": "Definite revenue on the books as of an instant, by service, date, "
    "stream and currency: from revenue_on_the_books('2026-01-31 12:00:00+00'). With known_at := an "
    "instant, without what landed here later.",
    "revenue_pickup": "Net change of definite revenue after the first instant up to the second: "
    "from revenue_pickup('2026-01-24 00:00:00+00', '2026-01-31 00:00:00+00'). With known_at := an "
    "instant, without what landed here later.",
}

# DuckDB does not list the defaults of a macro's parameters, so a copy repeats them
_DEFAULTS = {"known_at": "null"}


@dataclass(frozen=True)
class Mart:
    """A table of the schema marts, or a view with its SQL."""

    name: str
    meaning: str | None
    view_sql: str | None


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, warehouse: Warehouse) -> Iterator[str]:
    """Attach the warehouse under the name that the SQL of its views uses."""
    name = warehouse.attach(connection)
    try:
        yield name
    finally:
        connection.execute(f'detach "{name}"')


def marts(connection: duckdb.DuckDBPyConnection, source: str) -> list[Mart]:
    """List the marts of the attached database: tables first, then the views on them."""
    found = connection.execute(
        """
        select table_name, comment, null from duckdb_tables()
        where database_name = $source and schema_name = $schema
        union all
        select view_name, comment, sql from duckdb_views()
        where database_name = $source and schema_name = $schema
        order by 3 nulls first, 1
        """,
        {"source": source, "schema": MARTS},
    ).fetchall()
    return [Mart(*row) for row in found]


def copy_all(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Copy every mart and macro into an empty copy."""
    connection.execute(f"create schema {MARTS}; create schema {INTERNAL}")
    for mart in marts(connection, source):
        _copy_mart(connection, source, mart)
    copied = set(tables(connection))
    for books in BOOKS:
        if books.ledger in copied:
            create_books(connection, books)
    _copy_macros(connection, source)


def count_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Count the rows of each table of the copy."""
    counts = {}
    for name in tables(connection):
        found = connection.execute(f'select count(*) from {MARTS}."{name}"').fetchone()
        counts[name] = int(found[0]) if found else 0
    return counts


def tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """List the marts that are tables in the copy."""
    found = connection.execute(
        "select table_name from duckdb_tables()"
        " where database_name = current_database() and schema_name = ? order by 1",
        [MARTS],
    ).fetchall()
    return [name for (name,) in found]


def _copy_mart(connection: duckdb.DuckDBPyConnection, source: str, mart: Mart) -> None:
    """Copy one mart with its descriptions."""
    is_view = _is_viewed(connection, source, mart)
    if not is_view:
        _fill(connection, source, mart.name)
    connection.begin()  # one transaction, because each commit waits for the disk
    kind = "view" if is_view else "table"
    comment = literal(mart.meaning and mart.meaning.strip())
    connection.execute(f'comment on {kind} {MARTS}."{mart.name}" is {comment}')
    meanings = connection.execute(
        """
        select column_name, comment from duckdb_columns()
        where database_name = ? and schema_name = ? and table_name = ? and comment is not null
        """,
        [source, MARTS, mart.name],
    ).fetchall()
    for column, meaning in meanings:
        if column not in _PERSONAL:
            connection.execute(
                f'comment on column {MARTS}."{mart.name}"."{column}" is {literal(meaning.strip())}'
            )
    connection.commit()


def _fill(connection: duckdb.DuckDBPyConnection, source: str, name: str) -> None:
    read = f'"{source}".{MARTS}."{name}"'
    found = connection.execute(f"describe {read}").fetchall()
    wanted, order = [column for column, *_ in found if column not in _PERSONAL], ""
    if name == LEDGER:
        wanted, order = [_enumerated(connection, read, column) for column in wanted], _AS_POSTED
    connection.execute(
        f'create table {MARTS}."{name}" as select {", ".join(wanted)} from {read} {order}'
    )


def _enumerated(connection: duckdb.DuckDBPyConnection, ledger: str, column: str) -> str:
    """Select a column of the ledger; one with repeated text is cast to an enum of its values."""
    known = f"from {ledger} where {column} is not null"
    # DuckDB cannot keep an enum without values
    if column not in REPEATED or not connection.execute(f"select 1 {known} limit 1").fetchall():
        return column
    connection.execute(
        f"create type {MARTS}.ledger_{column} as enum (select distinct {column} {known} order by 1)"
    )
    return f"cast({column} as {MARTS}.ledger_{column}) as {column}"


def _is_viewed(connection: duckdb.DuckDBPyConnection, source: str, mart: Mart) -> bool:
    """Make the mart a view of the copy, unless it is a table or reads what is not published."""
    if not mart.view_sql:
        return False
    # Names of two parts, so that the view works under whatever name the copy is attached
    prefix = rf'(?:"{re.escape(source)}"|\b{re.escape(source)})\.'
    query = re.sub(prefix, "", mart.view_sql.split(" AS ", 1)[1])
    with suppress(duckdb.CatalogException, duckdb.BinderException):
        connection.execute(f'create view {MARTS}."{mart.name}" as {query}')
        return True
    return False


def _copy_macros(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Copy the table macros to `main`, so that they are called by their bare names.

    Those of the books are others here, which give the same rows.
    """
    macros = connection.execute(
        """
        select function_name, parameters, macro_definition from duckdb_functions()
        where database_name = ? and schema_name = ? and function_type = 'table_macro'
        """,
        [source, MARTS],
    ).fetchall()
    of_books = {books.macro: books.macro_body for books in BOOKS}
    for name, parameters, definition in macros:
        body = of_books.get(name, definition)
        declared = [p + (f" := {_DEFAULTS[p]}" if p in _DEFAULTS else "") for p in parameters]
        connection.execute(f"create macro main.{name}({', '.join(declared)}) as table {body}")
        connection.execute(f"comment on macro table main.{name} is {literal(_MACROS.get(name))}")
