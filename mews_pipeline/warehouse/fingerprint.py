"""Record what the models were last built from, so that a build that changes nothing is skipped.

The record is kept in the warehouse: it is replaced or restored together with the models. Everything
here runs on a connection that the caller opened under the exclusive lock.
"""

import hashlib
from datetime import date
from pathlib import Path

import duckdb

from mews_pipeline.warehouse.raw import TABLES

# Unit tests do not depend on data, so refreshes skip them
BUILD = ("build", "--exclude-resource-type", "unit_test")
# Tests that read all of history run at night (dbt_project.yml). Without `empty` dbt would also skip
# every test of the models that read history
WITHOUT_TESTS_OF_HISTORY = (
    "--indirect-selection", "empty", "--exclude", "tag:history+1,resource_type:test",
)  # fmt: skip
_PARTS = {".sql", ".yml", ".csv", ".md"}
# The local date of each property at the instant up to which each of its tokens and operations is
# known; UTC where the zone is not known. The models' own rule (int_now) gives one of these dates
_LOCAL_DATES = """
    with seen as (
        select distinct token_key, unnest(cast(enterprise_ids as varchar[])) as id
        from raw.fetches where refused is null
    ),
    zoned as (
        select id, arg_max(time_zone_identifier, _landed_at) as name
        from raw.enterprises group by id
    ),
    reached as (
        select token_key, operation, max(fetched_through_utc) as instant
        from raw.fetches where window_start_utc is not null and refused is null
        group by token_key, operation
    )
    select list(distinct concat_ws(
        ' ', id, operation,
        cast(instant at time zone coalesce(pg_timezone_names.name, 'UTC') as date)
    ))
    from reached
    left join seen using (token_key)
    left join zoned using (id)
    left join pg_timezone_names() using (name)
"""


def project_files(project: Path) -> list[Path]:
    """Return the files that define a dbt project's models, in a fixed order."""
    made = {project / "target", project / "logs"}
    return sorted(
        path for path in project.rglob("*") if path.suffix in _PARTS and not made & {*path.parents}
    )


def fingerprint(
    connection: duckdb.DuckDBPyConnection,
    project: Path,
    start_date: date,
    ledger_years_ahead: int = 3,
) -> str:
    """Return a hash of the state of the models' sources and of the models themselves.

    It changes when anything lands, when the local date of a property's "now" (the instant up to
    which its updates are known) changes, and with every file of the dbt project; not when a fetch
    brings nothing new.
    """
    given = f"{start_date.isoformat()} {ledger_years_ahead}"
    hashed = hashlib.md5(given.encode(), usedforsecurity=False)
    for path in project_files(project):
        hashed.update(path.relative_to(project).as_posix().encode() + path.read_bytes())
    landed = " union all ".join(
        f"select max(_landed_at) as landed_at from raw.{table}"
        for table in TABLES
        if table != "fetches"
    )
    last = connection.execute(f"select max(landed_at)::varchar from ({landed})").fetchone()
    dates = connection.execute(f"select list_sort(({_LOCAL_DATES}))").fetchone()
    hashed.update(repr((last, dates)).encode())
    return hashed.hexdigest()


def is_built(connection: duckdb.DuckDBPyConnection, found: str) -> bool:
    """Return whether the last successful build was of the state with this fingerprint."""
    known = "select 1 from duckdb_tables() where schema_name = 'intermediate'"
    if not connection.execute(f"{known} and table_name = 'built_from'").fetchall():
        return False
    of = connection.execute("select 1 from intermediate.built_from where fingerprint = ?", [found])
    return bool(of.fetchall())


def remember(connection: duckdb.DuckDBPyConnection, found: str) -> None:
    """Record that the state with this fingerprint was built and passed its tests."""
    connection.execute("create schema if not exists intermediate")
    connection.execute(
        "create or replace table intermediate.built_from as select ? as fingerprint", [found]
    )
