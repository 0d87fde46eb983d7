"""What a published copy was made from, and what builds have touched since.

A copy keeps the id of the last build that it shows. The log in the warehouse
(dbt_project/macros/touched_log.sql) tells which reservations, orders and order items later builds
have posted, whether these were published or not. A copy whose build is not in the log cannot be
continued.
"""

from hashlib import md5
from importlib.metadata import version

import duckdb

from mews_pipeline.extract.entities import personal_columns
from mews_pipeline.publish.books import INTERNAL, REVENUE_LEDGER, SQL
from mews_pipeline.publish.marts import MARTS
from mews_pipeline.warehouse.quoting import literal

# Copying everything takes less time than replacing more than this number and share of reservations
# or order items
_MANY, _SHARE = 10_000, 0.05
_LOG = "intermediate.touched_log"
# All that decides what a copy looks like, except for rows
_SHAPE = """
    with described as (
        select concat_ws(' ', table_name, column_name, data_type, comment) as text
        from duckdb_columns() where database_name = $source and schema_name = $schema
        union all
        select concat_ws(' ', table_name, comment) from duckdb_tables()
        where database_name = $source and schema_name = $schema
        union all
        select concat_ws(' ', view_name, comment, sql) from duckdb_views()
        where database_name = $source and schema_name = $schema
        union all
        select concat_ws(' ', function_name, parameters, macro_definition) from duckdb_functions()
        where database_name = $source and schema_name = $schema
    )
    select string_agg(text, chr(10) order by text) from described
"""
_MEANINGS = {
    f"table {INTERNAL}.made_from": "What this copy was made from, so that the next publishing "
    "copies only what has changed since.",
    f"column {INTERNAL}.made_from.build_id": "The last build of the models that it shows.",
    f"column {INTERNAL}.made_from.shape": "Hash of the tables, columns and macros that it has.",
}


class CannotContinueError(Exception):
    """The last copy cannot be brought up to date; the message says why."""


def remember(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Record in the copy what it was made from."""
    connection.execute(
        f"create or replace table {INTERNAL}.made_from as"
        " select $build as build_id, $shape as shape",
        {"build": _last_build(connection, source), "shape": _shape(connection, source)},
    )
    for what, meaning in _MEANINGS.items():
        connection.execute(f"comment on {what} is {literal(meaning)}")


def find_touched(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """List in the temporary table `touched` what was posted since this copy was made.

    Raises CannotContinueError if that is not known, or is too much.
    """
    build, shape = _made_from(connection)
    if shape != _shape(connection, source):
        raise CannotContinueError("tables, columns or versions have changed")
    # A build without an id was never logged
    if build is None or _last_build(connection, source) is None:
        raise CannotContinueError("the builds since the last copy are not known")
    log = f'"{source}".{_LOG}'
    number = connection.execute(
        f"select build_number from {log} where build_id = ? and entity = 'build'", [build]
    ).fetchone()
    if number is None:
        raise CannotContinueError("everything was built again, or rows were deleted")
    connection.execute(
        f"create or replace temp table touched as select distinct entity, touched_id from {log}"
        " where build_number > ? and entity != 'build'",
        number,
    )
    _refuse_too_much(connection)


def _made_from(connection: duckdb.DuckDBPyConnection) -> tuple[str | None, str | None]:
    try:
        found = connection.execute(f"select build_id, shape from {INTERNAL}.made_from").fetchone()
    except duckdb.CatalogException:
        found = None
    if found is None:
        raise CannotContinueError("another version had made the last copy")
    return found[0], found[1]


def _last_build(connection: duckdb.DuckDBPyConnection, source: str) -> str | None:
    try:
        found = connection.execute(
            f'select arg_max(build_id, build_number) from "{source}".{_LOG}'
        ).fetchone()
    except duckdb.CatalogException:
        return None  # the models were built before there was a log
    return found[0] if found else None


def _shape(connection: duckdb.DuckDBPyConnection, source: str) -> str:
    described = connection.execute(_SHAPE, {"source": source, "schema": MARTS}).fetchone()
    versions = version("mews-pipeline"), duckdb.__version__
    decided = (described, versions, sorted(personal_columns()), SQL)
    return md5(repr(decided).encode(), usedforsecurity=False).hexdigest()


def _refuse_too_much(connection: duckdb.DuckDBPyConnection) -> None:
    found = connection.execute(
        f"""
        select count(*) filter (entity = 'service'), count(*) filter (entity = 'reservation'),
            (select count(*) from {MARTS}.fct_reservations),
            count(*) filter (entity = 'order_item'),
            (
                select coalesce(sum(estimated_size), 0)::bigint from duckdb_tables()
                where database_name = current_database() and table_name = '{REVENUE_LEDGER}'
            )
        from touched
        """
    ).fetchone()
    services, reservations, of_all, items, postings = found or (0, 0, 0, 0, 0)
    if services:
        raise CannotContinueError("a service is new, or its zone or offsets have changed")
    if reservations > max(_MANY, _SHARE * of_all):
        raise CannotContinueError(f"{reservations:,} of {of_all:,} reservations were touched")
    if items > max(_MANY, _SHARE * postings):
        raise CannotContinueError(f"{items:,} order items were touched")
