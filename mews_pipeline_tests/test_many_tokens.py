"""Many access tokens: each is asked for its own ids, and open files do not grow with them."""

import os
import resource
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
import stamina

from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.ingest import Ingest, run
from mews_pipeline.mews import MewsClient
from mews_pipeline.sandbox import (
    Clock,
    SandboxOptions,
    access_tokens,
    create_app,
    running_app,
    simulate,
)
from mews_pipeline.settings import SettingsError
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.landing import Run
from mews_pipeline_tests.conftest import settings_for
from mews_pipeline_tests.support.in_memory import Properties, an_id

DAYS = [date(2025, 1, 1)]
TOKENS = [f"token-{number}" for number in range(20)]
NOBODYS = "00000000-0000-4000-8000-000000000001"
AT_ONCE, FILES_OF_A_TOKEN = 5, 8
# These tokens at once would need 150
OPEN_FILES = 100


@pytest.fixture
def few_files() -> Iterator[int]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    already = open_files()
    resource.setrlimit(resource.RLIMIT_NOFILE, (already + OPEN_FILES, hard))
    try:
        yield already
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  one call while they are counted


def test_clients_and_files_of_a_few_tokens_are_open_at_once(
    tmp_path: Path, few_files: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "_TOKENS_AT_ONCE", AT_ONCE)
    clients, most_clients, most_files = 0, 0, 0
    entering, leaving, pages = MewsClient.__aenter__, MewsClient.__aexit__, MewsClient.all_pages

    async def entered(self: MewsClient) -> MewsClient:
        nonlocal clients, most_clients
        clients += 1
        most_clients = max(most_clients, clients)
        return await entering(self)

    async def left(self: MewsClient, *how: object) -> None:
        nonlocal clients
        clients -= 1
        await leaving(self, *how)  # type: ignore[arg-type]

    def counted(*given: object, **named: object) -> object:
        nonlocal most_files
        most_files = max(most_files, open_files())
        return pages(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(MewsClient, "__aenter__", entered)
    monkeypatch.setattr(MewsClient, "__aexit__", left)
    monkeypatch.setattr(MewsClient, "all_pages", counted)
    hotels = Properties(tmp_path / "warehouse.duckdb", TOKENS, DAYS)

    assert hotels.run(monkeypatch)["reservations"].errors == []

    assert hotels.landed() == hotels.all_but()
    assert (clients, most_clients) == (0, AT_ONCE)
    assert few_files < most_files <= few_files + AT_ONCE * FILES_OF_A_TOKEN + 20


def test_the_files_of_the_tokens_at_once_are_fewer_than_a_process_may_have() -> None:
    assert run._TOKENS_AT_ONCE * FILES_OF_A_TOKEN < 1024 / 2


@pytest.mark.parametrize("kind", ["enterprise", "service", "both"])
def test_each_token_is_asked_for_the_ids_that_it_opens(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = TOKENS[:3]
    kinds = ["enterprise", "service"] if kind == "both" else [kind]
    scope = {f"{k}_ids": [an_id(token, k) for token in tokens[:2]] for k in kinds}
    hotels = Properties(tmp_path / "warehouse.duckdb", tokens, DAYS, scope)

    report = hotels.run(monkeypatch)["reservations"]

    assert report.errors == []
    assert hotels.landed() == {an_id(token, day) for token in tokens[:2] for day in DAYS}


@pytest.mark.parametrize("kind", ["enterprise", "service"])
def test_an_id_that_no_token_opens_is_named_once_and_everything_else_lands(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = TOKENS[:2]
    ids = [*(an_id(token, kind) for token in tokens), NOBODYS]
    hotels = Properties(tmp_path / "warehouse.duckdb", tokens, DAYS, {f"{kind}_ids": ids})

    (error,) = hotels.run(monkeypatch)["reservations"].errors

    assert isinstance(error, SettingsError)
    assert f"MEWS_{kind.upper()}_IDS: {NOBODYS})" in str(error)
    assert hotels.landed() == hotels.all_but()


def test_ids_of_tokens_of_another_group_are_not_called_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = {"enterprise_ids": [an_id(TOKENS[0], "enterprise"), NOBODYS], "token_groups": 2}
    hotels = Properties(tmp_path / "warehouse.duckdb", TOKENS[:1], DAYS, scope)

    assert hotels.run(monkeypatch)["reservations"].errors == []
    assert hotels.landed() == hotels.all_but()


def test_two_properties_of_a_sandbox_with_ids_of_both_land_whole(tmp_path: Path) -> None:
    days = [date(2025, 3, 1) + timedelta(n) for n in range(3)]
    world = simulate(3, days[0], days[-1], properties=2, scale=0.3)
    app = create_app(world, Clock(datetime(2025, 3, 4, tzinfo=UTC)), SandboxOptions())
    enterprises = [UUID(hotel.id) for hotel in world.properties]
    with running_app(app) as address, stamina.set_testing(True, attempts=3):
        settings = settings_for(
            address,
            days[0],
            access_tokens=list(access_tokens(world).values()),
            enterprise_ids=enterprises,
        )
        work = Ingest(settings, DuckDBFile(tmp_path / "w.duckdb"), Run("a", "a"), lambda _: None)
        reports = work.updates([RESERVATIONS], days) | work.reference()

    assert [error for report in reports.values() for error in report.errors] == []
    assert reports["enterprises"].rows == 2
    assert reports["reservations"].rows > 0
