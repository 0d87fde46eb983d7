"""Land spooled rows in `raw.*`, exactly once. This is the only writer of `raw.*`.

The caller holds the lock of the table and has created the tables. Each fetched window is one
transaction: its rows, person counts and row in `raw.fetches` land together or not at all
(docs/architecture.md, "Versions are never lost", "Coverage is recorded").
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import stamina

from mews_pipeline.extract.entities import Landing
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.warehouse.base import TableLock
from mews_pipeline.warehouse.fetch_record import record
from mews_pipeline.warehouse.personal import (
    EVERYTHING,
    KEEP,
    Policy,
    Selection,
    drop_forgotten,
    find_forgotten,
)
from mews_pipeline.warehouse.personal import landed as landed_of
from mews_pipeline.warehouse.personal_policy import check
from mews_pipeline.warehouse.quoting import file, files
from mews_pipeline.warehouse.raw import PERSON_COUNTS, transaction

# Landing goes part by part; what does not fit spills to disk. With 400 MB and two threads a window
# of a million rows took twice the memory and twice the time (benchmarks/api.py).
_FRUGAL = "set memory_limit = '200MB'; set threads = 1"


@dataclass(frozen=True)
class Run:
    """The run that lands: its id, and the id of the first try that it retries (else its own)."""

    run_id: str
    root_run_id: str


@dataclass(frozen=True)
class Landed:
    """The numbers of new versions: in all, and (for windows) by UTC day of UpdatedUtc.

    `clock_behind` is how far the clock was behind the last stamp: above zero, it has run back.
    """

    new_versions: int
    by_day: dict[date, int]
    clock_behind: timedelta = timedelta(0)


@dataclass(frozen=True)
class _Insert:
    """What is inserted of spooled rows, and the parameters of rows and of person counts.

    Person counts hold nothing about a person.
    """

    selection: Selection
    stamps: dict[str, object]

    @property
    def values(self) -> dict[str, object]:
        """The parameters of rows."""
        return self.stamps | self.selection.values


@stamina.retry(on=duckdb.TransactionException, attempts=5)
def land(
    connection: duckdb.DuckDBPyConnection,
    fetched: Fetched,
    run: Run,
    lock: TableLock | None = None,
    policy: Policy = KEEP,
) -> Landed:
    """Land one fetched window or listing in one transaction, and return what was new in it.

    The entity's landing rule says which rows are new. Landing the same window again adds only its
    row in `raw.fetches`, so a transaction that is refused at the commit is simply tried again. The
    clock of `lock` stamps the rows, never earlier than those that landed before. Without a lock,
    nothing else may land in this table meanwhile. Of personal fields lands what the policy keeps,
    and nothing of a person who was forgotten before this transaction. Raises SettingsError when the
    warehouse has another policy.
    """
    lock = lock or TableLock()
    connection.execute(_FRUGAL)
    insert = _INSERTS[fetched.entity.landing]
    with transaction(connection):
        check(connection, policy)
        clock = lock.now()
        stamp = _stamp(connection, clock)
        new_versions = 0
        if fetched.parts:
            what = _what(connection, fetched, policy, {"landed_at": stamp, "run_id": run.run_id})
            new_versions = insert(connection, fetched, what)
            drop_forgotten(connection)
        landed = Landed(new_versions, _by_day(connection, fetched, stamp), stamp - clock)
        record(
            connection,
            fetched,
            {
                "new_versions": new_versions,
                "root_run_id": run.root_run_id,
                "landing_clock_utc": clock,
                "_landed_at": stamp,
                "_run_id": run.run_id,
            },
        )
        # Fail before the commit if we lost the lock
        lock.check_held()
        return landed


def _stamp(connection: duckdb.DuckDBPyConnection, clock: datetime) -> datetime:
    """Return the later of the clock and a microsecond after the last stamp.

    Every landing has a row in `raw.fetches`, so that table has the last stamp of them all. Landings
    in two tables of a lake may be under way at once and get stamps in either order: a build takes
    the exclusive lock, so both are committed before it reads up to where it posts, and the next
    landing reads both. The filter lets DuckDB skip all files and row groups before the clock.
    """
    found = connection.execute(
        "select max(_landed_at) from raw.fetches where _landed_at >= ?", [clock]
    ).fetchone()
    if found is None or found[0] is None:
        return clock
    last: datetime = found[0]
    return last.astimezone(UTC) + timedelta(microseconds=1)


def _what(
    connection: duckdb.DuckDBPyConnection,
    fetched: Fetched,
    policy: Policy,
    stamps: dict[str, object],
) -> _Insert:
    """Return what is inserted of the fetched rows, by the policy and the list of the forgotten."""
    rows = f"read_parquet({files(fetched.rows_files)})"
    has_forgotten = find_forgotten(connection, fetched.entity, rows)
    return _Insert(landed_of(fetched.entity, policy, has_forgotten=has_forgotten), stamps)


def _insert_versions(connection: duckdb.DuckDBPyConnection, fetched: Fetched, what: _Insert) -> int:
    """Insert the versions that the table lacks, part by part.

    Known versions are read once: a query per part would read again what earlier parts inserted. The
    bounds of the spooled rows let DuckDB skip the row groups of other days. A version comes twice
    only where paging was disturbed; checking for that first costs a tenth of `distinct on` over
    every column.
    """
    connection.execute(
        f"""
        create or replace temp table known as
        with bounds as (
            select min(updated_utc) as first, max(updated_utc) as last
            from read_parquet({files(fetched.rows_files)})
        )
        select id, updated_utc, _hash from raw.{fetched.entity.table}
        where updated_utc >= (select first from bounds)
            and updated_utc <= (select last from bounds)"""
    )
    comes_twice = _number(
        connection,
        f"select count(*) > count(distinct _hash) from read_parquet({files(fetched.rows_files)})",
    )
    if not comes_twice and not _number(connection, "select count(*) from known"):
        return _insert_all(connection, fetched, what)
    return sum(
        _insert_part(connection, fetched, part, what, comes_twice=bool(comes_twice))
        for part in range(fetched.parts)
    )


def _insert_all(connection: duckdb.DuckDBPyConnection, fetched: Fetched, what: _Insert) -> int:
    """Insert every spooled row, person counts first."""

    def insert(
        table: str,
        part_file: Callable[[int], Path],
        selection: Selection,
        values: dict[str, object],
    ) -> int:
        # Each by its name: a part that is missing is an error
        parts = ", ".join(file(part_file(part)) for part in range(fetched.parts))
        source = selection.source(f"read_parquet([{parts}])")
        return _number(
            connection,
            f"""
            insert into raw.{table} by name
            select {selection.columns}, $landed_at as _landed_at, $run_id as _run_id
            from {source} as part""",
            values,
        )

    if fetched.entity.has_person_counts:
        insert(PERSON_COUNTS, fetched.person_counts_file, EVERYTHING, what.stamps)
    return insert(fetched.entity.table, fetched.rows_file, what.selection, what.values)


def _insert_part(
    connection: duckdb.DuckDBPyConnection,
    fetched: Fetched,
    part: int,
    what: _Insert,
    *,
    comes_twice: bool,
) -> int:
    """Insert the versions of a part that are not in `known`, person counts first.

    An anti-join insert, because DuckDB's MERGE sometimes takes seconds where this takes 0.2 s.
    """
    rows = file(fetched.rows_file(part))
    is_new = """
        not exists (
            select 1 from known
            where known.id = part.{id}
                and known.updated_utc = part.updated_utc and known._hash = part._hash
        )"""
    if fetched.entity.has_person_counts:
        connection.execute(
            f"""
            insert into raw.{PERSON_COUNTS} by name
            select {"distinct" if comes_twice else ""}
                part.*, $landed_at as _landed_at, $run_id as _run_id
            from read_parquet({file(fetched.person_counts_file(part))}) as part
            where {is_new.format(id="reservation_id")}""",
            what.stamps,
        )
    new_versions = _number(
        connection,
        f"""
        insert into raw.{fetched.entity.table} by name
        select {"distinct on (part.id, part.updated_utc, part._hash)" if comes_twice else ""}
            {what.selection.columns}, $landed_at as _landed_at, $run_id as _run_id
        from {what.selection.source(f"read_parquet({rows})")} as part
        where {is_new.format(id="id")}""",
        what.values,
    )
    if comes_twice:
        connection.execute(
            f"insert into known select id, updated_utc, _hash from read_parquet({rows})"
        )
    return new_versions


def _insert_changed(connection: duckdb.DuckDBPyConnection, fetched: Fetched, what: _Insert) -> int:
    """Insert the reference records whose content differs from their id's latest row."""
    table = f"raw.{fetched.entity.table}"
    return sum(
        _number(
            connection,
            f"""
            insert into {table} by name
            select distinct on (part.id)
                {what.selection.columns}, $landed_at as _landed_at, $run_id as _run_id
            from {what.selection.source(f"read_parquet({file(fetched.rows_file(part))})")} as part
            where part._hash is distinct from (
                select arg_max(known._hash, known._landed_at) from {table} as known
                where known.id = part.id
            )""",
            what.values,
        )
        for part in range(fetched.parts)
    )


_INSERTS = {
    Landing.VERSIONS: _insert_versions,
    Landing.CHANGES: _insert_changed,
    # Every snapshot is kept
    Landing.SNAPSHOTS: _insert_all,
}


def _number(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    values: dict[str, object] | None = None,
) -> int:
    """Return the one number that a statement returns: for an insert, the inserted rows."""
    found = connection.execute(statement, values).fetchone()
    return int(found[0]) if found else 0


def _by_day(
    connection: duckdb.DuckDBPyConnection, fetched: Fetched, stamp: datetime
) -> dict[date, int]:
    if fetched.window is None:
        return {}
    found = connection.execute(
        f"""
        select cast(updated_utc at time zone 'UTC' as date) as day, count(*)
        from raw.{fetched.entity.table}
        where updated_utc >= $start and updated_utc < $end and _landed_at = $landed_at
        group by day""",
        {"start": fetched.window.start, "end": fetched.window.end, "landed_at": stamp},
    ).fetchall()
    return dict(found)
