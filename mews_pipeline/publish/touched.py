"""Publishing by touched rows: bring a copy of the last copy up to date.

The large facts are replaced by touched ids, the counts per date where they differ, and what is
small as a whole. The rows are those of a copy made in full, in another order.
"""

import duckdb

from mews_pipeline.publish.books import LEDGER, REVENUE_LEDGER, Books, add_up_again, books_of
from mews_pipeline.publish.made_from import CannotContinueError, find_touched
from mews_pipeline.publish.marts import MARTS, REPEATED, tables

# The marts that builds post by touched ids (reposted_models in dbt_project/macros/refresh.sql and
# reposted_money_models in money.sql), each with the kind of id and its column
POSTED = {
    LEDGER: ("reservation", "reservation_id"),
    "fct_reservations": ("reservation", "reservation_id"),
    "fct_reservation_state_transitions": ("reservation", "reservation_id"),
    "fct_reservation_modifications": ("reservation", "reservation_id"),
    "fct_product_service_order_state_transitions": ("product_service_order", "order_id"),
    REVENUE_LEDGER: ("order_item", "order_item_id"),
}


def bring_up_to_date(connection: duckdb.DuckDBPyConnection, source: str) -> None:
    """Replace what differs in this copy of the last copy. Raises CannotContinueError."""
    find_touched(connection, source)
    connection.begin()
    try:
        for name in tables(connection):
            _replace(connection, f'"{source}".{MARTS}."{name}"', name)
    except CannotContinueError:
        connection.rollback()
        raise
    connection.commit()


def _replace(connection: duckdb.DuckDBPyConnection, theirs: str, name: str) -> None:
    if books := books_of(name):
        _replace_postings(connection, theirs, books)
    elif name in POSTED:
        _replace_touched(connection, theirs, name)
    elif date := _first_date(connection, name):
        _replace_differing(connection, theirs, name, date)
    else:
        _replace_all(connection, theirs, name)


def _replace_all(connection: duckdb.DuckDBPyConnection, theirs: str, name: str) -> None:
    connection.execute(f'truncate {MARTS}."{name}"')
    connection.execute(
        f'insert into {MARTS}."{name}" by name select {_columns(connection, name)} from {theirs}'
    )


def _replace_touched(connection: duckdb.DuckDBPyConnection, theirs: str, name: str) -> None:
    connection.execute(f'delete from {MARTS}."{name}" where {_is_touched(name)}')
    connection.execute(
        f'insert into {MARTS}."{name}" by name select {_columns(connection, name)} from {theirs}'
        f" where {_is_touched(name)}"
    )


def _replace_differing(
    connection: duckdb.DuckDBPyConnection, theirs: str, name: str, date: str
) -> None:
    """Replace the rows that differ, which are sought among those of dates that differ.

    To compare all dates takes a tenth of what it takes to write all rows.
    """
    ours, columns = f'{MARTS}."{name}"', _columns(connection, name)
    by_date = f'select "{date}" as on_date, sum(hash({columns})) as hashed from'
    of_dates = (
        "as mart where exists (from differing_dates as differing"
        f' where differing.on_date is not distinct from mart."{date}")'
    )
    connection.execute(
        f"""
        create or replace temp table differing_dates as
        with ours as ({by_date} {ours} group by all), theirs as ({by_date} {theirs} group by all)
        select distinct on_date
        from ((from ours except from theirs) union all (from theirs except from ours))
        """
    )
    connection.execute(
        f"""
        create or replace temp table differing_rows as
        with counted as (
            select hash({columns}) as hashed, 1 as number from {ours} {of_dates}
            union all
            select hash({columns}) as hashed, -1 as number from {theirs} {of_dates}
        )
        select hashed from counted group by hashed having sum(number) != 0
        """
    )
    differs = f"where hash({columns}) in (from differing_rows)"
    connection.execute(f"delete from {ours} {differs}")
    connection.execute(f"insert into {ours} by name select {columns} from {theirs} {differs}")


def _replace_postings(connection: duckdb.DuckDBPyConnection, theirs: str, books: Books) -> None:
    """Replace the postings of touched ids, and add up the books that they touch."""
    name, keys = books.ledger, ", ".join(books.keys)
    ours, touched = f"{MARTS}.{name}", _is_touched(name)
    connection.execute(
        "create or replace temp table new_postings as"
        f" select {_columns(connection, name)} from {theirs} where {touched}"
    )
    if name == LEDGER:
        _refuse_new_values(connection)
    # With the enums of the copy
    connection.execute(
        f"create or replace temp table touched_keys as select {keys} from {ours} where {touched}"
    )
    connection.execute(f"insert into touched_keys by name select {keys} from new_postings")
    connection.execute(f"delete from {ours} where {touched}")
    connection.execute(f"insert into {ours} by name from new_postings order by posted_at")
    add_up_again(connection, books)


def _refuse_new_values(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse a value that the copy's enums do not have, such as the id of a new category."""
    found = {column for column, *_ in connection.execute("describe new_postings").fetchall()}
    for column in sorted(REPEATED & found):
        is_new = f"try_cast({column} as {MARTS}.ledger_{column}) is null and {column} is not null"
        if connection.execute(f"select 1 from new_postings where {is_new} limit 1").fetchone():
            raise CannotContinueError(f"the ledger has a new {column}")


def _is_touched(name: str) -> str:
    entity, key = POSTED[name]
    return f"{key} in (select touched_id from touched where entity = '{entity}')"


def _columns(connection: duckdb.DuckDBPyConnection, name: str) -> str:
    """List the columns that the copy has of a mart: it has none about people."""
    return ", ".join(f'"{column}"' for column, _ in _described(connection, name))


def _first_date(connection: duckdb.DuckDBPyConnection, name: str) -> str | None:
    """Return the first column of a mart that is a date, if it has one."""
    return next((name for name, kind in _described(connection, name) if kind == "DATE"), None)


def _described(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[str, str]]:
    described = connection.execute(f'describe {MARTS}."{name}"').fetchall()
    return [(column, kind) for column, kind, *_ in described]
