"""What the published copy holds: the marts, what they mean, and the macros over them."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import duckdb

from mews_pipeline.extract.entities import personal_columns
from mews_pipeline.warehouse.base import Warehouse
from mews_pipeline.warehouse.quoting import literal

MARTS = "marts"
# Of the API's fields, those that name or number a person or a booking to people outside
# (MEWS.md 4, PII). No mart has them; should one get them, they still do not leave the warehouse.
_PERSONAL = personal_columns()
# dim_service is all of int_services, which is not published
_INTERMEDIATE, _PUBLISHED = "intermediate.int_services", "marts.dim_service"
# The books and pickup read millions of postings: enums group in a third of the time of texts, the
# order of posting lets other instants be skipped, and both cost less to write than the texts.
_LEDGER, _AS_POSTED = "fct_room_night_ledger", "order by posted_at"
_REPEATED = {"service_id", "resource_category_id", "bucket", "basis", "reason"}
_MACROS = {
    "on_the_books": "Definite rooms and guests on the books as of an instant, by service, booked "
    "category and night: from on_the_books('2026-01-31 12:00:00+00').",
    "pickup": "Net change of the definite books after the first instant up to the second: "
    "from pickup('2026-01-24 00:00:00+00', '2026-01-31 00:00:00+00').",
    "occupancy_between": "Room nights, guest nights and both occupancy ratios of the nights from "
    "the first date to the last, both included, by service and booked category: "
    "from occupancy_between('2026-01-01', '2026-01-31').",
}


@dataclass(frozen=True)
class Mart:
    """A table of the schema marts, or a view, which has its statement."""

    name: str
    meaning: str | None
    view_sql: str | None


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, warehouse: Warehouse) -> Iterator[str]:
    """Attach the warehouse under the name that its views are written with."""
    name = warehouse.attach(connection)
    try:
        yield name
    finally:
        connection.execute(f'detach "{name}"')


def marts(connection: duckdb.DuckDBPyConnection, source: str) -> list[Mart]:
    """The marts of the attached database: tables, then the views on them."""
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


def copy_mart(connection: duckdb.DuckDBPyConnection, source: str, mart: Mart) -> int | None:
    """Copy one mart with its meanings; gives its rows, None for a view."""
    copied = None if _is_viewed(connection, source, mart) else _fill(connection, source, mart.name)
    connection.begin()  # each comment of its own would wait for the disk
    kind = "view" if copied is None else "table"
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
    return copied


def _fill(connection: duckdb.DuckDBPyConnection, source: str, name: str) -> int:
    read = f'"{source}".{MARTS}."{name}"'
    found = connection.execute(f"describe {read}").fetchall()
    wanted, order = [column for column, *_ in found if column not in _PERSONAL], ""
    if name == _LEDGER:
        wanted, order = [_enumerated(connection, read, column) for column in wanted], _AS_POSTED
    copied = connection.execute(
        f'create table {MARTS}."{name}" as select {", ".join(wanted)} from {read} {order}'
    ).fetchone()
    return int(copied[0]) if copied else 0


def _enumerated(connection: duckdb.DuckDBPyConnection, ledger: str, column: str) -> str:
    """Give the column of the ledger; one that repeats is cast to a type made of its texts."""
    if column not in _REPEATED:
        return column
    connection.execute(
        f"create type {MARTS}.ledger_{column} as enum"
        f" (select distinct {column} from {ledger} where {column} is not null order by 1)"
    )
    return f"cast({column} as {MARTS}.ledger_{column}) as {column}"


def _is_viewed(connection: duckdb.DuckDBPyConnection, source: str, mart: Mart) -> bool:
    """Make the mart a view of the copy; not where it is none, or reads what is not published."""
    if not mart.view_sql:
        return False
    # Names of two parts, so that it reads the copy whatever that is attached as
    prefix = rf'(?:"{re.escape(source)}"|\b{re.escape(source)})\.'
    query = re.sub(prefix, "", mart.view_sql.split(" AS ", 1)[1]).replace(_INTERMEDIATE, _PUBLISHED)
    with suppress(duckdb.CatalogException, duckdb.BinderException):
        connection.execute(f'create view {MARTS}."{mart.name}" as {query}')
        return True
    return False


def copy_macros(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Copy the table macros to `main`, so that they are called by their bare names."""
    macros = connection.execute(
        """
        select function_name, parameters, macro_definition from duckdb_functions()
        where database_name = ? and schema_name = ? and function_type = 'table_macro'
        """,
        [source, MARTS],
    ).fetchall()
    for name, parameters, definition in macros:
        connection.execute(
            f"create macro main.{name}({', '.join(parameters)}) as table {definition}"
        )
        connection.execute(f"comment on macro table main.{name} is {literal(_MACROS.get(name))}")
