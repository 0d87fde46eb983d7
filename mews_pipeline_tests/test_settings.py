"""Settings come from the environment and `.env`; what is wrong is said, what is secret is not."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import HttpUrl
from pydantic.fields import FieldInfo

from mews_pipeline.settings import (
    BriefSettings,
    LakeSettings,
    LocalSettings,
    PublishSettings,
    Settings,
    SettingsError,
    load,
    tokens_are_given,
)

GOOD = {
    "MEWS_PLATFORM_ADDRESS": "https://api.mews.com",
    "MEWS_CLIENT_TOKEN": "E0D439EE522F44368DC78E1BFB03710C-D24FB11DBE31D4621C4817E028D9E1D",
    "MEWS_ACCESS_TOKENS": "C66EF7B239D24632943D115EDE9CB810-EA00F8FD8294692C940F6B5A8F9453D, other",
}


@pytest.fixture(autouse=True)
def good(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_tokens_are_split_at_commas_and_shown_by_no_repr() -> None:
    settings = load(Settings)
    assert [token.get_secret_value() for token in settings.access_tokens][1] == "other"
    assert "C66EF7" not in repr(settings)
    assert "E0D439" not in str(settings)


def test_what_is_not_set_has_its_documented_default() -> None:
    settings = load(Settings)
    assert (settings.page_size, settings.rate_limit) == (1000, 200)
    assert settings.warehouse == str(Path("data/warehouse.duckdb").absolute())
    assert settings.analytics == Path("data/analytics.duckdb").absolute()
    assert settings.report == Path("data/report.html").absolute()
    assert settings.enterprise_ids == []


def test_all_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        monkeypatch.delenv(name)
    with pytest.raises(SettingsError) as refusal:
        load(Settings)
    assert all(f"{name} is missing" in str(refusal.value) for name in GOOD)


def test_the_copy_of_another_warehouse_stands_beside_that_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEWS_WAREHOUSE", str(tmp_path / "demo.duckdb"))
    assert load(LocalSettings).analytics == tmp_path / "analytics.duckdb"


AHEAD = (datetime.now(UTC) + timedelta(days=2)).date().isoformat()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MEWS_START_DATE", "01.02.2025"),
        ("MEWS_START_DATE", AHEAD),
        ("MEWS_PAGE_SIZE", "1001"),
        ("MEWS_PAGE_SIZE", "0"),
        ("MEWS_PLATFORM_ADDRESS", "api.mews.com"),
        ("MEWS_ENTERPRISE_IDS", "my-hotel"),
        ("MEWS_ACCESS_TOKENS", ","),
        ("MEWS_ANALYTICS", "data/warehouse.duckdb"),
    ],
)
def test_what_cannot_be_used_is_named_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=f"{name} cannot be used"):
        load(Settings)


def test_no_refusal_shows_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWS_ENTERPRISE_IDS", GOOD["MEWS_CLIENT_TOKEN"])
    monkeypatch.setenv("MEWS_PAGE_SIZE", GOOD["MEWS_CLIENT_TOKEN"])
    with pytest.raises(SettingsError) as refusal:
        load(Settings)
    assert "E0D439" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None


def test_a_dotenv_file_is_read_and_the_environment_wins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("MEWS_START_DATE=2025-01-31\nMEWS_CLIENT_TOKEN=of the file\n")
    monkeypatch.delenv("MEWS_ENV_FILE")
    monkeypatch.chdir(tmp_path)
    settings = load(Settings)
    assert settings.start_date == date(2025, 1, 31)
    assert settings.client_token.get_secret_value() == GOOD["MEWS_CLIENT_TOKEN"]


def test_definitions_need_no_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GOOD:
        monkeypatch.delenv(name)
    assert not tokens_are_given()
    assert load(LocalSettings).start_date == date(2023, 1, 1)
    monkeypatch.setenv("MEWS_ACCESS_TOKENS", "one")
    assert tokens_are_given()


DESCRIBED = {
    **LakeSettings.model_fields,
    **BriefSettings.model_fields,
    **PublishSettings.model_fields,
    **Settings.model_fields,
}
ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", DESCRIBED)
def test_readme_describes_each_setting_by_its_description_and_default(name: str) -> None:
    rows = (ROOT / "README.md").read_text().splitlines()
    [row] = [row for row in rows if row.startswith(f"| `MEWS_{name.upper()}` |")]
    _, _, description, default, _ = (cell.strip() for cell in row.split("|"))
    assert description == DESCRIBED[name].description
    if shown := plain_default(DESCRIBED[name]):
        assert default.strip("`") == shown


@pytest.mark.parametrize("name", DESCRIBED)
def test_the_template_names_each_setting_and_its_default(name: str) -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    variable = f"MEWS_{name.upper()}"
    values = [line.partition("=")[2] for line in lines if line.startswith(f"# {variable}=")]
    assert values or any(line.startswith(f"{variable}=") for line in lines)
    if values and (shown := plain_default(DESCRIBED[name])):
        assert shown in values


def plain_default(field: FieldInfo) -> str | None:
    """Return a default that a reader can copy: no secret, and no value of the machine's own."""
    value = field.default
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, HttpUrl):
        return str(value).rstrip("/")
    is_plain = isinstance(value, str | int | date) and "mews_pipeline" not in str(value)
    return str(value) if is_plain else None


def test_a_setting_that_cannot_be_used_is_explained_by_its_description(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MEWS_PAGE_SIZE", "0")
    with pytest.raises(SettingsError) as refusal:
        load(Settings)
    assert f"it is {Settings.model_fields['page_size'].description}" in str(refusal.value)
