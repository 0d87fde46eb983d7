"""Record what the models were last built from, so that a build does only what changed since.

The record is kept in the warehouse: it is replaced or restored together with the models. Everything
here runs on a connection that the caller opened under the exclusive lock.
"""

import hashlib
import json
from collections.abc import Mapping, Set
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import duckdb

from mews_pipeline.warehouse.raw import SOURCES

# Unit tests do not depend on data, so refreshes skip them
BUILD = ("build", "--exclude-resource-type", "unit_test")
# Tests that read all of history run at night (dbt_project.yml). Without `empty` dbt would also skip
# every test of the models that read history
WITHOUT_TESTS_OF_HISTORY = (
    "--indirect-selection", "empty", "--exclude", "tag:history+1,resource_type:test",
)  # fmt: skip
# Dagster reads the manifest of its own parse and dbt's events, no artifact and no log of a refresh
WITHOUT_FILES = ("--no-write-json", "--log-level-file", "none")
_PARTS = {".sql", ".yml", ".csv", ".md"}
# The dates on which the models' "now" (int_now) may be: the local date and the UTC date of each
# property at the instant up to which each of its tokens and operations is known. Before the first
# fetch of updates, the dates of the latest fetch and version. UTC where the zone is not known
_DATES = """
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
    ),
    places as (
        select concat_ws(' ', id, operation) as place, instant,
            unnest([coalesce(pg_timezone_names.name, 'UTC'), 'UTC']) as zone
        from reached
        left join seen using (token_key)
        left join zoned using (id)
        left join pg_timezone_names() using (name)
        union all
        select 'fetched', max(fetched_through_utc), 'UTC' from raw.fetches
        where not exists (from reached)
        union all
        select 'updated', max(updated_utc), 'UTC' from raw.reservations
        where not exists (from reached)
    )
    select distinct concat_ws(
        ' ', place, zone, cast(cast(instant at time zone zone as date) as varchar)
    )
    from places order by all
"""
# The operations that Mews refused a token every time, and whose data are therefore not known: what
# int_refused_operations holds. A fetch without names opened what its token's next listing names, or
# its last one
_REFUSED = """
    with refused as (
        select operation, token_key, max(refused) as reason, max(_landed_at) as asked,
            max_by(coalesce(cast(enterprise_ids as varchar), '[]'), _landed_at) as named
        from raw.fetches group by operation, token_key having bool_and(refused is not null)
    ),
    listings as (
        select token_key, cast(enterprise_ids as varchar) as listed, _landed_at as listed_at
        from raw.fetches where operation = 'enterprises' and refused is null
    )
    select concat_ws(
        ' ', operation, refused.token_key, reason, coalesce(
            nullif(named, '[]'), min_by(listed, listed_at) filter (where listed_at >= asked),
            max_by(listed, listed_at)
        )
    ) as refusal
    from refused left join listings using (token_key)
    group by operation, refused.token_key, reason, named order by all
"""


@dataclass(frozen=True)
class State:
    """What the models are built from, in parts: each part decides which models to build again."""

    project: str
    dates: tuple[str, ...]
    landed: Mapping[str, str | None]
    refused: tuple[str, ...] = ()

    def tables_since(self, built: "State") -> Set[str]:
        """Name the raw tables in which something landed since the other state was built."""
        return {table for table, at in self.landed.items() if at != built.landed.get(table)}

    def is_another_day_than(self, built: "State") -> bool:
        """Return whether the date of a property, or the UTC date, is another one."""
        return self.dates != built.dates

    def is_another_year_than(self, built: "State") -> bool:
        """Return whether a property is in another year."""
        return _years(self) != _years(built)

    def has_other_refusals_than(self, built: "State") -> bool:
        """Return whether Mews refuses other operations, or to other properties."""
        return self.refused != built.refused


def _years(state: State) -> list[str]:
    return [found[: -len("-mm-dd")] for found in state.dates]


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
) -> State:
    """Return the state of the models' sources and of the models themselves.

    It changes when anything lands, when the date of a property's "now" (the instant up to which its
    updates are known) changes, when Mews refuses other operations, and with every file of the dbt
    project; not when a fetch brings nothing new.
    """
    given = f"{start_date.isoformat()} {ledger_years_ahead}"
    hashed = hashlib.md5(given.encode(), usedforsecurity=False)
    for path in project_files(project):
        hashed.update(path.relative_to(project).as_posix().encode() + path.read_bytes())
    landed = " union all ".join(
        f"select '{table}', max(_landed_at)::varchar from raw.{table}"
        for table in SOURCES
        if table != "fetches"
    )
    dates = tuple(found for (found,) in connection.execute(_DATES).fetchall())
    refused = tuple(found for (found,) in connection.execute(_REFUSED).fetchall())
    return State(hashed.hexdigest(), dates, dict(connection.execute(landed).fetchall()), refused)


def built(connection: duckdb.DuckDBPyConnection) -> State | None:
    """Return the state that the models were last built from; None if that is not known."""
    columns = "select list(column_name) from duckdb_columns()"
    where = "where schema_name = 'intermediate' and table_name = 'built_from'"
    if connection.execute(f"{columns} {where}").fetchone() != (["state"],):
        return None
    found = connection.execute("select state from intermediate.built_from").fetchone()
    if not found:
        return None
    parts = json.loads(found[0])
    refused = tuple(parts.get("refused", ()))
    return State(parts["project"], tuple(parts["dates"]), parts["landed"], refused)


def remember(connection: duckdb.DuckDBPyConnection, state: State) -> None:
    """Record that this state was built and passed its tests."""
    connection.execute("create schema if not exists intermediate")
    connection.execute(
        "create or replace table intermediate.built_from as select ? as state",
        [json.dumps(asdict(state))],
    )
