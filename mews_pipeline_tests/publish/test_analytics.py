"""The published copy is whole, read-only, free of personal data, and never disturbs readers."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml  # type: ignore[import-untyped]

from mews_pipeline.publish import PublishError, export, publish
from mews_pipeline.publish.dbt_sources import SHIPPED, sources_of
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.conftest import Lived

_UUID = "-".join(f"[0-9a-f]{{{n}}}" for n in (8, 4, 4, 4, 12))


def read(path: Path, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def small_warehouse(path: Path, version: int = 1, rows: int = 1000) -> Path:
    """Write the least that publishing needs; every row of both facts holds the version."""
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            f"""
            drop schema if exists marts cascade; create schema marts;
            create table marts.rpt_freshness as select
                'all' as enterprise_id, 'All properties' as enterprise_name,
                timestamptz '2026-01-01 00:00:00+00' as as_of_utc;
            create table marts.fct_reservations as select
                'e' as enterprise_id, 1 as versions_seen, 'guest' as account_id;
            create table marts.fct_room_night_ledger as
                select 's' as service_id, 'c' as resource_category_id, as_of_utc as posted_at,
                    date '2026-01-01' as stay_date, 'definite' as bucket,
                    {version} as rooms, {version} as guests
                from marts.rpt_freshness, range({rows});
            create table marts.fct_occupancy_daily as
                select {version} as rooms_occupied from range({rows});
            """
        )
    return path


def test_every_mart_is_in_the_copy_with_the_same_rows(lived: Lived, copy: Path) -> None:
    published = read(
        copy,
        "select table_name from duckdb_tables() where schema_name = 'marts' "
        "union select view_name from duckdb_views() where schema_name = 'marts'",
    )
    with lived.connect() as warehouse:
        warehouse.execute("set TimeZone = 'UTC'")
        marts = warehouse.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()
        assert sorted(published) == sorted(marts)
        for (mart,) in marts:
            same = f"select count(*), bit_xor(hash(cast(t as varchar))) from marts.{mart} as t"
            assert read(copy, same) == warehouse.execute(same).fetchall(), mart


def test_the_published_schema_is_the_recorded_one(copy: Path) -> None:
    with duckdb.connect(str(copy), read_only=True) as connection:
        published = sources_of(connection)
    recorded = yaml.safe_load(SHIPPED.read_text())["sources"]
    write = "python -m mews_pipeline.publish.dbt_sources data/analytics.duckdb (after make demo)"
    lost = _typed_columns(recorded) - _typed_columns(published)
    assert not lost, (
        f"{sorted(lost)}: a changed or removed column is a breaking change. Note it in the "
        f"changelog, then write {SHIPPED.name} again: {write}"
    )
    assert published == recorded, f"Write {SHIPPED.name} again: {write}"


def _typed_columns(sources: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    return {
        (table["name"], column["name"], column["data_type"])
        for source in sources
        for table in source["tables"]
        for column in table["columns"]
    }


def test_nothing_but_marts_leaves_the_warehouse(lived: Lived, copy: Path) -> None:
    assert read(copy, "select distinct schema_name from duckdb_tables() order by all") == [
        ("main",),
        ("marts",),
        ("published",),
    ]
    with lived.connect() as warehouse:
        (accounts,) = warehouse.execute(
            "select list(distinct account_id) from raw.reservations"
        ).fetchall()[0]
    assert all(re.fullmatch(_UUID, account) for account in accounts)
    # Overlapping ones too; looking for each account takes seconds
    found = re.findall(f"(?=({_UUID}))".encode(), copy.read_bytes())
    assert not {account.encode() for account in accounts} & set(found)


def test_a_personal_column_of_a_mart_is_not_published(tmp_path: Path) -> None:
    copied = publish(
        DuckDBFile(small_warehouse(tmp_path / "warehouse.duckdb")), tmp_path / "a.duckdb"
    ).path
    assert read(copied, "select column_name from (describe marts.fct_reservations)") == [
        ("enterprise_id",),
        ("versions_seen",),
    ]


def test_every_table_and_column_has_a_description(copy: Path) -> None:
    silent = read(
        copy,
        """
        select table_name, null from duckdb_tables() where comment is null
        union all
        select view_name, null from duckdb_views() where comment is null and not internal
        union all
        select table_name, column_name from duckdb_columns() where comment is null and not internal
        union all
        select function_name, 'macro' from duckdb_functions()
        where function_type = 'table_macro' and not internal and comment is null
        """,
    )
    assert silent == []


@pytest.mark.parametrize(
    "call",
    [
        "on_the_books(timestamptz '2026-04-10 12:00:00+00')",
        "pickup(timestamptz '2026-04-10 12:00:00+00', timestamptz '2026-04-17 12:00:00+00')",
        "on_the_books('2026-04-10 12:00:00+00', known_at := '2100-01-01 00:00:00+00')",
        "pickup('2026-04-10 12:00:00+00', '2026-04-17 12:00:00+00', '2100-01-01 00:00:00+00')",
        "occupancy_between('2026-03-01', '2026-03-31')",
        "revenue_on_the_books('2026-04-10 12:00:00+00')",
        "revenue_on_the_books('2026-04-10 12:00:00+00', '2100-01-01 00:00:00+00')",
    ],
)
def test_the_macros_answer_as_in_the_warehouse(lived: Lived, copy: Path, call: str) -> None:
    with lived.connect() as warehouse:
        expected = warehouse.execute(f"from marts.{call} order by all").fetchall()
    assert len(expected) > 1
    assert read(copy, f"from {call} order by all") == expected


def test_about_shows_how_fresh_each_property_is(lived: Lived, copy: Path) -> None:
    about = read(copy, "select enterprise_id, as_of_utc, fetched_through_utc from about")
    assert len(about) == 1 + len(lived.world.versions("enterprises"))
    assert {row[1:] for row in about} == {(lived.now, lived.now)}
    ours = read(copy, "select reservations, transitions from about where enterprise_id = 'all'")
    assert ours == read(
        copy,
        "select (select count(*) from marts.fct_reservations), count(*) "
        "from marts.fct_reservation_state_transitions",
    )


def test_the_copy_is_read_only_and_nothing_else_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    published = publish(
        DuckDBFile(small_warehouse(tmp_path / "warehouse.duckdb")), folder / "a.duckdb"
    )
    assert published.path.stat().st_mode & 0o777 == 0o444
    assert [file.name for file in folder.iterdir()] == ["a.duckdb"]


def test_the_copy_has_a_format_that_every_duckdb_1_opens(tmp_path: Path) -> None:
    warehouse = small_warehouse(tmp_path / "warehouse.duckdb")
    copied = publish(DuckDBFile(warehouse), tmp_path / "a.duckdb").path
    kept = "select tags['storage_version'] from duckdb_databases() where not internal"
    assert read(copied, kept) == [("v1.0.0+",)]


def test_a_reader_of_the_old_copy_keeps_reading_it(tmp_path: Path) -> None:
    warehouse, analytics = tmp_path / "warehouse.duckdb", tmp_path / "analytics.duckdb"
    publish(DuckDBFile(small_warehouse(warehouse, version=1)), analytics)
    total = "select sum(rooms), count(*) from marts.fct_room_night_ledger"
    with duckdb.connect(str(analytics), read_only=True) as early:
        publish(DuckDBFile(small_warehouse(warehouse, version=2)), analytics)
        assert early.execute(total).fetchall() == [(1000, 1000)]
    assert read(analytics, total) == [(2000, 1000)]


def test_a_log_left_by_a_writer_is_not_replayed_into_the_new_copy(tmp_path: Path) -> None:
    warehouse, analytics = tmp_path / "warehouse.duckdb", tmp_path / "analytics.duckdb"
    publish(DuckDBFile(small_warehouse(warehouse)), analytics)
    analytics.chmod(0o644)
    writer = f"""
