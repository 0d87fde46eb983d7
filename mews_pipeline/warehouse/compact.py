"""Leave nothing in a warehouse's files of values that were changed or deleted.

DuckDB frees the pages of old values and writes others over them only later; a lake keeps them in
earlier states. Whoever erases personal data calls `compact` afterwards.
"""

import shutil
from pathlib import Path

import duckdb

from mews_pipeline.settings import LAKE
from mews_pipeline.warehouse.base import Log, Warehouse, WarehouseError
from mews_pipeline.warehouse.file import (
    DuckDBFile,
    bounded,
    create_private_database,
    replace_database,
)
from mews_pipeline.warehouse.lake import CATALOG, DuckLake, PostgresLake
from mews_pipeline.warehouse.lake_statistics import repair_statistics
from mews_pipeline.warehouse.quoting import literal

_MEMORY = "1GB"
# No warehouse has this name, which would make two databases of one connection alike
_NEW = "__compacted"


def compact(warehouse: Warehouse, log: Log = print) -> None:
    """Write the warehouse without what was changed or deleted. Raises WarehouseError.

    Takes the exclusive lock. A DuckDB file is copied and then replaced; of a lake only the latest
    state is left, and PostgreSQL frees the rows of its catalog by its own vacuum. If it is stopped,
    the warehouse is whole, and the next call does it all.
    """
    with warehouse.lock(log):
        if isinstance(warehouse, DuckDBFile):
            compact_file(warehouse.path)
        elif isinstance(warehouse, DuckLake):
            with warehouse.connect() as connection:
                _leave_the_latest_state(connection)
            if not isinstance(warehouse, PostgresLake):
                compact_file(Path(warehouse.address.removeprefix(LAKE)))


def compact_file(path: Path) -> None:
    """Replace a DuckDB file by a copy of what it holds. The caller holds its lock.

    A copy that was stopped leaves the file as it is; the next one removes what is left of it.
    Raises WarehouseError where the disk has no room for both.
    """
    if not path.exists():
        return
    path = path.resolve()  # a link stays a link
    partial = path.with_name(f".{path.name}.compacting")
    _remove_leftovers(path, partial)
    try:
        with duckdb.connect(str(path), config=bounded(_MEMORY)) as connection:
            _refuse_full_disk(connection, path)
            create_private_database(partial, _storage(connection))
            connection.execute("checkpoint")
            _copy(connection, partial)
        replace_database(path, partial)
    finally:
        _remove_leftovers(path, partial)


def _remove_leftovers(path: Path, partial: Path) -> None:
    """Remove what a killed process has left: a partial copy, and what DuckDB had spilled."""
    for file in (partial, _wal(partial), partial.with_name(f"{partial.name}.new")):
        file.unlink(missing_ok=True)
    shutil.rmtree(path.with_name(f"{path.name}.tmp"), ignore_errors=True)


def _refuse_full_disk(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    blocks, size = _row(
        connection,
        "select used_blocks, block_size from pragma_database_size()"
        " where database_name = current_database()",
    )
    needed, free = blocks * size, shutil.disk_usage(path.parent).free
    if free < needed:
        raise WarehouseError(
            f"{path} was not compacted: its copy needs {needed >> 20:,} MB in {path.parent}, where "
            f"{free >> 20:,} MB are free. Make room, and run this again."
        )


def _storage(connection: duckdb.DuckDBPyConnection) -> str:
    """Return the format of the file, which its copy keeps: the same programs can open it."""
    (tags,) = _row(
        connection, "select tags from duckdb_databases() where database_name = current_database()"
    )
    return str(tags.get("storage_version", "latest")).removesuffix("+")


def _copy(connection: duckdb.DuckDBPyConnection, partial: Path) -> None:
    """Copy all tables, views, macros and comments, and compare the numbers of rows."""
    (name,) = _row(connection, "select current_database()")
    connection.execute(f"attach {literal(str(partial))} as {_NEW}")
    connection.execute(f'copy from database "{name}" to {_NEW}')
    here, there = (_rows(connection, database) for database in (name, _NEW))
    if here != there:
        raise WarehouseError(
            f"The copy of {name} does not hold the same rows, and the file was left as it was. "
            "Run this again; report it if it lasts."
        )
    connection.execute(f"detach {_NEW}")


def _rows(connection: duckdb.DuckDBPyConnection, database: str) -> dict[tuple[str, str], int]:
    tables = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = ?", [database]
    ).fetchall()
    return {
        (schema, table): _row(
            connection, f'select count(*) from "{database}"."{schema}"."{table}"'
        )[0]
        for schema, table in tables
    }


def _wal(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _leave_the_latest_state(connection: duckdb.DuckDBPyConnection) -> None:
    """Write all files with deleted rows again, and delete all that only earlier states know.

    The latest state cannot be expired, so it is rewritten first. The exclusive lock guarantees that
    no transaction is about to commit a file that no state knows yet.
    """
    _call(connection, f"ducklake_flush_inlined_data('{CATALOG}')")
    _call(connection, f"ducklake_rewrite_data_files('{CATALOG}', delete_threshold => 0)")
    repair_statistics(connection)
    # Later than any state: the clock of the catalog may be another one
    later = "older_than => now() + interval 1 day"
    _call(connection, f"ducklake_expire_snapshots('{CATALOG}', {later})")
    _call(connection, f"ducklake_cleanup_old_files('{CATALOG}', cleanup_all => true)")
    _call(connection, f"ducklake_delete_orphaned_files('{CATALOG}', cleanup_all => true)")


def _call(connection: duckdb.DuckDBPyConnection, step: str) -> None:
    connection.execute(f"call {step}").fetchall()


def _row(connection: duckdb.DuckDBPyConnection, query: str) -> tuple:  # type: ignore[type-arg]
    found = connection.execute(query).fetchone()
    assert found is not None  # noqa: S101 - each of these queries has one row
    return found
