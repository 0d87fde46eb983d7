"""The doctor reports what is wrong and how to fix it, one line per finding."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path

import pytest
import stamina
from filelock import FileLock
from typer.testing import CliRunner

from mews_pipeline.cli.main import app
from mews_pipeline.extract.entities import ENTERPRISES, ENTITIES
from mews_pipeline.monitoring import doctor
from mews_pipeline.monitoring.doctor import Finding, examine
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    Clock,
    SandboxOptions,
    World,
    running_sandbox,
    simulate,
    token_key,
)
from mews_pipeline.warehouse import file


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(3, date(2026, 1, 1), date(2026, 1, 8), scale=0.2)


@pytest.fixture
def options() -> SandboxOptions:
    return SandboxOptions()


@pytest.fixture(autouse=True)
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "warehouse.duckdb"
    monkeypatch.setenv("MEWS_WAREHOUSE", str(path))
    return path


@pytest.fixture(autouse=True)
def _settings(
    world: World, options: SandboxOptions, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    with running_sandbox(world, Clock(datetime(2026, 1, 6, 9, tzinfo=UTC)), options) as served:
        monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", served)
        monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
        monkeypatch.setenv("MEWS_ACCESS_TOKENS", PORTFOLIO_TOKEN)
        monkeypatch.setenv("MEWS_START_DATE", "2026-01-01")
        yield


def wrong() -> list[Finding]:
    return [finding for finding in examine() if finding.is_wrong]


def test_in_a_healthy_set_up_every_operation_responds_and_nothing_is_wrong(world: World) -> None:
    found = list(examine())
    assert [finding for finding in found if finding.is_wrong] == []
    texts = "\n".join(f"{finding.what}: {finding.text}" for finding in found)
    assert all(entity.operation.path in texts for entity in ENTITIES.values())
    assert all(enterprise["Name"] in texts for enterprise in world.versions("enterprises"))


def test_the_exit_code_is_1_if_anything_is_wrong_else_0(
    options: SandboxOptions,
) -> None:
    assert CliRunner().invoke(app, ["doctor"]).exit_code == 0
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 1
    assert f"fails token {token_key(PORTFOLIO_TOKEN)}: " in result.output
    assert PORTFOLIO_TOKEN not in result.output
    assert CLIENT_TOKEN not in result.output


def test_a_revoked_token_is_one_line(options: SandboxOptions) -> None:
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    [finding] = wrong()
    assert token_key(PORTFOLIO_TOKEN) in finding.what
    assert "check the tokens" in finding.text


@pytest.mark.parametrize(
    "name", ["services", "resources", "reservations", "product_service_orders", "availability"]
)
def test_an_operation_without_permission_is_named(options: SandboxOptions, name: str) -> None:
    path = ENTITIES[name].operation.path
    options.denied_operations["*"] = {path}
    named = [finding for finding in wrong() if finding.what.endswith(path)]
    assert len(named) == 1
    assert "no permission for this operation" in named[0].text


@pytest.mark.parametrize("status", [401, 410])
def test_what_is_not_granted_of_money_is_named_and_not_wrong(
    options: SandboxOptions, status: int
) -> None:
    options.refused_money = {"*": status}
    found = list(examine())
    assert [finding for finding in found if finding.is_wrong] == []
    refused = {finding.what.split(", ")[-1] for finding in found if "for money" in finding.text}
    assert refused == {e.operation.path for e in ENTITIES.values() if e.may_be_refused}


def test_a_property_may_refuse_the_list_of_enterprises(options: SandboxOptions) -> None:
    options.denied_operations["*"] = {ENTERPRISES.operation.path}
    assert wrong() == []


def test_an_unreachable_address_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", "http://127.0.0.1:9")
    with stamina.set_testing(True, attempts=2):
        [finding] = wrong()
    assert "Check MEWS_PLATFORM_ADDRESS" in finding.text
    assert finding.what == "network"
    assert "token" not in finding.text.lower()


def test_missing_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEWS_CLIENT_TOKEN")
    [finding] = wrong()
    assert "MEWS_CLIENT_TOKEN is missing" in finding.text


def test_an_unknown_time_zone_is_reported(world: World) -> None:
    record = world.tables["enterprises"].records[0].versions[-1]
    before = record.fields["TimeZoneIdentifier"]
    record.fields["TimeZoneIdentifier"] = "Europe/Atlantis"
    try:
        [finding] = wrong()
    finally:
        record.fields["TimeZoneIdentifier"] = before
    assert "Europe/Atlantis" in finding.text


@pytest.mark.parametrize(
    ("name", "found", "is_wrong"),
    [
        ("duckdb", "2.0.1", False),
        ("duckdb", "2.1.0", True),
        ("duckdb", "1.4.4", True),
        ("dbt-core", "1.12.6", False),
        ("dbt-core", "1.13.0", True),
    ],
)
def test_a_version_is_wrong_unless_it_is_the_required_one_or_was_tried(
    name: str, found: str, is_wrong: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        doctor, "version", lambda each: found if each == name else metadata.version(each)
    )
    # The first finding alone: what follows is examined only when it is asked for
    versions = next(each for each in examine() if each.what == "versions")
    assert versions.is_wrong == is_wrong
    assert f"{name} {'is ' if is_wrong else ''}{found}" in versions.text


def test_a_warehouse_that_is_not_a_duckdb_file_is_reported(warehouse: Path) -> None:
    warehouse.write_text("these are my notes")
    [finding] = wrong()
    assert "not a DuckDB file" in finding.text


def test_a_warehouse_in_use_is_reported_at_once(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert doctor._PATIENCE_SECONDS <= 2
    monkeypatch.setattr(doctor, "_PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(file, "QUIET_SECONDS", 0.1)
    with FileLock(warehouse.with_name(warehouse.name + ".lock")):
        [finding] = wrong()
    assert "was in use" in finding.text
