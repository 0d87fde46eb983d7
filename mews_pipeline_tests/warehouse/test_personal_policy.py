"""A warehouse moves from keep to hash to drop and never back, whenever a move is stopped."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.extract.spool import Fetched
from mews_pipeline.extract.windows import Window
from mews_pipeline.monitoring.personal_data import what_is_kept
from mews_pipeline.settings import LocalSettings, Settings, SettingsError, load
from mews_pipeline.warehouse import personal_policy
from mews_pipeline.warehouse.base import Warehouse
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.key_file import create_key, read_key
from mews_pipeline.warehouse.landing import Run, land
from mews_pipeline.warehouse.personal import KEEP, Policy, rewrite
from mews_pipeline.warehouse.personal_policy import applied
from mews_pipeline_tests.conftest import settings_for
from mews_pipeline_tests.support.in_memory import ADDRESS, Properties
from mews_pipeline_tests.support.lakes import FILE, SLOW_LAKE
from mews_pipeline_tests.support.seeds import reservation

Fetch = Callable[..., Fetched]

RUN = Run("run", "run")
WHOLE_YEAR = Window(datetime(2023, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
MONTHS = ("2023-02-01T00:00:00Z", "2023-02-28T23:59:59Z", "2023-03-01T00:00:00Z")
ON_A_FILE = pytest.mark.parametrize("warehouse", [FILE], indirect=True)
SHOWN = ("account_id", "booker_id", "number", "_hash")


@pytest.fixture(params=[FILE, SLOW_LAKE])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    return warehouse_of(request.param.format(tmp_path))


@pytest.fixture
def settings(warehouse: Warehouse, tmp_path: Path) -> Callable[..., Settings]:
    """Return settings of this warehouse, with a key file apart from it."""

    def made(personal: str, key: str = "key", **changes: Any) -> Settings:
        address = getattr(warehouse, "address", str(getattr(warehouse, "path", "")))
        folder = tmp_path.with_name(f"{tmp_path.name}-keys")
        return settings_for(
            ADDRESS,
            date(2023, 1, 1),
            warehouse=address,
            personal=personal,
            personal_key_file=folder / key,
            **changes,
        )

    return made


@pytest.fixture
def kept(warehouse: Warehouse, fetch: Fetch) -> list[dict[str, Any]]:
    """Land stays of two months as they came; return them."""
    stays = [reservation(Id=at, UpdatedUtc=at, AccountId=f"guest {at}") for at in MONTHS]
    with warehouse.open() as connection:
        land(connection, fetch(stays, window=WHOLE_YEAR), RUN)
    return stays


def read(warehouse: Warehouse, query: str) -> list[Any]:
    with warehouse.open() as connection:
        return connection.execute(query).fetchall()


def shown(warehouse: Warehouse) -> list[Any]:
    return read(warehouse, f"select {', '.join(SHOWN)} from raw.reservations order by id")


def quiet(_: str) -> None:
    """Log nowhere."""


def refused(warehouse: Warehouse, settings: LocalSettings) -> str:
    with pytest.raises(SettingsError) as refusal:
        applied(warehouse, settings, quiet)
    assert len(str(refusal.value).splitlines()) == 1
    return str(refusal.value)


@pytest.mark.usefixtures("kept")
def test_a_move_rewrites_every_version_once(
    warehouse: Warehouse, settings: Callable[..., Settings]
) -> None:
    before = shown(warehouse)
    policy = applied(warehouse, settings("hash"), quiet)
    hashed = [(policy.hashed(guest), policy.hashed(b), None, h) for guest, b, _, h in before]
    assert shown(warehouse) == hashed
    assert applied(warehouse, settings("hash"), quiet) == policy
    assert shown(warehouse) == hashed

    assert applied(warehouse, settings("drop"), quiet) == Policy(settings("drop").personal)
    assert shown(warehouse) == [(None, None, None, h) for *_, h in before]
    audit = read(warehouse, "select reason, versions, persons from raw.erasures order by all")
    assert audit == [("policy", 3, None), ("policy", 3, None)]
    modes = "select mode, finished_utc is null from raw.personal_policy order by all"
    assert read(warehouse, modes) == [
        ("drop", False), ("drop", True), ("hash", False), ("hash", True),
    ]  # fmt: skip


@pytest.mark.usefixtures("kept")
def test_no_file_of_the_warehouse_holds_what_a_move_erased(
    warehouse: Warehouse, settings: Callable[..., Settings], tmp_path: Path
) -> None:
    def holders() -> list[str]:
        kept_in = [*tmp_path.glob("warehouse.duckdb*"), *tmp_path.glob("catalog.ducklake*")]
        files = [file for path in kept_in for file in [path, *path.rglob("*")] if file.is_file()]
        return [file.name for file in files if b"guest 2023-02-01" in file.read_bytes()]

    if isinstance(warehouse, DuckDBFile):
        with warehouse.open() as connection:
            connection.execute("checkpoint")
    applied(warehouse, settings("drop"), quiet)
    assert holders() == []


@pytest.mark.parametrize("personal", ["hash", "drop"])
@pytest.mark.usefixtures("kept")
def test_a_move_that_was_stopped_goes_on_where_it_stopped(
    warehouse: Warehouse,
    settings: Callable[..., Settings],
    personal: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = iter(range(1000))

    def dies(connection: duckdb.DuckDBPyConnection, *what: Any) -> int:
        if next(calls) == 1:
            raise KeyboardInterrupt
        return rewrite(connection, *what)

    before = shown(warehouse)
    with monkeypatch.context() as patch:
        patch.setattr(personal_policy, "rewrite", dies)
        with pytest.raises(KeyboardInterrupt):
            applied(warehouse, settings(personal), quiet)
    half = shown(warehouse)
    assert [row == old for row, old in zip(half, before, strict=True)] == [False, False, True]
    assert "next run" in what_is_kept(settings(personal), 5)

    policy = applied(warehouse, settings(personal), quiet)
    after = shown(warehouse)
    assert after[:2] == half[:2]
    assert after[2][0] == (policy.hashed(before[2][0]) if personal == "hash" else None)
    assert "next run" not in what_is_kept(settings(personal), 5)


@ON_A_FILE
@pytest.mark.parametrize(("has", "wanted"), [("hash", "keep"), ("drop", "hash"), ("drop", "keep")])
def test_what_is_gone_cannot_be_asked_back(
    warehouse: Warehouse, settings: Callable[..., Settings], has: str, wanted: str
) -> None:
    applied(warehouse, settings(has), quiet)
    error = refused(warehouse, settings(wanted))
    assert f"set MEWS_PERSONAL={has}" in error
    with pytest.raises(SettingsError, match=f"set MEWS_PERSONAL={has}"):
        what_is_kept(settings(wanted), 5)


def test_a_landing_by_older_settings_is_refused_and_lands_nothing(
    warehouse: Warehouse,
    settings: Callable[..., Settings],
    kept: list[dict[str, Any]],
    fetch: Fetch,
) -> None:
    fetched = fetch([*kept, reservation(Id="new")], window=WHOLE_YEAR)
    applied(warehouse, settings("hash"), quiet)
    before = read(warehouse, "select count(*) from raw.fetches")
    others = [KEEP, Policy(settings("hash").personal, b"another key of some length for a test")]
    with warehouse.open() as connection:
        for policy in others:
            with pytest.raises(SettingsError, match="MEWS_PERSONAL=hash"):
                land(connection, fetched, RUN, policy=policy)
    assert len(shown(warehouse)) == len(kept)
    assert read(warehouse, "select count(*) from raw.fetches") == before


@ON_A_FILE
def test_the_first_key_is_created_for_this_user_alone(
    warehouse: Warehouse, settings: Callable[..., Settings]
) -> None:
    path = settings("hash").personal_key_file
    assert path is not None
    assert "creates the key" in what_is_kept(settings("hash"), 5)
    assert not path.exists()
    applied(warehouse, settings("hash"), quiet)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    key = read_key(path)
    assert key is not None
    assert len(key) == 64
    assert create_key(path) == key


@ON_A_FILE
def test_another_key_is_refused_and_a_lost_one_is_not_replaced(
    warehouse: Warehouse, settings: Callable[..., Settings]
) -> None:
    applied(warehouse, settings("hash"), quiet)
    other = settings("hash", key="other")
    assert "MEWS_PERSONAL=drop is the only move" in refused(warehouse, other)
    path = other.personal_key_file
    assert path is not None
    assert not path.exists()
    create_key(path)
    assert "is not the one" in refused(warehouse, other)
    assert applied(warehouse, settings("drop"), quiet).key == b""


@ON_A_FILE
def test_several_machines_are_told_how_to_create_the_key(
    warehouse: Warehouse, settings: Callable[..., Settings]
) -> None:
    several = settings("hash", redis_url="redis://localhost")
    error = refused(warehouse, several)
    assert f"openssl rand -hex 32 > {several.personal_key_file}" in error
    with pytest.raises(SettingsError, match="openssl"):
        what_is_kept(several, 5)
    assert several.personal_key_file is not None
    create_key(several.personal_key_file)
    assert applied(warehouse, several, quiet).key == read_key(several.personal_key_file)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    create_key(path)
    return path


def test_a_key_file_that_others_may_open_is_refused(key: Path) -> None:
    key.chmod(0o640)
    with pytest.raises(SettingsError, match=f"chmod 600 {key}"):
        read_key(key)


@pytest.mark.parametrize("content", ["", "short\n", "x" * 5000], ids=len)
def test_a_file_that_holds_no_key_is_refused_and_not_shown(key: Path, content: str) -> None:
    key.write_text(content)
    with pytest.raises(SettingsError, match="is it the file of the key") as refusal:
        read_key(key)
    assert "short" not in str(refusal.value)


def test_a_folder_or_a_closed_folder_is_no_key_file(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="is a folder"):
        read_key(tmp_path)
    (tmp_path / "file").touch(mode=0o600)
    with pytest.raises(SettingsError, match="openssl rand"):
        create_key(tmp_path / "file" / "key")


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"MEWS_PERSONAL": "none"}, "MEWS_PERSONAL cannot be used"),
        ({"MEWS_PERSONAL": "hash"}, "MEWS_PERSONAL=hash needs a key"),
        ({"MEWS_PERSONAL_KEY_FILE": "data/key"}, "with the data"),
        ({"MEWS_PERSONAL_KEY_FILE": "a/../data/in/key"}, "with the data"),
        ({"MEWS_PERSONAL_KEY_FILE": "link/key"}, "with the data"),
        ({"MEWS_PERSONAL_KEY_FILE": "state/key", "MEWS_STATE": "state"}, "with the data"),
        ({"MEWS_PERSONAL_KEY_FILE": "out/key", "MEWS_ANALYTICS": "out/a.duckdb"}, "with the data"),
    ],
)
def test_settings_that_keep_no_key_apart_are_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], named: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("data", "a"):
        (tmp_path / folder).mkdir()
    (tmp_path / "link").symlink_to("data")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=named):
        load(LocalSettings)


def test_a_key_file_beside_the_data_folder_is_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MEWS_PERSONAL", "hash")
    monkeypatch.setenv("MEWS_PERSONAL_KEY_FILE", "keys/personal")
    assert load(LocalSettings).personal_key_file == tmp_path / "keys" / "personal"


def test_a_run_moves_what_has_landed_and_one_with_older_settings_lands_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def landed(personal: str, *days: int) -> set[str]:
        dates = [date(2025, 1, day) for day in days]
        hotel = Properties(tmp_path / "w.duckdb", ["a"], dates, {"personal": personal})
        hotel.run(monkeypatch, [RESERVATIONS])
        return {str(who) for (who,) in hotel.read("select account_id from raw.reservations")}

    assert landed("keep", 1) == {reservation()["AccountId"]}
    assert landed("drop", 2, 3) == {"None"}
    with pytest.raises(SettingsError, match="set MEWS_PERSONAL=drop"):
        landed("keep", 4)
    with DuckDBFile(tmp_path / "w.duckdb").open() as connection:
        assert connection.execute("select count(*) from raw.reservations").fetchone() == (3,)
