"""Each target shows the newest copy or the last one, takes what has changed, and fails alone."""

import json
import random
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from pydantic import SecretStr

from mews_pipeline.publish.targets import Outcome, Target, bring, targets_of
from mews_pipeline.publish.targets import database as database_target
from mews_pipeline.publish.targets import parquet as parquet_target
from mews_pipeline.publish.targets.copies import Copies, Table
from mews_pipeline.publish.targets.database import bring_to_database
from mews_pipeline.settings import PublishSettings, SettingsError, load
from mews_pipeline_tests.publish.test_touched import Hotel
from mews_pipeline_tests.support.brought import as_published, in_database, in_folder

SECRET = "guess-me"  # noqa: S105
POSTGRES = {
    "MEWS_PUBLISH": "postgres:",
    "MEWS_PUBLISH_POSTGRES_HOST": "127.0.0.1",
    "MEWS_PUBLISH_POSTGRES_DATABASE": "bi",
    "MEWS_PUBLISH_POSTGRES_USER": "mews",
    "MEWS_PUBLISH_POSTGRES_PASSWORD": SECRET,
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Hotel(tmp_path_factory.mktemp("hotel"), random.Random(1))  # noqa: S311
    made.begin()
    return made.folder


@pytest.fixture
def hotel(begun: Path, tmp_path: Path) -> Hotel:
    """Return a hotel of this test alone, built and published."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return Hotel(tmp_path, random.Random(2))  # noqa: S311


def database(path: Path) -> Target:
    """Return a target that is a DuckDB file, which is reached as any database."""

    def to_file(copies: Copies) -> str:
        copies.connection.execute(f"attach '{path}' as target")
        return bring_to_database(copies, "target", "marts")

    return Target(str(path), to_file)


def folder_at(path: Path) -> list[Target]:
    return targets_of(PublishSettings(publish=[f"{path}/"]))


def brought(hotel: Hotel, *targets: Target, in_full: bool = False) -> list[Outcome]:
    return bring(targets, hotel.analytics, PublishSettings(), in_full=in_full)


def succeeded(hotel: Hotel, *targets: Target) -> list[str]:
    outcomes = brought(hotel, *targets)
    assert [outcome.failure for outcome in outcomes] == [None] * len(targets)
    return [str(outcome.written) for outcome in outcomes]


def changed(hotel: Hotel) -> None:
    hotel.change()
    hotel.build()
    hotel.publish()


def down(_: Copies) -> str:
    raise duckdb.IOException(
        "Unable to connect to Postgres at \"host=bi password='gu\\'ess me' port=1\": refused"
    )


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_a_database_has_the_rows_of_the_copy_however_often_it_was_down(
    tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311
    hotel, target = Hotel(tmp_path, draw), database(tmp_path / "target.duckdb")
    steps: list[Callable[[], object]] = [
        hotel.change,
        hotel.build,
        hotel.publish,
        hotel.build_in_full,
        hotel.delete_rows,
        lambda: hotel.change(2, f"service {draw.randrange(9)}"),
        lambda: succeeded(hotel, target),
    ]
    hotel.begin()
    for step in draw.choices(steps, [4, 4, 4, 1, 1, 1, 4], k=14):
        step()
    hotel.publish()
    succeeded(hotel, target)
    assert in_database(tmp_path / "target.duckdb") == as_published(hotel.analytics)


def test_only_rows_that_differ_are_written(hotel: Hotel, tmp_path: Path) -> None:
    target = database(tmp_path / "target.duckdb")
    succeeded(hotel, target)
    assert succeeded(hotel, target) == ["it had this copy already"]
    hotel.change(1)
    hotel.build()
    hotel.publish()
    [written] = succeeded(hotel, target)
    of_all = sum(len(rows) for rows in as_published(hotel.analytics).values())
    assert int(written.partition(" ")[0]) < of_all / 2
    assert in_database(tmp_path / "target.duckdb") == as_published(hotel.analytics)


def test_everything_is_written_where_the_target_shows_another_state(
    hotel: Hotel, tmp_path: Path
) -> None:
    target = database(tmp_path / "target.duckdb")
    succeeded(hotel, target)
    with duckdb.connect(str(tmp_path / "target.duckdb")) as connection:
        connection.execute("delete from marts.fct_reservations; delete from marts.about")
        connection.execute("insert into marts.about (published_utc) values ('2026-01-01')")
    changed(hotel)
    succeeded(hotel, target)
    assert in_database(tmp_path / "target.duckdb") == as_published(hotel.analytics)


def test_a_run_in_full_repairs_what_somebody_has_changed(hotel: Hotel, tmp_path: Path) -> None:
    target = database(tmp_path / "target.duckdb")
    succeeded(hotel, target)
    with duckdb.connect(str(tmp_path / "target.duckdb")) as connection:
        connection.execute("delete from marts.fct_reservations")
    changed(hotel)
    brought(hotel, target, in_full=True)
    assert in_database(tmp_path / "target.duckdb") == as_published(hotel.analytics)


def test_a_table_with_other_columns_stays_and_is_altered(hotel: Hotel, tmp_path: Path) -> None:
    target = database(tmp_path / "target.duckdb")
    succeeded(hotel, target)
    with hotel.opened() as connection:
        connection.execute("alter table marts.fct_reservations add column nights int default 3")
        connection.execute("alter table marts.fct_reservations drop column account_id")
        connection.execute("alter table marts.fct_reservations alter versions_seen type varchar")
    hotel.publish()
    succeeded(hotel, target)
    assert in_database(tmp_path / "target.duckdb") == as_published(hotel.analytics)


def test_a_schema_of_somebody_else_is_left_as_it_is(hotel: Hotel, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "target.duckdb")) as connection:
        connection.execute("create schema marts; create table marts.rpt_months as select 1 as mine")
    [outcome] = brought(hotel, database(tmp_path / "target.duckdb"))
    assert "MEWS_PUBLISH_SCHEMA" in str(outcome.failure)
    assert in_database(tmp_path / "target.duckdb") == {"rpt_months": [(1,)]}


def test_a_target_that_fails_holds_up_no_other_and_shows_no_password(
    hotel: Hotel, tmp_path: Path
) -> None:
    failed, good = brought(hotel, Target("bi", down), database(tmp_path / "target.duckdb"))
    assert good.failure is None
    assert failed.failure is not None
    assert "refused" in failed.failure
    assert "ess" not in failed.failure


def test_a_failure_on_the_way_leaves_the_old_state(
    hotel: Hotel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = database(tmp_path / "target.duckdb")
    succeeded(hotel, target)
    before = in_database(tmp_path / "target.duckdb")
    changed(hotel)
    real = database_target._bring_table

    def lost(copies: Copies, table: Table, where: str, known: list[str] | None) -> int | None:
        if table.name == "rpt_months":
            raise duckdb.IOException("the server is gone")
        return real(copies, table, where, known)

    with monkeypatch.context() as patch:
        patch.setattr(database_target, "_bring_table", lost)
        [outcome] = brought(hotel, target)
    assert outcome.failure
    assert in_database(tmp_path / "target.duckdb") == before
    succeeded(hotel, target)
    assert in_database(tmp_path / "target.duckdb") == as_published(hotel.analytics)


def test_a_folder_has_every_table_and_a_pointer(hotel: Hotel, tmp_path: Path) -> None:
    folder = tmp_path / "bi"
    succeeded(hotel, *folder_at(folder))
    assert in_folder(folder) == as_published(hotel.analytics)
    pointer = json.loads((folder / "latest.json").read_text())
    assert sorted(pointer) == ["published_utc", "snapshot", "tables"]
    assert (folder / "latest.json").stat().st_mode & 0o777 == 0o444


def test_a_folder_shares_the_files_of_tables_that_did_not_change(
    hotel: Hotel, tmp_path: Path
) -> None:
    folder = tmp_path / "bi"
    succeeded(hotel, *folder_at(folder))
    hotel.publish()
    succeeded(hotel, *folder_at(folder))
    assert in_folder(folder) == as_published(hotel.analytics)
    links = {file.name: file.stat().st_nlink for file in folder.glob("snapshot=*/*.parquet")}
    assert links.pop("about.parquet") == 1
    assert set(links.values()) == {2}


def test_old_snapshots_are_removed_and_nothing_else(
    hotel: Hotel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_target, "_KEPT_SECONDS", -1)
    folder = tmp_path / "bi"
    (folder / "snapshot=mine").mkdir(parents=True)
    for _ in range(3):
        changed(hotel)
        succeeded(hotel, *folder_at(folder))
    assert len(list(folder.glob("snapshot=2*"))) == 2
    assert (folder / "snapshot=mine").is_dir()
    assert in_folder(folder) == as_published(hotel.analytics)


def test_a_publishing_killed_before_the_pointer_leaves_the_old_state(
    hotel: Hotel, tmp_path: Path
) -> None:
    folder = tmp_path / "bi"
    succeeded(hotel, *folder_at(folder))
    before = as_published(hotel.analytics)
    changed(hotel)
    call = f"""
from pathlib import Path
from mews_pipeline.publish.targets import bring, parquet, targets_of
from mews_pipeline.settings import PublishSettings
import os, signal
parquet._point = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
settings = PublishSettings(publish=[{f"{folder}/"!r}])
bring(targets_of(settings), Path({str(hotel.analytics)!r}), settings)
"""
    killed = subprocess.run([sys.executable, "-c", call], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert in_folder(folder) == before
    succeeded(hotel, *folder_at(folder))
    assert in_folder(folder) == as_published(hotel.analytics)


def test_a_lake_has_the_rows_of_the_copy_before_and_after_a_change(
    hotel: Hotel, tmp_path: Path
) -> None:
    address = f"ducklake:{tmp_path}/lake/bi.ducklake"
    targets = targets_of(PublishSettings(publish=[address]))
    succeeded(hotel, *targets)
    changed(hotel)
    succeeded(hotel, *targets)
    assert in_database(address) == as_published(hotel.analytics)


@pytest.mark.parametrize(
    "value",
    [
        f"postgres:host=bi password={SECRET}",
        f"postgres://mews:{SECRET}@bi/bi",
        f"s3://key:{SECRET}@bucket/",
        f"md:bi?motherduck_token={SECRET}",
        f"ducklake:postgres:password={SECRET}",
        "postgres",
        "gs://bucket/",
    ],
)
def test_what_is_no_target_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("MEWS_PUBLISH", value)
    with pytest.raises(SettingsError, match="MEWS_PUBLISH cannot be used") as refusal:
        load(PublishSettings)
    assert SECRET not in str(refusal.value)


@pytest.mark.parametrize(
    ("value", "needed"),
    [
        ("postgres:", "MEWS_PUBLISH_POSTGRES_DATABASE, MEWS_PUBLISH_POSTGRES_HOST"),
        ("s3://bucket/", "MEWS_PUBLISH_S3_KEY_ID, MEWS_PUBLISH_S3_SECRET"),
        ("md:bi", "MEWS_PUBLISH_MOTHERDUCK_TOKEN"),
        ("ducklake:postgres:", "MEWS_PUBLISH_LAKE_DATA_PATH"),
    ],
)
def test_a_target_without_its_settings_names_them(
    monkeypatch: pytest.MonkeyPatch, value: str, needed: str
) -> None:
    monkeypatch.setenv("MEWS_PUBLISH", value)
    with pytest.raises(SettingsError, match=needed):
        load(PublishSettings)


def test_targets_are_named_without_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in POSTGRES.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MEWS_PUBLISH", "postgres:, /srv/bi/hotels, postgres:, s3://bi/hotels")
    monkeypatch.setenv("MEWS_PUBLISH_S3_KEY_ID", "key")
    monkeypatch.setenv("MEWS_PUBLISH_S3_SECRET", SECRET)
    settings = load(PublishSettings)
    names = [target.name for target in targets_of(settings)]
    assert names == ["postgres:bi on 127.0.0.1:5432", "/srv/bi/hotels", "s3://bi/hotels/"]
    assert SECRET not in repr(settings)


def test_motherduck_without_its_package_says_what_to_install(hotel: Hotel) -> None:
    settings = PublishSettings(publish=["md:bi"], publish_motherduck_token=SecretStr(SECRET))
    [outcome] = brought(hotel, *targets_of(settings))
    assert "pip install duckdb-extension-motherduck==" in str(outcome.failure)


def test_a_secret_in_a_message_is_blotted() -> None:
    settings = PublishSettings(publish_s3_secret=SecretStr(SECRET))
    assert settings.without_secrets(f"of {SECRET}") == "of ***"
