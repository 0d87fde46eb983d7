"""Demo mode: only without tokens, only where the warehouse is absent or the demo's own."""

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from mews_pipeline import demo_mode
from mews_pipeline.demo_mode import DemoError
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN, World, simulate
from mews_pipeline.settings import Settings, SettingsError, load

START = date(2026, 1, 1)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "warehouse.duckdb"
    monkeypatch.setenv("MEWS_WAREHOUSE", str(path))
    return path


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Restore the variables that demo mode sets, and let the next test enter it anew."""
    before = dict(os.environ)

    def small_world(start: date) -> World:
        return simulate(1, start, start + timedelta(days=9), properties=1, scale=0.1)

    monkeypatch.setattr(demo_mode, "demo_world", small_world)
    demo_mode.enter.cache_clear()
    yield
    demo_mode.enter.cache_clear()
    os.environ.clear()
    os.environ.update(before)


def with_tokens(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", "https://api.mews.com")
    monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
    monkeypatch.setenv("MEWS_ACCESS_TOKENS", token)


@pytest.mark.usefixtures("environment")
def test_it_serves_the_sandbox_in_place_of_mews_and_says_so(warehouse: Path) -> None:
    demo_mode.mark(warehouse, START)
    assert demo_mode.is_on()
    line = demo_mode.enter()
    assert line.startswith("Demo mode: no token is set")
    assert "\n" not in line
    settings = load(Settings)
    assert settings.start_date == START
    assert settings.warehouse == str(warehouse)
    # It is still served: nothing closed it when enter returned
    assert httpx.get(str(settings.platform_address)).status_code < 500
    assert demo_mode.enter() == line


@pytest.mark.usefixtures("environment")
def test_a_warehouse_that_demo_mode_creates_is_the_demos(warehouse: Path) -> None:
    assert demo_mode.is_on()
    demo_mode.enter()
    assert demo_mode.first_day(warehouse)


def test_a_warehouse_of_somebody_elses_data_is_left_alone(warehouse: Path) -> None:
    warehouse.write_bytes(b"")
    assert not demo_mode.is_on()


@pytest.mark.usefixtures("warehouse")
def test_any_token_in_the_settings_ends_demo_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
    assert not demo_mode.is_on()
    with pytest.raises(SettingsError, match="MEWS_ACCESS_TOKENS is missing"):
        demo_mode.refuse_real_tokens()


def test_a_lake_has_no_demo_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWS_WAREHOUSE", "ducklake:postgres:")
    assert not demo_mode.is_on()


def test_the_demos_warehouse_refuses_real_tokens(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.write_bytes(b"")
    demo_mode.mark(warehouse, START)
    with_tokens(monkeypatch, "A" * 32 + "-" + "B" * 31)
    with pytest.raises(DemoError, match="it takes no rows of a real Mews") as refused:
        demo_mode.refuse_real_tokens()
    assert "A" * 32 not in str(refused.value)
    with_tokens(monkeypatch, PORTFOLIO_TOKEN)
    demo_mode.refuse_real_tokens()


def test_the_mark_of_a_warehouse_that_was_removed_is_forgotten(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo_mode.mark(warehouse, START)
    with_tokens(monkeypatch, "A" * 32 + "-" + "B" * 31)
    demo_mode.refuse_real_tokens()
    assert demo_mode.first_day(warehouse) is None
