"""Paths are data: any character in them is quoted, or refused in words before anything ran."""

import os
import shutil
import subprocess
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from mews_pipeline.cli.main import app
from mews_pipeline.publish.exports import export
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN, Clock, running_sandbox, simulate
from mews_pipeline.settings import LocalSettings, SettingsError, load, load_or_default
from mews_pipeline.warehouse.file import DuckDBFile

ROOT = Path(__file__).parents[1]
ODD = 'it\'s [a] "b" #1 ?2 *3 {4} $x é'


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("data/it's.duckdb", "'"),
        ('data/"mine".duckdb', '"'),
        ("data/a;b.duckdb", ";"),
        ("c#/data/w.duckdb", "#"),
        ("data/w?mode=ro.duckdb", "?"),
        ("data/a\x1b[2J.duckdb", "a control character"),
    ],
)
def test_a_path_that_dbt_would_misread_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, path: str, shown: str
) -> None:
    monkeypatch.setenv("MEWS_WAREHOUSE", str(tmp_path / path))
    with pytest.raises(SettingsError) as refusal:
        load(LocalSettings)
    assert f"MEWS_WAREHOUSE cannot be used, since its path has {shown};" in str(refusal.value)
    assert list(tmp_path.iterdir()) == []


def test_a_copy_whose_path_duckdb_would_misread_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEWS_ANALYTICS", str(tmp_path / "a?b" / "analytics.duckdb"))
    with pytest.raises(SettingsError, match="MEWS_ANALYTICS cannot be used, since its path has"):
        load(LocalSettings)


def test_definitions_load_in_a_checkout_whose_path_dbt_would_misread(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "c#"
    folder.mkdir()
    monkeypatch.chdir(folder)
    assert load_or_default(LocalSettings).token_groups == 1


@pytest.mark.parametrize("name", ["it's [a] b (c) {d}/w [1] é %41.duckdb", "a b/c*d.duckdb"])
def test_other_characters_in_the_path_of_a_warehouse_are_no_matter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    monkeypatch.setenv("MEWS_WAREHOUSE", str(path))
    assert load(LocalSettings).warehouse == str(path)
    with DuckDBFile(path).open(lambda _: None):
        pass
    with duckdb.connect() as connection:
        catalog = DuckDBFile(path).attach(connection)
        assert connection.execute(f'from "{catalog}".raw.services').fetchall() == []
    assert path.exists()


def test_the_copy_and_its_exports_may_be_in_a_folder_of_any_name(tmp_path: Path) -> None:
    folder = tmp_path / ODD.replace("?", "")
    folder.mkdir()
    with duckdb.connect(str(folder / "analytics.duckdb")) as connection:
        connection.execute("create table about as select 1 as one")
    assert export(folder / "analytics.duckdb", folder / "export") == {"about": 1}
    assert (folder / "export" / "about.parquet").exists()


def test_the_doctor_works_with_a_temporary_folder_of_any_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / ODD
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("MEWS_WAREHOUSE", str(tmp_path / "w.duckdb"))
    monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
    monkeypatch.setenv("MEWS_ACCESS_TOKENS", PORTFOLIO_TOKEN)
    world = simulate(3, date(2025, 1, 1), date(2025, 1, 3), properties=1, scale=0.2)
    with running_sandbox(world, Clock(datetime(2025, 1, 2, tzinfo=UTC))) as address:
        monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", address)
        result = CliRunner().invoke(app, ["doctor"])
    assert result.exit_code == 0, result.output


def test_make_install_writes_nothing_outside_a_checkout_of_any_name(tmp_path: Path) -> None:
    checkout = tmp_path / ODD
    for name in ("Makefile", "bootstrap.lock", "pyproject.toml", "requirements.lock"):
        checkout.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, checkout)
    for folder in ("deploy", ".venv"):
        (checkout / folder).mkdir()
    shutil.copy(ROOT / "deploy/dagster.yaml", checkout / "deploy")
    inherited = {name: value for name, value in os.environ.items() if name != "DAGSTER_HOME"}
    for _ in range(2):
        # What is installed is not the matter here
        subprocess.run(["make", "install", "UV=true"], cwd=checkout, env=inherited, check=True)
    assert (checkout / ".dagster" / "dagster.yaml").stat().st_mode & 0o077 == 0
    assert list(tmp_path.iterdir()) == [checkout]


def test_uv_is_installed_by_its_hash() -> None:
    ended = subprocess.run(
        ["make", "--dry-run", "--always-make", ".uv/bin/uv"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    [line] = [line for line in ended.stdout.splitlines() if "pip install" in line]
    assert "--require-hashes -r bootstrap.lock" in line
    assert "--hash=sha256:" in (ROOT / "bootstrap.lock").read_text()
