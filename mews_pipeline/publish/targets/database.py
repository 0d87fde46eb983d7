"""Bring the copy to a database that is attached as a catalog, in one transaction.

Its tables stay and their rows are replaced, so that grants and other people's views survive. It
shows the old or the new state, and remembers which one in its own table `about`.
"""

from contextlib import suppress

import duckdb

from mews_pipeline.publish.targets.copies import (
    ABOUT,
    BEFORE,
    NEWEST,
    Copies,
    Table,
    TargetError,
    count,
    published_utc,
)

# Above this share of keys, it costs less to replace all rows
_MOST = 0.5
_ALL_KEYS = f"from {NEWEST}_rows"


def bring_to_database(copies: Copies, catalog: str, schema: str, prepare: str = "") -> str:
    """Bring the newest copy to a schema of the attached catalog; say what was written.

    The transaction begins with the statement `prepare`. Raises TargetError and duckdb.Error, and
    then nothing has changed there.
    """
    where = f'"{catalog}"."{schema}"'
    known = _columns(copies.connection, catalog, schema)
    _refuse_foreign_tables(copies, known, schema)
    shown = published_utc(copies.connection, f"{where}.{ABOUT}") if ABOUT in known else None
    if shown == copies.published():
        return "it had this copy already"
    if not (copies.has_before and shown == copies.published(BEFORE)):
        copies = Copies(copies.connection, has_before=False)
    copies.connection.begin()
    try:
        if prepare:
            copies.connection.execute(prepare)
        if not _has_schema(copies.connection, catalog, schema):
            copies.connection.execute(f"create schema {where}")
        rows = {
            table.name: _bring_table(copies, table, where, known.get(table.name))
            for table in copies.tables()
        }
        for name in _gone(copies):
            copies.connection.execute(f'drop table if exists {where}."{name}"')
    except BaseException:
        # A connection that was lost cannot roll back, which it has done then
        with suppress(duckdb.Error):
            copies.connection.rollback()
        raise
    copies.connection.commit()
    written = {name: number for name, number in rows.items() if number is not None}
    return f"{sum(written.values()):,} rows of {len(written)} tables"


def _has_schema(connection: duckdb.DuckDBPyConnection, catalog: str, schema: str) -> bool:
    """Look for it: PostgreSQL takes `if not exists` only from those who may create schemas."""
    found = connection.execute(
        "select 1 from duckdb_schemas() where database_name = ? and schema_name = ?",
        [catalog, schema],
    ).fetchone()
    return found is not None


def _columns(
    connection: duckdb.DuckDBPyConnection, catalog: str, schema: str
) -> dict[str, list[str]]:
    """List the tables of the target, with the names of their columns."""
    found = connection.execute(
        """
        select table_name, list(column_name order by column_index) from duckdb_columns()
        where database_name = ? and schema_name = ? group by table_name
        """,
        [catalog, schema],
    ).fetchall()
    return dict(found)


def _refuse_foreign_tables(copies: Copies, known: dict[str, list[str]], schema: str) -> None:
    ours = {table.name for table in copies.tables()} & known.keys()
    if ours and "published_utc" not in known.get(ABOUT, ()):
        raise TargetError(
            f"The schema {schema} has tables of these names that were not published by this "
            f"pipeline, such as {min(ours)}. Name another schema in MEWS_PUBLISH_SCHEMA."
        )


def _bring_table(copies: Copies, table: Table, where: str, known: list[str] | None) -> int | None:
    """Replace the rows of a table that differ; return how many were written, None for no change."""
    connection, target = copies.connection, f'{where}."{table.name}"'
    differing = copies.differing(table)
    if known is None:
        connection.execute(
            f"create table {target} as select {table.expressions} from {table.of(NEWEST)} limit 0"
        )
    elif differing is None:
        _alter(copies, table, target, known)
    if differing == 0 and known is not None:
        return None
    is_partly = differing and known and table.key
    chosen = ""
    if is_partly and (differing or 0) <= _MOST * count(connection, _ALL_KEYS):
        chosen = _chosen(connection, str(table.key))
    if known is not None:
        connection.execute(f"delete from {target} {chosen}")
    rows = f"(select {table.expressions} from {table.of(NEWEST)}) {chosen}"
    connection.execute(f"insert into {target} by name from {rows}")
    return count(connection, f"from {rows}")


def _chosen(connection: duckdb.DuckDBPyConnection, key: str) -> str:
    """Choose the rows of the keys that differ, also of none."""
    chosen = f'where "{key}" in (select key from differing)'
    has_none = count(connection, "from differing where key is null")
    return f'{chosen} or "{key}" is null' if has_none else chosen


def _alter(copies: Copies, table: Table, target: str, known: list[str]) -> None:
    """Change the columns that a table has, so that it stays with its grants."""
    wanted = dict(table.columns)
    before = {each.name: dict(each.columns) for each in copies.tables(BEFORE)}.get(table.name, {})
    other = {name for name, kind in wanted.items() if before.get(name, kind) != kind}
    for name in known:
        if name not in wanted or name in other:
            copies.connection.execute(f'alter table {target} drop column "{name}"')
    for name in wanted:
        if name not in known or name in other:
            kind = _type_of(copies.connection, table, name)
            copies.connection.execute(f'alter table {target} add column "{name}" {kind}')


def _type_of(connection: duckdb.DuckDBPyConnection, table: Table, column: str) -> str:
    described = connection.execute(
        f"describe select {table.expressions} from {table.of(NEWEST)}"
    ).fetchall()
    return next(str(kind) for name, kind, *_ in described if name == column)


def _gone(copies: Copies) -> set[str]:
    """Name the tables that the copy has no more."""
    if not copies.has_before:
        return set()
    before = {table.name for table in copies.tables(BEFORE)}
    return before - {table.name for table in copies.tables()}
