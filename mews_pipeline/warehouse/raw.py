"""The raw tables: their columns, their creation, a transaction over them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import duckdb

from mews_pipeline.extract.entities import ENTITIES, EXTRA, UPDATED

_LANDED = {"_landed_at": "timestamptz", "_run_id": "varchar", "_hash": "varchar"}
_RECORDED = {EXTRA: "json", "_fetched_utc": "timestamptz"} | _LANDED

# The people of each version of a reservation, by age category
PERSON_COUNTS = "reservation_person_counts"
_PERSON_COUNTS = {
    "reservation_id": "varchar",
    "updated_utc": "timestamptz",
    "age_category_id": "varchar",
    "count": "bigint",
} | _LANDED

_FETCHES = {
    "fetch_id": "varchar",
    "operation": "varchar",
    "token_key": "varchar",
    "window_start_utc": "timestamptz",
    "window_end_utc": "timestamptz",
    "started_utc": "timestamptz",
    "finished_utc": "timestamptz",
    "fetched_through_utc": "timestamptz",
    "pages": "bigint",
    "rows": "bigint",
    "new_versions": "bigint",
    "refused": "varchar",
    "unknown_fields": "json",
    "unknown_values": "json",
    "enterprise_ids": "json",
    "root_run_id": "varchar",
    "service_ids": "json",
    "refused_services": "json",
    "server_clock_ahead_seconds": "double",
    "landing_clock_utc": "timestamptz",
    "stays_start_utc": "timestamptz",
    "stays_end_utc": "timestamptz",
    "replaced_characters": "bigint",
} | _LANDED

# What fetches land, which the models read
SOURCES: dict[str, dict[str, str]] = {
    **{name: entity.columns | _RECORDED for name, entity in ENTITIES.items()},
    PERSON_COUNTS: _PERSON_COUNTS,
    "fetches": _FETCHES,
}

# How personal data is kept (personal.py), which no model reads. Rows are only ever added
FORGOTTEN, ERASURES, PERSONAL_POLICY = "forgotten", "erasures", "personal_policy"
_ABOUT_PERSONAL_DATA = {
    # One row per forgotten person: a salted hash of the id, never the id
    FORGOTTEN: {"person_hash": "varchar", "salt": "varchar", "_landed_at": "timestamptz"},
    # One row per erasure: when and how much, never who
    ERASURES: {
        "erasure_id": "varchar",
        "started_utc": "timestamptz",
        "finished_utc": "timestamptz",
        "persons": "bigint",
        "records": "bigint",
        "versions": "bigint",
        # forget, retention or policy
        "reason": "varchar",
        "_landed_at": "timestamptz",
    },
    # One row when history begins to be rewritten for MEWS_PERSONAL, and one when it is done
    PERSONAL_POLICY: {
        "mode": "varchar",
        "key_fingerprint": "varchar",
        "started_utc": "timestamptz",
        "finished_utc": "timestamptz",
        "_landed_at": "timestamptz",
    },
}

TABLES = SOURCES | _ABOUT_PERSONAL_DATA


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the schema `raw`, its tables, and the columns that a later release added to them."""
    connection.execute("create schema if not exists raw")
    existing: dict[str, set[str]] = {}
    for table, column in connection.execute(
        "select table_name, column_name from duckdb_columns()"
        " where database_name = current_database() and schema_name = 'raw'"
    ).fetchall():
        existing.setdefault(table, set()).add(column)
    for table, columns in TABLES.items():
        if table not in existing:
            definitions = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
            connection.execute(f"create table raw.{table} ({definitions})")
            continue
        for name in columns.keys() - existing[table]:
            connection.execute(f'alter table raw.{table} add column "{name}" {columns[name]}')


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Commit everything inside, or nothing."""
    connection.execute("begin transaction")
    try:
        yield
        connection.execute("commit")
    except BaseException:
        # A full disk has aborted the transaction already; then there is nothing to roll back.
        with suppress(duckdb.Error):
            connection.execute("rollback")
        raise


_VERSIONED = {PERSON_COUNTS, *(entity.table for entity in UPDATED)}


def instant_of(table: str) -> str:
    """Return the column that rows of a raw table are queried and partitioned by."""
    return "updated_utc" if table in _VERSIONED else "_landed_at"
