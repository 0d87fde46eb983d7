"""Targets on real servers: PostgreSQL with other people's views and grants, a lake, a bucket."""

import json
import random
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.demo.cluster.servers import PASSWORD, S3_SECRET, Catalog, ObjectStore
from mews_pipeline.publish import publish
from mews_pipeline.publish.targets import Outcome, bring, kinds, targets_of
from mews_pipeline.settings import PublishSettings, load
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.publish.test_touched import Hotel
from mews_pipeline_tests.support.brought import Rows, as_published, in_database, in_order

pytestmark = pytest.mark.slow

_DATABASES = count(1)
WRONG = "wr'ong \\ word"


@pytest.fixture
def database(catalog: Catalog, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a new database, which the settings publish to."""
    name = f"bi{next(_DATABASES)}"
    catalog.add(name)
    for key, value in {
        "": "postgres:",
        "_POSTGRES_HOST": "127.0.0.1",
        "_POSTGRES_PORT": str(catalog.port),
        "_POSTGRES_DATABASE": name,
        "_POSTGRES_USER": "lake",
        "_POSTGRES_PASSWORD": PASSWORD,
    }.items():
        monkeypatch.setenv(f"MEWS_PUBLISH{key}", value)
    return name


@pytest.fixture
def hotel(tmp_path: Path) -> Hotel:
    made = Hotel(tmp_path, random.Random(1))  # noqa: S311
    made.begin()
    return made


def brought(analytics: Path) -> list[Outcome]:
    settings = load(PublishSettings)
    return bring(targets_of(settings), analytics, settings)


def succeeded(analytics: Path) -> list[str]:
    outcomes = brought(analytics)
    assert [outcome.failure for outcome in outcomes] == [None] * len(outcomes)
    return [str(outcome.written) for outcome in outcomes]


def in_postgres(catalog: Catalog, database: str, schema: str = "marts") -> Rows:
    where = f"host=127.0.0.1 port={catalog.port} user=lake dbname={database} password={PASSWORD}"
    return in_database(where, "type postgres, read_only", schema)


def changed(hotel: Hotel) -> None:
    hotel.change()
    hotel.build()
    hotel.publish()


def test_all_marts_arrive_with_equal_values(
    lived: Lived, catalog: Catalog, database: str, tmp_path: Path
) -> None:
    analytics = tmp_path / "analytics.duckdb"
    publish(DuckDBFile(lived.warehouse), analytics)
    succeeded(analytics)
    with catalog.connect(database) as connection:
        asked = (
            "select sum(rooms_occupied)::float / sum(spaces_usable) from marts.fct_occupancy_daily"
        )
        [(occupancy,)] = connection.execute(asked).fetchall()
    with duckdb.connect(str(analytics), read_only=True) as copy:
        assert copy.execute(asked).fetchall() == [(pytest.approx(occupancy),)]
    found, expected = in_postgres(catalog, database), as_published(analytics)
    assert found.keys() == expected.keys()
    assert [name for name in expected if not same(found[name], expected[name])] == []


def same(found: list[Any], expected: list[Any]) -> bool:
    """Compare rows; PostgreSQL orders texts and numbers otherwise, and gives other numbers."""
    return sorted(map(_text, found)) == sorted(map(_text, expected))


def _text(row: tuple[Any, ...]) -> str:
    """Write numbers alike, of whatever type."""
    return repr([float(v) if type(v).__name__ in ("int", "Decimal", "float") else v for v in row])


def test_touched_rows_give_the_whole_and_views_and_grants_of_others_stay(
    hotel: Hotel, catalog: Catalog, database: str
) -> None:
    succeeded(hotel.analytics)
    with catalog.connect(database) as connection:
        connection.execute("create schema mine; create role reader")
        connection.execute("create view mine.v as select count(*) from marts.fct_reservations")
        connection.execute("grant usage on schema marts to reader")
        connection.execute("grant select on all tables in schema marts to reader")
        changed(hotel)
        [written] = succeeded(hotel.analytics)

        expected = as_published(hotel.analytics)
        assert int(written.partition(" ")[0]) < sum(map(len, expected.values())) / 2
        assert in_postgres(catalog, database) == expected
        connection.execute("set role reader")
        [(seen,)] = connection.execute("select count(*) from marts.fct_reservations").fetchall()
        connection.execute("reset role")
        assert connection.execute("select * from mine.v").fetchall() == [(seen,)]
        assert seen == len(expected["fct_reservations"])


def test_a_user_without_rights_on_the_database_publishes_into_its_own_schema(
    hotel: Hotel, catalog: Catalog, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with catalog.connect(database) as connection:
        connection.execute(f"create role plain login password '{PASSWORD}'")
        connection.execute("create schema hotels authorization plain")
    monkeypatch.setenv("MEWS_PUBLISH_POSTGRES_USER", "plain")
    [outcome] = brought(hotel.analytics)
    assert "permission denied" in str(outcome.failure)
    monkeypatch.setenv("MEWS_PUBLISH_SCHEMA", "hotels")
    for _ in range(2):
        changed(hotel)
        succeeded(hotel.analytics)
    assert in_postgres(catalog, database, "hotels") == as_published(hotel.analytics)


def test_a_failure_on_the_way_leaves_the_old_state(
    hotel: Hotel, catalog: Catalog, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    succeeded(hotel.analytics)
    before = in_postgres(catalog, database)
    changed(hotel)
    monkeypatch.setattr(kinds, "_LIMIT_WAITS", kinds._LIMIT_WAITS.replace("60000", "50"))
    with catalog.connect(database) as blocking, blocking.transaction():
        # The last of all tables, so that the others are written by then
        blocking.execute("lock table marts.rpt_months in access exclusive mode")
        [outcome] = brought(hotel.analytics)
    assert "lock timeout" in str(outcome.failure)
    assert in_postgres(catalog, database) == before
    succeeded(hotel.analytics)
    assert in_postgres(catalog, database) == as_published(hotel.analytics)


def test_a_wrong_password_is_one_message_that_does_not_show_it(
    hotel: Hotel, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEWS_PUBLISH_POSTGRES_PASSWORD", WRONG)
    [outcome] = brought(hotel.analytics)
    assert outcome.target.startswith(f"postgres:{database} on 127.0.0.1:")
    assert "password authentication failed" in str(outcome.failure)
    assert "ong" not in str(outcome.failure)
    assert "\n" not in str(outcome.failure)


def test_a_server_that_is_down_holds_up_no_folder_and_is_tried_again(
    hotel: Hotel, catalog: Catalog, database: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEWS_PUBLISH", f"postgres:,{tmp_path}/bi")
    succeeded(hotel.analytics)
    catalog.kill()
    changed(hotel)
    down, folder = brought(hotel.analytics)
    assert "refused" in str(down.failure)
    assert PASSWORD not in str(down.failure)
    assert folder.failure is None
    catalog.start()
    changed(hotel)
    succeeded(hotel.analytics)
    assert in_postgres(catalog, database) == as_published(hotel.analytics)


@pytest.mark.usefixtures("database")
def test_a_bucket_and_a_lake_in_it_have_the_rows_of_the_copy(
    hotel: Hotel, store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in {
        "": "s3://lake/bi, ducklake:postgres:",
        "_LAKE_DATA_PATH": "s3://lake/files/",
        "_S3_ENDPOINT": f"127.0.0.1:{store.ports[-1]}",
        "_S3_KEY_ID": "lake-key",
        "_S3_SECRET": S3_SECRET,
        "_S3_USE_SSL": "false",
        "_S3_URL_STYLE": "path",
    }.items():
        monkeypatch.setenv(f"MEWS_PUBLISH{key}", value)
    for _ in range(2):
        changed(hotel)
        succeeded(hotel.analytics)
    settings, expected = load(PublishSettings), as_published(hotel.analytics)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        kinds._use_bucket(connection, settings)
        [(text,)] = connection.execute(
            "select content from read_text('s3://lake/bi/latest.json')"
        ).fetchall()
        snapshot = f"s3://lake/bi/snapshot={json.loads(text)['snapshot']}"
        for name, rows in expected.items():
            query = f"from read_parquet('{snapshot}/{name}.parquet', hive_partitioning = false)"
            assert in_order(connection, query) == rows
        lake = kinds._lake("ducklake:postgres:", settings).attach(connection)
        for name, rows in expected.items():
            assert in_order(connection, f"from {lake}.marts.{name}") == rows
    monkeypatch.setenv("MEWS_PUBLISH_S3_SECRET", "not-the-secret")
    changed(hotel)
    for outcome in brought(hotel.analytics):
        assert outcome.failure
        assert "not-the-secret" not in outcome.failure