import duckdb, os
connection = duckdb.connect({str(analytics)!r})
connection.execute("insert into marts.fct_room_night_ledger by name select 's' as service_id")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", writer], check=True)
    assert analytics.with_name("analytics.duckdb.wal").exists()
    publish(DuckDBFile(warehouse), analytics)
    assert read(analytics, "select count(*) from marts.fct_room_night_ledger") == [(1000,)]


def test_a_killed_publish_leaves_the_old_copy_and_the_next_one_cleans_up(
    tmp_path: Path,
) -> None:
    warehouse, analytics = tmp_path / "warehouse.duckdb", tmp_path / "analytics.duckdb"
    publish(DuckDBFile(small_warehouse(warehouse, version=1)), analytics)
    small_warehouse(warehouse, version=2, rows=3_000_000)
    call = f"""
from pathlib import Path
from mews_pipeline.publish import publish
from mews_pipeline.warehouse.file import DuckDBFile
publish(DuckDBFile(Path({str(warehouse)!r})), Path({str(analytics)!r}))
"""
    process = subprocess.Popen([sys.executable, "-c", call])
    while process.poll() is None and not list(tmp_path.glob(".*.publishing")):
        time.sleep(0.001)  # in small steps: the file exists only briefly
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    rooms = "select distinct rooms from marts.fct_room_night_ledger"
    assert read(analytics, rooms) == [(1,)]
    assert list(tmp_path.glob(".*.publishing"))
    publish(DuckDBFile(warehouse), analytics)
    assert read(analytics, rooms) == [(2,)]
    assert not list(tmp_path.glob(".*"))


