"""A published copy with many properties: those of a small one, repeated under other ids."""

import shutil
from pathlib import Path

import duckdb

_IDS = {
    "enterprise_id", "service_id", "resource_category_id", "reservation_id", "assigned_resource_id",
}  # fmt: skip
# Numbers of the rows `all`, which add those of the properties
_ADDED = ("rooms_", "spaces_", "guests", "arrivals", "departures", "stay_overs", "reservation")


def multiplied(analytics: Path, target: Path, times: int) -> Path:
    """Write a copy of `analytics` in which each property is there `times` times."""
    shutil.copy(analytics, target)
    target.chmod(0o600)
    with duckdb.connect(str(target)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where schema_name != 'tables'"
        ).fetchall()
        for schema, table in tables:
            _multiply(connection, f"{schema}.{table}", times)
    return target


def _multiply(connection: duckdb.DuckDBPyConnection, table: str, times: int) -> None:
    described = connection.execute(f"describe {table}").fetchall()
    types = {name: kind for name, kind, *_ in described}
    ids = [name for name in types if name in _IDS]
    if not ids:
        return
    changed = [f"{name} || if(copy = 0, '', '-' || copy) as {name}" for name in ids]
    if "enterprise_name" in types:
        changed.append("enterprise_name || if(copy = 0, '', ' ' || copy) as enterprise_name")
    own, total = "true", ""
    if "enterprise_id" in types:
        own = "enterprise_id != 'all'"
        added = [
            f"{name} * {times} as {name}"
            for name, kind in types.items()
            if kind == "BIGINT" and name.startswith(_ADDED)
        ]
        replaced = f"replace ({', '.join(added)})" if added else ""
        total = f"union all by name select * {replaced} from {table} where enterprise_id = 'all'"
    connection.execute(
        f"""
        create table multiplied as
        select * exclude (copy) from (
            select * replace ({", ".join(changed)})
            from {table}, range({times}) as copies (copy)
            where {own}
        )
        {total}
        """
    )
    connection.execute(f"drop table {table}")
    name = table.partition(".")
    connection.execute(f"alter table multiplied rename to copied_{name[2]}")
    connection.execute(f"create table {table} as from copied_{name[2]}")
    connection.execute(f"drop table copied_{name[2]}")
