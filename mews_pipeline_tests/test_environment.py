"""Files and variables that cannot be used are named in one line, with what to do."""

import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest
from typer.testing import CliRunner

from mews_pipeline.cli.main import app
from mews_pipeline.definitions import defs
from mews_pipeline.monitoring.doctor import examine
from mews_pipeline.settings import LocalSettings, Settings, SettingsError, load, load_or_default
from mews_pipeline_tests.support.dbt import share_manifest
from mews_pipeline_tests.support.example_requests import ACCESS_TOKEN, CLIENT_TOKEN

GOOD = f"""MEWS_PLATFORM_ADDRESS=http://127.0.0.1:9
MEWS_CLIENT_TOKEN={CLIENT_TOKEN}
MEWS_ACCESS_TOKENS={ACCESS_TOKEN}
"""
SECOND = "ABCDEF0123456789ABCDEF0123456789-ABCDEF0123456789ABCDEF012345678"
BAD_FILES = {
    "cp1252": (f"{GOOD}MEWS_CLIENT=Zürich\n".encode("cp1252"), ".env is not saved as UTF-8"),
    "UTF-16": (GOOD.encode("utf-16"), ".env is saved as UTF-16"),
    "UTF-16 without mark": (GOOD.encode("utf-16-le"), ".env is saved as UTF-16"),
    "list over two lines": (f"{GOOD.rstrip()},\n{SECOND}\n".encode(), ".env, line 4, is not"),
    "list after a backslash": (f"{GOOD.rstrip()},\\\n{SECOND}".encode(), ".env, line 4, is not"),
    "blank lines before": (f"{GOOD}\n# more\n\n{SECOND}\n".encode(), ".env, line 7, is not"),
    "set twice": (f"{GOOD}MEWS_ACCESS_TOKENS={SECOND}\n".encode(), "MEWS_ACCESS_TOKENS in lines 3"),
    "no comma": (
        GOOD.replace(ACCESS_TOKEN, f'"{ACCESS_TOKEN}\n{SECOND}"').encode(),
        "MEWS_ACCESS_TOKENS cannot be used",
    ),
}
BAD_VARIABLES = {
    "client with an accent": ("MEWS_CLIENT", "Hôtel 1.0"),
    "client of two lines": ("MEWS_CLIENT", "Hotel\nX-Header: 1"),
    "client of another encoding": ("MEWS_CLIENT", "H\udcf4tel"),
    "Redis": ("MEWS_REDIS_URL", "localhost"),
    "bracketed exception": ("NO_PROXY", "localhost,[::1]"),
    "bracketed exception, small": ("no_proxy", "[::1]"),
    "network of IPv6 addresses": ("NO_PROXY", "fe80::/10"),
    "SOCKS": ("ALL_PROXY", "socks5://127.0.0.1:1080"),
    "SOCKS, small": ("https_proxy", "socks5://127.0.0.1:1080"),
    "port": ("HTTPS_PROXY", "http://user:secret@proxy:port"),
    "certificates": ("SSL_CERT_FILE", "/no/such/file.pem"),
    "certificates that are a folder": ("SSL_CERT_FILE", "/"),
    "folder of certificates": ("SSL_CERT_DIR", "/no/such/folder"),
}


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.delenv("MEWS_ENV_FILE")
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text(GOOD)
    (tmp_path / ".env").chmod(0o600)
    return tmp_path


def every_output() -> list[str]:
    """Give the refusal as loading the settings, the doctor and a look-up show it."""
    with pytest.raises(SettingsError) as refusal:
        load(Settings)
    fetched = CliRunner().invoke(app, ["fetch", "reservations", "--number", "52"])
    examined = CliRunner().invoke(app, ["doctor"])
    assert (fetched.exit_code, examined.exit_code) == (1, 1)
    return [str(refusal.value), fetched.stderr, examined.stdout]


@pytest.mark.parametrize(("content", "words"), BAD_FILES.values(), ids=list(BAD_FILES))
def test_a_file_that_would_be_misread_is_named_in_one_line(
    folder: Path, content: bytes, words: str
) -> None:
    (folder / ".env").write_bytes(content)
    for output in every_output():
        [line] = [line for line in output.splitlines() if words in line]
        assert ": " in line.split(words)[1] or "; it is" in line
        assert "Traceback" not in output
        assert ACCESS_TOKEN not in output
        assert SECOND not in output
        assert len(output.splitlines()) <= 20


def test_the_mark_that_windows_puts_first_is_skipped(folder: Path) -> None:
    (folder / ".env").write_bytes(GOOD.encode("utf-8-sig").replace(b"\n", b"\r\n"))
    assert load(Settings).access_tokens[0].get_secret_value() == ACCESS_TOKEN


def test_a_quoted_list_over_two_lines_keeps_every_token(folder: Path) -> None:
    (folder / ".env").write_text(GOOD.replace(ACCESS_TOKEN, f'"{ACCESS_TOKEN},\n  {SECOND}"'))
    tokens = [token.get_secret_value() for token in load(Settings).access_tokens]
    assert tokens == [ACCESS_TOKEN, SECOND]


@pytest.mark.parametrize(("name", "value"), BAD_VARIABLES.values(), ids=list(BAD_VARIABLES))
def test_a_variable_that_cannot_be_used_is_named_in_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    for output in every_output():
        assert len([line for line in output.splitlines() if f"{name} " in line]) == 1
        assert "Traceback" not in output
        assert "secret" not in output
        assert len(output.splitlines()) <= 20


@pytest.mark.parametrize("value", ["http://proxy:3128", "proxy:3128"])
def test_usual_proxies_and_exceptions_are_no_problem(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", value)
    monkeypatch.setenv("NO_PROXY", "localhost, ::1,10.0.0.0/8,.corp,*.example,http://x:80,*")
    load(Settings)


@pytest.mark.parametrize("kind", ["cp1252", "list over two lines"])
def test_definitions_load_with_a_file_that_cannot_be_read(folder: Path, kind: str) -> None:
    (folder / ".env").write_bytes(BAD_FILES[kind][0])
    share_manifest(folder / "data")
    assert load_or_default(LocalSettings).token_groups == 1
    loaded = defs()
    assert isinstance(loaded, dg.Definitions)
    asset = next(spec for spec in loaded.resolve_all_asset_specs() if "mews" in spec.key.path)
    assert "The settings cannot be used" in (asset.description or "")


def test_the_doctor_does_not_end_in_a_traceback_for_a_variable_of_http(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NO_PROXY", "[::1]")
    assert [found.what for found in examine() if found.is_wrong] == ["settings"]


def test_a_folder_in_place_of_the_file_is_left_out(folder: Path) -> None:
    (folder / ".env").unlink()
    (folder / ".env").mkdir()
    assert load(LocalSettings).token_groups == 1


def test_the_command_line_starts_in_a_folder_with_a_file_of_another_encoding(
    folder: Path,
) -> None:
    (folder / ".env").write_bytes(BAD_FILES["cp1252"][0])
    ended = subprocess.run(
        [Path(sys.executable).with_name("mews-pipeline"), "report", "occupancy"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) <= 4
