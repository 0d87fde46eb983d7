"""A warehouse moves into a lake row by row the same, whenever it is stopped."""

import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mews_pipeline.cli.main import app
from mews_pipeline.warehouse.base import Warehouse, WarehouseError
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.migrate import migrate
from mews_pipeline.warehouse.raw import TABLES

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def source(tmp_path: Path) -> DuckDBFile:
    """Return a warehouse with 60 versions in 60 days; one of them is there twice, wrongly."""
    # As the lake's catalog is called, so that the names do not get into each other's way
    kept = DuckDBFile(tmp_path / "lake.duckdb")
    with kept.open() as connection:
        connection.execute(
            "insert into raw.reservations (id, updated_utc, _extra, _hash, _landed_at)"
            " select 'r', day, '{\"a\": 1}', 'h', day from (select unnest($days) as day)",
            {"days": [NEW_YEAR + timedelta(days=day) for day in [*range(60), 59]]},
        )
        connection.execute("insert into raw.services (id, _landed_at) values ('s', $1)", [NEW_YEAR])
    return kept


@pytest.fixture
def target(tmp_path: Path) -> Warehouse:
    return warehouse_of(f"ducklake:{tmp_path}/catalog.ducklake")


def every_row(kept: Warehouse) -> dict[str, list[tuple[object, ...]]]:
    with kept.open() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return {
            table: connection.execute(f"from raw.{table} order by all").fetchall()
            for table in TABLES
        }


def rows(kept: Warehouse) -> list[tuple[object, ...]]:
    """Read the reservations."""
    with kept.open() as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute("from raw.reservations order by all").fetchall()


def test_every_row_of_every_table_is_there_and_the_source_is_as_it_was(
    source: DuckDBFile, target: Warehouse
) -> None:
    before = source.path.read_bytes()
    moved = migrate(source, target, lambda _: None)
    assert moved == dict.fromkeys(TABLES, 0) | {"reservations": 61, "services": 1}
    assert source.path.read_bytes() == before
    assert every_row(target) == every_row(source)


DIES = """
import os, signal, sys
from pathlib import Path
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.migrate import migrate

def dies(message):
    if "2026-02" in message:
        os.kill(os.getpid(), signal.SIGKILL)

migrate(DuckDBFile(Path(sys.argv[1])), warehouse_of(sys.argv[2]), dies)
"""


def test_what_was_killed_goes_on_where_it_was(source: DuckDBFile, target: Warehouse) -> None:
    before = source.path.read_bytes()
    killed = subprocess.run([sys.executable, "-c", DIES, source.path, target.name], check=False)
    assert killed.returncode == -signal.SIGKILL
    said = list[str]()
    migrate(source, target, said.append)
    assert said == ["raw.reservations: 2026-03 copied", "raw.services: 2026-01 copied"]
    assert rows(target) == rows(source)
    assert source.path.read_bytes() == before


@pytest.mark.slow
def test_a_day_that_grew_meanwhile_is_completed(source: DuckDBFile, target: Warehouse) -> None:
    migrate(source, target, lambda _: None)
    with source.open() as connection:
        connection.execute(
            "insert into raw.reservations (id, updated_utc, _landed_at) values ('new', $1, $1)",
            [NEW_YEAR],
        )
    migrate(source, target, lambda _: None)
    assert rows(target) == rows(source)


def test_what_else_landed_in_the_lake_stops_it_and_stays(
    source: DuckDBFile, target: Warehouse
) -> None:
    with target.open() as connection:
        connection.execute(
            "insert into raw.reservations (id, updated_utc, _landed_at) values ('other', $1, $1)",
            [NEW_YEAR],
        )
    with pytest.raises(WarehouseError, match=r"raw\.reservations of 2026-01-01 would hold 2 rows"):
        migrate(source, target, lambda _: None)
    assert len(rows(target)) == 1


def test_the_command_says_what_moved_and_what_comes_next(
    source: DuckDBFile, target: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEWS_WAREHOUSE", str(source.path))
    done = CliRunner().invoke(app, ["migrate", "--to", target.name])
    assert done.exit_code == 0, done.output
    assert len(rows(target)) == 61


@pytest.mark.parametrize(
    "to",
    [
        "ducklake:mysql:db",
        "ducklake:postgres:password=guess-me",
        "guess-me.duckdb",
        "ducklake:guess-me?.ducklake",
        "ducklake:guess-me\n.ducklake",
    ],
)
def test_the_command_refuses_what_is_no_lake_and_does_not_show_it(
    source: DuckDBFile, to: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEWS_WAREHOUSE", str(source.path))
    before = sorted(Path.cwd().iterdir())
    done = CliRunner().invoke(app, ["migrate", "--to", to])
    assert done.exit_code == 2
    assert "guess-me" not in done.output
    assert sorted(Path.cwd().iterdir()) == before