def test_a_failed_publish_leaves_the_old_copy(tmp_path: Path) -> None:
    warehouse, analytics = tmp_path / "warehouse.duckdb", tmp_path / "analytics.duckdb"
    publish(DuckDBFile(small_warehouse(warehouse)), analytics)
    before = analytics.read_bytes()
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("alter table marts.rpt_freshness drop as_of_utc")
    with pytest.raises(duckdb.Error):
        publish(DuckDBFile(warehouse), analytics)
    assert analytics.read_bytes() == before
    assert not list(tmp_path.glob(".*"))


def test_a_warehouse_without_marts_is_an_error(tmp_path: Path) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    duckdb.connect(str(warehouse)).close()
    with pytest.raises(PublishError, match="no marts"):
        publish(DuckDBFile(warehouse), tmp_path / "analytics.duckdb")
    assert [file.name for file in tmp_path.iterdir()] == ["warehouse.duckdb"]


@pytest.mark.parametrize("made_by", ["duckdb", "text"])
def test_a_foreign_file_is_not_replaced(tmp_path: Path, made_by: str) -> None:
    theirs = tmp_path / "analytics.duckdb"
    if made_by == "duckdb":
        duckdb.connect(str(theirs)).close()
    else:
        theirs.write_text("notes")
    before = theirs.read_bytes()
    with pytest.raises(PublishError, match="was not published by this pipeline"):
        publish(DuckDBFile(small_warehouse(tmp_path / "warehouse.duckdb")), theirs)
    assert theirs.read_bytes() == before


def test_the_same_tables_are_written_as_parquet(copy: Path, tmp_path: Path) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    (folder / "fct_of_an_earlier_version.parquet").touch()
    rows = export(copy, folder)
    assert {file.stem for file in folder.iterdir()} == rows.keys()
    assert {"about", "fct_pickup_daily", "fct_room_night_ledger"} <= rows.keys()
    for name, count in rows.items():
        schema = "main" if name == "about" else "marts"
        assert read(copy, f"select count(*) from {schema}.{name}") == [(count,)]
        kinds = read(copy, f"select column_type from (describe from '{folder / name}.parquet')")
        assert not {"INTERVAL", "HUGEINT", "DOUBLE[]"} & {kind for (kind,) in kinds}


READER = """
import json, sys, time, duckdb
path, until = sys.argv[1], float(sys.argv[2])
versions = set()
while time.time() < until:
    with duckdb.connect(path, read_only=True) as connection:
        for _ in range(3):
            found = connection.execute(
                "select distinct rooms from marts.fct_room_night_ledger union "
                "select rooms_occupied from marts.fct_occupancy_daily"
            ).fetchall()
            assert len(found) == 1, found
            versions.add(found[0][0])
print(json.dumps(sorted(versions)))
"""
# Like an analyst who is not root: without the capability to ignore a file's mode
WRITER = """
import ctypes, sys, time, duckdb
PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1
path, until = sys.argv[1], float(sys.argv[2])
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
data = (ctypes.c_uint32 * 6)()
ctypes.CDLL(None).capset(header, data)
refused = 0
while time.time() < until:
    try:
        duckdb.connect(path).close()
    except duckdb.IOException as error:
        assert "Permission denied" in str(error), error
        refused += 1
    else:
        raise AssertionError("a read-only file was opened to write")
print(refused)
"""


@pytest.mark.slow
def test_publishing_and_ten_readers_do_not_disturb_each_other_for_a_minute(tmp_path: Path) -> None:
    warehouse, analytics = tmp_path / "warehouse.duckdb", tmp_path / "analytics.duckdb"
    publish(DuckDBFile(small_warehouse(warehouse, version=1, rows=100_000)), analytics)
    until = time.time() + 60
    scripts = [READER] * 9 + [WRITER]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(analytics), str(until)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ),
        )
        for script in scripts
    ]  # fmt: skip
    version = 1
    while time.time() < until:
        version += 1
        publish(DuckDBFile(small_warehouse(warehouse, version=version, rows=100_000)), analytics)
    ends = [(*process.communicate(), process.returncode) for process in processes]
    assert [error for _, error, code in ends if code] == []
    seen = [set(json.loads(said)) for said, *_ in ends[:-1]]
    assert all(versions <= set(range(1, version + 1)) for versions in seen)
    assert max(len(versions) for versions in seen) > 5
    assert int(ends[-1][0]) > 100
    assert not analytics.with_name("analytics.duckdb.wal").exists()
