"""Forgetting erases every version of a guest's records, for good, and says how much."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pytest

from mews_pipeline.extract.spool import Fetched
from mews_pipeline.privacy import forget as forgetting
from mews_pipeline.privacy.forget import find, forget
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.warehouse.base import Log, Warehouse
from mews_pipeline.warehouse.compact import compact
from mews_pipeline.warehouse.factory import warehouse_of
from mews_pipeline.warehouse.landing import Run, land
from mews_pipeline_tests.support.lakes import FILE, LAKE, SLOW_LAKE
from mews_pipeline_tests.support.seeds import reservation
from mews_pipeline_tests.warehouse.conftest import fetch as fetch  # noqa: PLC0414 - a fixture

GUEST, OTHER, THIRD = (f"{n}0000000-0000-4000-a000-000000000000" for n in (1, 2, 3))
RUN = Run("run", "run")
Fetch = Callable[..., Fetched]


@pytest.fixture(params=[FILE, SLOW_LAKE])
def warehouse(request: pytest.FixtureRequest, tmp_path: Path) -> Warehouse:
    return warehouse_of(request.param.format(tmp_path / "data"))


@pytest.fixture
def settings() -> LocalSettings:
    return load(LocalSettings)


def records() -> list[dict[str, Any]]:
    """Two versions of a stay whose guest changed, one booked by the guest, one of others."""
    first = reservation(Id="a", AccountId=GUEST, OriginDetails="Jane")
    return [
        first,
        first | {"AccountId": OTHER, "UpdatedUtc": "2023-04-22T18:00:00Z"},
        reservation(Id="b", AccountId=OTHER, BookerId=GUEST, ChannelNumber="C-1"),
        reservation(Id="c", AccountId=THIRD, CreatorProfileId=GUEST, ChannelNumber="C-2"),
    ]


def landed(warehouse: Warehouse, fetched: Fetched) -> int:
    with warehouse.landings() as lock, lock("reservations") as table:
        return land(table.connection, fetched, RUN, table.lock).new_versions


def rows(warehouse: Warehouse, columns: str, table: str = "reservations") -> list[Any]:
    with warehouse.open() as connection:
        found = connection.execute(f"select {columns} from raw.{table} order by all").fetchall()
    return list(found)


PERSONAL = "id, account_id, booker_id, creator_profile_id, channel_number, origin_details"


def test_all_versions_of_a_guests_records_lose_what_is_personal(
    warehouse: Warehouse, settings: LocalSettings, fetch: Fetch
) -> None:
    landed(warehouse, fetch(records()))
    known = "id, updated_utc, _hash, state, start_utc, _landed_at"
    before = rows(warehouse, known)
    found = forget(warehouse, settings, [GUEST])
    assert (found.records, found.versions, found.forgotten) == (2, 4, 0)
    assert rows(warehouse, PERSONAL)[:3] == [("a", *[None] * 5)] * 2 + [("b", *[None] * 5)]
    (other,) = rows(warehouse, PERSONAL)[3:]
    assert (other[1], other[3], other[4]) == (THIRD, None, "C-2")
    assert rows(warehouse, known) == before


def test_it_holds_when_the_window_is_fetched_again_or_was_spooled_before(
    warehouse: Warehouse, settings: LocalSettings, fetch: Fetch
) -> None:
    landed(warehouse, fetch(records()))
    later = reservation(Id="d", AccountId=GUEST, UpdatedUtc="2023-04-22T19:00:00Z")
    spooled = fetch([*records(), later])
    forget(warehouse, settings, [GUEST])
    assert landed(warehouse, spooled) == 1
    assert rows(warehouse, PERSONAL)[-1] == ("d", *[None] * 5)
    assert not any(GUEST in row for row in rows(warehouse, PERSONAL))


@pytest.mark.parametrize("warehouse", [FILE, LAKE], indirect=True)
def test_no_byte_of_the_guest_is_left(
    warehouse: Warehouse, settings: LocalSettings, fetch: Fetch, tmp_path: Path
) -> None:
    fetched = fetch([reservation(Id=str(i), AccountId=GUEST) for i in range(40)])
    landed(warehouse, fetched)
    for file in fetched.folder.iterdir():
        file.unlink()
    forget(warehouse, settings, [GUEST])
    found = [path for path in (tmp_path / "data").rglob("*") if path.is_file()]
    assert not [path for path in found if GUEST.encode() in path.read_bytes()]
    decoded = [duckdb.read_parquet(str(path)) for path in found if path.suffix == ".parquet"]
    assert not [frame for frame in decoded if GUEST in str(frame.fetchall())]


def test_an_unknown_id_is_remembered_and_never_lands(
    warehouse: Warehouse, settings: LocalSettings, fetch: Fetch
) -> None:
    assert forget(warehouse, settings, [GUEST]).versions == 0
    landed(warehouse, fetch(records()))
    assert not any(GUEST in row for row in rows(warehouse, PERSONAL))


def test_a_forgetting_that_was_stopped_is_finished_by_the_next(
    warehouse: Warehouse,
    settings: LocalSettings,
    fetch: Fetch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    landed(warehouse, fetch(records()))
    with monkeypatch.context() as patched:
        patched.setattr(forgetting, "compact", stopped)
        with pytest.raises(KeyboardInterrupt):
            forget(warehouse, settings, [GUEST])
    assert rows(warehouse, "finished_utc", "erasures") == [(None,)]
    compacted: list[str] = []

    def counted(warehouse: Warehouse, log: Log) -> None:
        compacted.append("yes")
        compact(warehouse, log)

    monkeypatch.setattr(forgetting, "compact", counted)
    again = forget(warehouse, settings, [GUEST])
    assert (again.forgotten, again.versions, again.is_unfinished) == (1, 0, True)
    assert forget(warehouse, settings, [GUEST]).is_unfinished is False
    assert compacted == ["yes"]
    (row,) = rows(warehouse, "persons, records, versions, reason, finished_utc", "erasures")
    assert row[:4] == (1, 2, 4, "forget")
    assert row[4] is not None


def stopped(*_: object) -> None:
    raise KeyboardInterrupt


def test_what_fails_on_the_way_leaves_everything_as_it_was(
    warehouse: Warehouse,
    settings: LocalSettings,
    fetch: Fetch,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    landed(warehouse, fetch(records()))
    before = rows(warehouse, "* exclude (_run_id)")
    monkeypatch.setattr(forgetting, "remember_forgotten", stopped)
    with pytest.raises(KeyboardInterrupt):
        forget(warehouse, settings, [GUEST])
    assert rows(warehouse, "* exclude (_run_id)") == before
    assert rows(warehouse, "*", "erasures") == rows(warehouse, "*", "forgotten") == []


def test_a_dry_run_counts_the_same_and_changes_nothing(
    warehouse: Warehouse, settings: LocalSettings, fetch: Fetch
) -> None:
    landed(warehouse, fetch(records()))
    before = rows(warehouse, PERSONAL)
    counted = find(warehouse, settings, [GUEST])
    assert rows(warehouse, PERSONAL) == before
    assert rows(warehouse, "*", "forgotten") == []
    assert counted == forget(warehouse, settings, [GUEST])


def test_a_thousand_are_forgotten_at_once(
    warehouse: Warehouse, settings: LocalSettings, fetch: Fetch
) -> None:
    landed(warehouse, fetch(records()))
    many = [GUEST, *(str(uuid4()) for _ in range(999))]
    assert forget(warehouse, settings, many).records == 2
    assert rows(warehouse, "count(*)", "forgotten") == [(1000,)]


_KILLED_IN = """
import importlib, os, signal, sys
from pathlib import Path
from mews_pipeline.privacy.forget import forget
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.warehouse.factory import warehouse_of
module, name = sys.argv[1].rsplit(".", 1)
setattr(importlib.import_module(module), name, lambda *_: os.kill(os.getpid(), signal.SIGKILL))
forget(warehouse_of(sys.argv[2]), load(LocalSettings), [sys.argv[3]])
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("address", "step"),
    [
        ("{}/warehouse.duckdb", "privacy.forget.remember_forgotten"),
        ("{}/warehouse.duckdb", "privacy.forget.compact"),
        ("{}/warehouse.duckdb", "warehouse.compact._copy"),
        ("{}/warehouse.duckdb", "warehouse.compact.replace_database"),
        ("{}/warehouse.duckdb", "privacy.forget._finish"),
        ("ducklake:{}/lake", "privacy.forget.compact"),
        ("ducklake:{}/lake", "warehouse.compact.repair_statistics"),
        ("ducklake:{}/lake", "warehouse.compact.compact_file"),
        ("ducklake:{}/lake", "privacy.forget._finish"),
    ],
)
def test_a_forgetting_that_was_killed_is_finished_by_the_next(
    address: str, step: str, settings: LocalSettings, fetch: Fetch, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    address = address.format(data)
    warehouse = warehouse_of(address)
    landed(warehouse, fetch(records()))
    known = rows(warehouse, "id, updated_utc, _hash")
    command = [sys.executable, "-c", _KILLED_IN, f"mews_pipeline.{step}", address, GUEST]
    killed = subprocess.run(command, check=False, env=os.environ | {"MEWS_ENV_FILE": ""})
    assert killed.returncode == -signal.SIGKILL
    forget(warehouse, settings, [GUEST])
    assert rows(warehouse, "id, updated_utc, _hash") == known
    assert not any(GUEST in row for row in rows(warehouse, PERSONAL))
    assert all(finished for (finished,) in rows(warehouse, "finished_utc", "erasures"))
    files = [path for path in data.rglob("*") if path.is_file()]
    assert not [path for path in files if GUEST.encode() in path.read_bytes()]
    assert not [path for path in files if "compacting" in path.name or path.suffix == ".wal"]
