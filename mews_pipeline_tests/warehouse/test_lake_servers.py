"""A DuckLake on PostgreSQL and S3: many land at once, anything may die, nothing is lost or doubled.

What the marts hold is what a DuckDB file gives of the same life.
"""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.demo.cluster.servers import PASSWORD, S3_SECRET, Catalog, ObjectStore
from mews_pipeline.demo.cluster.webserver import until
from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.privacy.forget import forget
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN
from mews_pipeline.settings import POSTGRES_LAKE, LocalSettings, load
from mews_pipeline.warehouse.base import LandingConnection, TableLock, Warehouse, WarehouseError
from mews_pipeline.warehouse.factory import the_warehouse, warehouse_of
from mews_pipeline.warehouse.landing import Run, land
from mews_pipeline_tests.service.test_soak import texts
from mews_pipeline_tests.support.landing_process import fetched, ids
from mews_pipeline_tests.support.life_process import START

pytestmark = pytest.mark.slow

DAY = date(2026, 3, 1)
RUN = Run("run", "run")
_LAKES = count(1)


@pytest.fixture
def lake(catalog: Catalog, store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """Return a new, empty lake, which the settings name."""
    name = f"lake{next(_LAKES)}"
    catalog.add(name)
    settings = catalog.environment(name) | store.environment()
    settings["MEWS_LAKE_DATA_PATH"] += f"{name}/"
    for variable, value in settings.items():
        monkeypatch.setenv(variable, value)
    return the_warehouse()


def landing_process(day: date, folder: Path, *, dies: bool = False) -> subprocess.Popen[bytes]:
    """Start a process that lands one and the same reservations of that day."""
    command = [sys.executable, "-m", "mews_pipeline_tests.support.landing_process", day.isoformat(),
               str(folder)]  # fmt: skip
    return subprocess.Popen([*command, "dies"] if dies else command)


def land_in(
    kept: Warehouse,
    window: Fetched,
    change: Callable[[LandingConnection], LandingConnection] = lambda table: table,
) -> None:
    """Land it within a minute, on a connection and lock that are changed before."""
    with kept.landings(timeout_seconds=60) as lock_table, lock_table(RESERVATIONS.table) as found:
        table = change(found)
        land(table.connection, window, RUN, table.lock)


def landed(kept: Warehouse, table: str = "reservations", key: str = "id") -> list[str]:
    with kept.open() as connection:
        return [i for (i,) in connection.execute(f"select {key} from raw.{table}").fetchall()]


def test_eight_processes_at_once_land_every_version_once(lake: Warehouse, tmp_path: Path) -> None:
    days = [DAY] * 4 + [DAY + timedelta(days=n) for n in range(1, 5)]
    processes = [landing_process(day, tmp_path / str(n)) for n, day in enumerate(days)]
    assert [process.wait() for process in processes] == [0] * 8

    every = sorted(i for day in set(days) for i in ids(day))
    assert sorted(landed(lake)) == every
    assert sorted(landed(lake, "reservation_person_counts", "reservation_id")) == every
    assert len(landed(lake, "fetches", "fetch_id")) == 2 * 8


def test_who_is_killed_before_the_commit_leaves_neither_rows_nor_a_lock(
    lake: Warehouse, tmp_path: Path
) -> None:
    assert landing_process(DAY, tmp_path / "dies", dies=True).wait() == -signal.SIGKILL
    assert landed(lake) == []

    land_in(lake, fetched(DAY, tmp_path / "again"))
    assert sorted(landed(lake)) == sorted(ids(DAY))


def test_who_is_killed_in_its_commit_lands_all_or_nothing_and_the_next_lands_the_rest(
    lake: Warehouse, catalog: Catalog, tmp_path: Path
) -> None:
    land_in(lake, fetched(DAY + timedelta(days=1), tmp_path / "before"))
    with (
        catalog.connect(os.environ["MEWS_LAKE_DATABASE"]) as blocking,
        ThreadPoolExecutor() as pool,
    ):

        def committing() -> tuple[Any, ...] | None:
            waiting = "select 1 from pg_locks where not granted and relation is not null"
            return blocking.execute(waiting).fetchone()

        with blocking.transaction():
            # DuckLake reads this table at the beginning, and writes it when it commits
            blocking.execute("lock table ducklake_snapshot in exclusive mode")
            process = landing_process(DAY, tmp_path / "dies")
            until("the commit is under way", committing, 60)
            process.kill()
            process.wait()
            again = pool.submit(land_in, lake, fetched(DAY, tmp_path / "again"))
        again.result()
    assert sorted(landed(lake)) == sorted(ids(DAY) + ids(DAY + timedelta(days=1)))


def test_forgetting_leaves_nothing_of_a_guest_in_the_store_and_the_catalog(
    lake: Warehouse, catalog: Catalog, tmp_path: Path
) -> None:
    window = fetched(DAY, tmp_path / "window")
    land_in(lake, window)
    stored = f"{os.environ['MEWS_LAKE_DATA_PATH']}raw/reservations/**/*.parquet"
    in_store = f"select count(account_id) from read_parquet('{stored}', union_by_name => true)"
    in_catalog = """
        select count(min_value) from ducklake_file_column_stats
        join ducklake_column using (table_id, column_id) where column_name = 'account_id'"""
    with lake.open() as connection:
        found = "select max(account_id), count(account_id) from raw.reservations"
        guest, versions = connection.execute(found).fetchall()[0]
        assert connection.execute(in_store).fetchone() == (versions,)
    with catalog.connect(os.environ["MEWS_LAKE_DATABASE"]) as rows:
        assert rows.execute(in_catalog).fetchone() != (0,)

    assert forget(lake, load(LocalSettings), [guest]).versions == versions
    with lake.open() as connection, catalog.connect(os.environ["MEWS_LAKE_DATABASE"]) as rows:
        assert connection.execute(in_store).fetchone() == (0,)
        assert rows.execute(in_catalog).fetchone() == (0,)
    land_in(lake, window)
    assert sorted(landed(lake)) == sorted(ids(DAY))


def test_a_turn_begins_when_what_the_dead_had_told_to_commit_shows(
    lake: Warehouse, catalog: Catalog
) -> None:
    database = os.environ["MEWS_LAKE_DATABASE"]
    with (
        catalog.connect(database) as seeing,
        catalog.connect(database) as committing,
        ThreadPoolExecutor() as pool,
    ):

        def held() -> tuple[Any, ...] | None:
            locks = "select 1 from pg_locks where locktype = 'advisory' and granted"
            return seeing.execute(locks).fetchone()

        def writing_in_my_turn() -> list[tuple[Any, ...]]:
            with lake.lock():
                writing = "select 1 from pg_stat_activity where backend_xid is not null"
                return seeing.execute(writing).fetchall()

        with committing.transaction():
            committing.execute("create temp table written ()")
            found = pool.submit(writing_in_my_turn)
            until("the lock is held", held, 60)
        assert found.result() == []


def dies_before_the_commit(table: LandingConnection, catalog: Catalog) -> LandingConnection:
    class Lost(TableLock):
        def check_held(self) -> None:
            catalog.kill()
            table.lock.check_held()

    return LandingConnection(table.connection, Lost())


def dies_at_the_commit(table: LandingConnection, catalog: Catalog) -> LandingConnection:
    class Killing:
        def execute(self, statement: str, *values: Any) -> Any:
            if statement == "commit":
                catalog.kill()
            return table.connection.execute(statement, *values)

    return LandingConnection(Killing(), table.lock)  # type: ignore[arg-type]


@pytest.mark.parametrize("dies", [dies_before_the_commit, dies_at_the_commit])
def test_a_catalog_that_dies_while_something_lands_is_retried_and_nothing_is_lost_or_doubled(
    lake: Warehouse,
    catalog: Catalog,
    tmp_path: Path,
    dies: Callable[[LandingConnection, Catalog], LandingConnection],
) -> None:
    window = fetched(DAY, tmp_path / "window")
    with pytest.raises(WarehouseError) as caught:
        land_in(lake, window, lambda table: dies(table, catalog))
    assert caught.value.is_worth_retrying
    assert PASSWORD not in str(caught.value)
    catalog.start()

    for _ in range(2):
        land_in(lake, window)
    assert sorted(landed(lake)) == sorted(ids(DAY))


def test_a_store_that_dies_while_it_is_read_or_written_is_told_and_nothing_is_lost(
    lake: Warehouse, store: ObjectStore, tmp_path: Path
) -> None:
    days = [DAY + timedelta(days=n) for n in range(3)]
    for day in days[1:]:
        land_in(lake, fetched(day, tmp_path / str(day)))

    def read() -> None:
        with lake.open() as connection:
            connection.execute("set threads = 1; set streaming_buffer_size = '1KB'")
            # More rows than DuckDB reads ahead before it opens the second day's file
            rows = connection.execute("select id from raw.reservations, range(1000)")
            assert rows.fetchone()
            store.kill()
            rows.fetchall()

    with pytest.raises(WarehouseError) as caught:
        read()
    assert caught.value.is_worth_retrying
    assert S3_SECRET not in str(caught.value)
    last = fetched(days[0], tmp_path / "last")
    with pytest.raises(WarehouseError):
        land_in(lake, last)
    store.start()

    land_in(lake, last)
    assert sorted(landed(lake)) == sorted(i for day in days for i in ids(day))


def test_dbt_has_the_lake_alone_and_each_table_one_that_lands(lake: Warehouse) -> None:
    said = list[str]()
    patient, hasty = lake.landings(said.append), lake.landings(said.append, 0.01)
    with patient as lock_table, hasty as turn_at_once_in:
        with lake.lock():
            for refused in (lake.open(said.append, 0.01), turn_at_once_in("services")):
                with pytest.raises(WarehouseError, match="was in use"), refused:
                    pass
        assert len(said) == 2
        with lock_table("reservations"), lock_table("services"), lake.open(said.append):
            for held in (lake.lock(said.append, 0.01), turn_at_once_in("reservations")):
                with pytest.raises(WarehouseError, match="was in use"), held:
                    pass
    assert len(said) == 4


@pytest.mark.usefixtures("lake")
def test_a_wrong_password_is_told_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWS_LAKE_PASSWORD", "not-the-password")
    with (
        pytest.raises(WarehouseError, match="MEWS_LAKE_PASSWORD") as caught,
        the_warehouse().lock(),
    ):
        pass
    assert "not-the-password" not in str(caught.value)


def live(address: str, folder: Path) -> Path:
    """Let a process look at a Mews twice, with this warehouse."""
    folder.mkdir()
    environment = os.environ | {
        "MEWS_WAREHOUSE": address,
        "MEWS_ANALYTICS": str(folder / "analytics.duckdb"),
        "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
        "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
        "MEWS_START_DATE": START.isoformat(),
        "MEWS_RATE_LIMIT": "100000",
        "DAGSTER_HOME": str(folder),
        # What dbt parses for one warehouse, it parses again for another
        "MEWS_STATE": str(folder),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }
    said = folder / "said"
    with said.open("wb") as output:
        command = [sys.executable, "-m", "mews_pipeline_tests.support.life_process"]
        done = subprocess.run(command, env=environment, stdout=output, stderr=output, check=False)
    assert done.returncode == 0, said.read_text()[-3000:]
    return folder


# Of columns: those that tell when this machine fetched, or in which run
OF_THE_RUN = re.compile(
    "landed|finished|started|observed_since|run_id|fetch_id|published|known_at|build_id|complete_since"
)
NOT_THE_HOTELS = {
    "raw.fetches",
    "intermediate.int_refresh_applied",
    "intermediate.built_from",
    "intermediate.touched_log",
}


OF_MONEY = {
    "raw.order_items", "raw.accounting_categories", "raw.products", "raw.rates", "raw.companies",
    "raw.currencies", "raw.exchange_rates", "raw.ledger_balances", "marts.fct_revenue_ledger",
    "marts.fct_revenue_daily", "marts.rpt_performance_daily", "marts.rpt_revenue_pickup",
    "marts.rpt_revenue_reconciliation",
}  # fmt: skip


def fingerprints(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Of every table the number of rows and the sums of hashes: of rows, and of each column."""
    connection.execute("set TimeZone = 'UTC'")
    found = {}
    for (table,) in connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables()"
        " where database_name = current_database()"
        " and schema_name in ('raw', 'intermediate', 'marts')"
    ).fetchall():
        columns = {
            f"{name} {kind}": f'"{name}"'
            for name, kind, *_ in connection.execute(f"describe {table}").fetchall()
            if not OF_THE_RUN.search(name)
        }
        hashed = {"row": ", ".join(columns.values()) or "1", **columns}
        sums = ", ".join(f"sum(cast(hash({names}) as hugeint))" for names in hashed.values())
        counted = connection.execute(f"select count(*), {sums} from {table}").fetchall()[0]
        found[table] = dict(zip(["rows", *hashed], counted, strict=True))
    return found


def test_a_lake_holds_publishes_and_tells_what_a_file_does_and_no_secret(
    lake: Warehouse, tmp_path: Path
) -> None:
    file = tmp_path / "warehouse.duckdb"
    with ThreadPoolExecutor() as both:
        folders = [
            *both.map(live, (str(file), POSTGRES_LAKE), (tmp_path / "file", tmp_path / "lake"))
        ]

    with warehouse_of(str(file)).open() as connection:
        expected = fingerprints(connection)
    with lake.open() as connection:
        found = fingerprints(connection)
    assert found.keys() == expected.keys()
    assert [table for table in OF_MONEY if not found[table]["rows"]] == []
    assert {
        table: dict(found[table].items() ^ expected[table].items())
        for table in expected.keys() - NOT_THE_HOTELS
        if found[table] != expected[table]
    } == {}
    published = []
    for folder in folders:
        with duckdb.connect(str(folder / "analytics.duckdb"), read_only=True) as connection:
            published.append(fingerprints(connection) | {"books": books(connection)})
    assert published[0] == published[1]

    for where, content in texts(tmp_path / "lake"):
        assert PASSWORD.encode() not in content, where
        assert S3_SECRET.encode() not in content, where


def books(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    macros = ("on_the_books", "revenue_on_the_books")
    return [connection.execute(f"from {macro}(now()) order by all").fetchall() for macro in macros]
