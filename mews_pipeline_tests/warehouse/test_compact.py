"""Compacting leaves no byte of old values, and everything else as it was."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.warehouse import compact as compacting
from mews_pipeline.warehouse.base import Warehouse, WarehouseError
from mews_pipeline.warehouse.compact import compact
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.file import create_private_database

OLD = "the-old-value-of-the-guest"


@pytest.fixture(params=["", "ducklake:"])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    return warehouse_of(f"{request.param}{tmp_path}/data/warehouse")


def fill(warehouse: Warehouse) -> None:
    """Land rows of which three hold the old value, and null it."""
    with warehouse.open() as connection:
        for landing in range(2):
            connection.execute(
                "insert into raw.reservations (id, updated_utc, account_id, _hash, _landed_at)"
                " select 'r' || $landing || '-' || i, now(), if(i < 3, $old, 'kept'), 'h', now()"
                " from range(40) as t(i)",
                {"old": OLD, "landing": landing},
            )
    with warehouse.open() as connection:
        connection.execute(
            "update raw.reservations set account_id = null where account_id || '' = ?", [OLD]
        )


def left_over(folder: Path) -> list[str]:
    """Name the files with the old value, Parquet and DuckDB decoded."""
    return [str(file) for file in files(folder) if OLD.encode() in file.read_bytes()] + [
        str(file)
        for file in folder.rglob("*.parquet")
        if OLD in str(duckdb.read_parquet(str(file)).fetchall())
    ]


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def test_nothing_of_an_old_value_is_left(warehouse: Warehouse, tmp_path: Path) -> None:
    fill(warehouse)
    assert left_over(tmp_path)
    compact(warehouse)
    assert left_over(tmp_path) == []
    with warehouse.open() as connection:
        found = connection.execute(
            "select count(*), count(account_id) from raw.reservations"
        ).fetchone()
    assert found == (80, 74)


def test_a_compacted_lake_finds_old_rows_after_new_ones_landed(tmp_path: Path) -> None:
    lake = warehouse_of(f"ducklake:{tmp_path}/lake")
    fill(lake)
    compact(lake)
    with lake.open() as connection:
        connection.execute(
            "insert into raw.reservations (id, updated_utc, account_id)"
            " select 'n' || i, now(), 'a-new-one' from range(40) as t(i)"
        )
    with lake.open() as connection:
        kept = "select count(*) from raw.reservations where account_id = 'kept'"
        assert connection.execute(kept).fetchone() == (74,)


def test_a_file_keeps_views_macros_comments_and_its_format(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    create_private_database(path, "v1.0.0")
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            "create schema marts; create table marts.t (a int not null, b text);"
            "insert into marts.t values (1, 'x'); comment on column marts.t.a is 'the a';"
            "create view marts.v as select a from old.marts.t; comment on view marts.v is 'a view';"
            "create macro marts.m(b, c := null) as table select b, c"
        )
    before = described(path)
    compact(warehouse_of(str(path)))
    after = described(path)
    assert {kind: set(before[kind]) - set(after[kind]) for kind in before} == {
        kind: set() for kind in before
    }
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("from marts.v, marts.m(2)").fetchall() == [(1, 2, None)]
    assert path.stat().st_mode & 0o777 == 0o600


def described(path: Path) -> dict[str, list[tuple[object, ...]]]:
    queries = {
        "tables": "select schema_name, table_name, sql, comment from duckdb_tables()",
        "columns": "select table_name, column_name, comment from duckdb_columns()",
        "views": "select schema_name, view_name, sql, comment from duckdb_views()",
        "macros": "select function_name, macro_definition from duckdb_functions()",
        "format": "select tags from duckdb_databases()",
    }
    with duckdb.connect(str(path), read_only=True) as connection:
        return {
            kind: [
                (str(row),)
                for row in connection.execute(
                    f"{query} where database_name = current_database()"
                ).fetchall()
            ]
            for kind, query in queries.items()
        }


def test_a_copy_that_fails_leaves_the_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = warehouse_of(f"{tmp_path}/data/warehouse")
    fill(warehouse)
    (tmp_path / "data/.warehouse.compacting").write_bytes(b"of a process that was killed")
    with monkeypatch.context() as patched:
        patched.setattr(compacting, "replace_database", broken)
        with pytest.raises(KeyboardInterrupt):
            compact(warehouse)
    assert sorted(file.name for file in files(tmp_path)) == ["warehouse", "warehouse.lock"]
    with warehouse.open() as connection:
        assert connection.execute("select count(*) from raw.reservations").fetchone() == (80,)


def broken(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_disk_without_room_for_the_copy_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = warehouse_of(f"{tmp_path}/data/warehouse")
    fill(warehouse)
    monkeypatch.setattr("shutil.disk_usage", lambda _: _Usage())
    with pytest.raises(WarehouseError, match=r"was not compacted.*0 MB are free. Make room"):
        compact(warehouse)


class _Usage:
    free = 1000
