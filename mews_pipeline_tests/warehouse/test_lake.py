"""A DuckLake is named by a setting, used like a file, kept small; test_lake_servers.py has more."""

import shutil
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from mews_pipeline.defs import lake_upkeep
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.resources import WarehouseResource
from mews_pipeline.monitoring.doctor import examine
from mews_pipeline.settings import LakeFilesSettings, LocalSettings, SettingsError, load
from mews_pipeline.warehouse import extensions
from mews_pipeline.warehouse.base import WarehouseError
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.file import DuckDBFile, FileLocks
from mews_pipeline.warehouse.lake import DuckLake

MARCH, APRIL = datetime(2026, 3, 31, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"ducklake:{tmp_path}/catalog.ducklake"


@pytest.fixture
def kept(address: str) -> DuckLake:
    found = warehouse_of(address)
    assert isinstance(found, DuckLake)
    return found


def version(connection: duckdb.DuckDBPyConnection, updated: datetime, rows: int = 1) -> None:
    connection.execute(
        "insert into raw.reservations (id, updated_utc, _hash, _landed_at)"
        " select 'r' || i, $at, 'h', $at from range($rows) as t(i)",
        {"at": updated, "rows": rows},
    )


def files(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(
        "select data_file from ducklake_list_files('lake', 'reservations', schema => 'raw')"
    ).fetchall()
    return [name for (name,) in found]


def test_what_names_no_lake_names_a_file(tmp_path: Path) -> None:
    assert isinstance(warehouse_of(str(tmp_path / "w.duckdb")), DuckDBFile)


@pytest.mark.parametrize(
    "value",
    ["ducklake:postgres:host=db password=guess-me", "postgres://lake:guess-me@db/lake",
     "ducklake:mysql:db", "ducklake:"],
)  # fmt: skip
def test_a_connection_string_is_refused_and_not_shown(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEWS_WAREHOUSE", value)
    with pytest.raises(SettingsError, match="MEWS_LAKE_HOST") as refused:
        load(LocalSettings)
    assert "guess-me" not in str(refused.value)


def test_each_setting_that_a_catalog_in_postgresql_lacks_is_named() -> None:
    with pytest.raises(SettingsError) as refused:
        warehouse_of("ducklake:postgres:")
    for name in ("HOST", "DATABASE", "USER", "PASSWORD", "DATA_PATH"):
        assert f"MEWS_LAKE_{name} is missing" in str(refused.value)


def test_the_copy_of_a_lake_on_servers_stands_in_the_data_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MEWS_WAREHOUSE", "ducklake:postgres:")
    assert load(LocalSettings).analytics == Path("data/analytics.duckdb").absolute()


def test_without_the_extensions_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duckdb, "__version__", "1.0.0")
    with pytest.raises(WarehouseError, match=r"mews-pipeline\[lake\]"):
        extensions.load("ducklake", "A DuckLake")


def test_without_the_locks_driver_it_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "DATABASE", "USER", "PASSWORD", "DATA_PATH"):
        monkeypatch.setenv(f"MEWS_LAKE_{name}", "x")
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.delitem(sys.modules, "mews_pipeline.warehouse.postgres_locks", raising=False)
    with pytest.raises(WarehouseError, match=r"psycopg.*mews-pipeline\[lake\]"):
        warehouse_of("ducklake:postgres:")


def test_an_error_shows_no_secret(tmp_path: Path) -> None:
    known = LakeFilesSettings.model_validate({"lake_s3_secret": SecretStr("guess-me")})
    broken = DuckLake(f"ducklake:{tmp_path}/l", known, FileLocks(tmp_path / "l"))
    with pytest.raises(WarehouseError, match=r"\*\*\*") as caught, broken.translate_errors():
        raise duckdb.IOException("no entry with guess-me")
    assert "guess-me" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.is_worth_retrying


def test_versions_are_kept_by_the_month_of_their_update(kept: DuckLake) -> None:
    with kept.open() as connection:
        version(connection, MARCH, rows=20)
        version(connection, APRIL, rows=20)
        folders = {
            Path(name).parent.relative_to(Path(name).parents[2]) for name in files(connection)
        }
    assert {str(folder) for folder in folders} == {"year=2026/month=3", "year=2026/month=4"}


def test_a_lake_that_was_removed_meanwhile_gets_its_tables_again(
    kept: DuckLake, address: str
) -> None:
    with kept.open() as connection:
        version(connection, MARCH)
    shutil.rmtree(f"{address.removeprefix('ducklake:')}.files")
    Path(address.removeprefix("ducklake:")).unlink()
    with kept.open() as connection:
        assert connection.execute("select count(*) from raw.reservations").fetchone() == (0,)


def test_small_files_become_one_and_no_row_is_lost(kept: DuckLake) -> None:
    with kept.open() as connection:
        for _ in range(4):
            version(connection, MARCH, rows=20)
        assert len(files(connection)) == 4
    with kept.lock():
        assert kept.upkeep()["files_merged"]
    with kept.open() as connection:
        assert len(files(connection)) == 1
        assert connection.execute("select count(*) from raw.reservations").fetchone() == (80,)


@pytest.mark.parametrize("kind", ["", "ducklake:"])
def test_dagster_opens_a_file_and_a_lake_alike_in_their_turn(kind: str, tmp_path: Path) -> None:
    resource = WarehouseResource(database=f"{kind}{tmp_path}/warehouse")
    with resource.get_connection() as connection:
        told = connection.execute("select current_setting('custom_user_agent')").fetchone()
        assert told == ("dagster",)
        assert connection.execute("select count(*) from raw.services").fetchone() == (0,)
        turn = resource.get().lock(lambda _: None, timeout_seconds=0.01)
        with pytest.raises(WarehouseError, match="was in use"), turn:
            pass


def test_upkeep_is_defined_for_lakes_alone(address: str, tmp_path: Path) -> None:
    of_lake, of_file = (
        Pipeline(LocalSettings.model_validate({"warehouse": warehouse}))
        for warehouse in (address, str(tmp_path / "w.duckdb"))
    )
    assert [job.name for job in lake_upkeep.definitions(of_lake).jobs or ()] == ["lake_upkeep"]
    assert not lake_upkeep.definitions(of_file).jobs


def test_the_doctor_opens_it(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWS_WAREHOUSE", address)
    monkeypatch.setenv("MEWS_START_DATE", date(2026, 1, 1).isoformat())
    [finding] = [finding for finding in examine() if finding.what == "warehouse"]
    assert (finding.text, finding.is_wrong) == (f"{address} responds", False)
