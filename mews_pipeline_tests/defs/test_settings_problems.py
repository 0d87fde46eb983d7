"""Settings that cannot be used show on the assets that need them, as soon as these load."""

import dagster as dg
import pytest

from mews_pipeline.definitions import defs
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN

RESERVATIONS, LEDGER, REPORT = (
    dg.AssetKey(["mews", "reservations"]),
    dg.AssetKey(["marts", "fct_room_night_ledger"]),
    dg.AssetKey(["publish", "report"]),
)


@pytest.fixture(autouse=True)
def _good_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", "https://api.mews.com")
    monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
    monkeypatch.setenv("MEWS_ACCESS_TOKENS", PORTFOLIO_TOKEN)


def concerned() -> dict[dg.AssetKey, str]:
    """Which of the three say that the settings cannot be used, and how."""
    graph = defs().resolve_asset_graph()
    nodes = {key: graph.get(key) for key in (RESERVATIONS, LEDGER, REPORT)}
    return {
        key: node.description or ""
        for key, node in nodes.items()
        if node.tags.get("settings") == "cannot_be_used"
    }


def test_good_settings_leave_no_mark() -> None:
    assert concerned() == {}


def test_a_missing_token_shows_on_what_comes_from_mews(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MEWS_ACCESS_TOKENS")
    [(key, description)] = concerned().items()

    assert key == RESERVATIONS
    assert description.index("MEWS_ACCESS_TOKENS is missing") < description.index("One row per")
    assert CLIENT_TOKEN not in description


def test_an_unusable_start_date_shows_on_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWS_START_DATE", "yesterday")
    shown = concerned()

    assert set(shown) == {RESERVATIONS, LEDGER, REPORT}
    assert all("MEWS_START_DATE cannot be used" in text for text in shown.values())
