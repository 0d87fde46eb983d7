"""Every command of the pages is executed, in their order, in a checkout whose path has a space."""

import os
import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.demo.cluster.subprocesses import free_port
from mews_pipeline.demo.cluster.webserver import until
from mews_pipeline.publish import terminal

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
# What is not executed here, and which test does, or why none can
ELSEWHERE = {
    "make install": "the environment of this test",
    "make test": "this suite",
    "make demo-distributed": "demo/test_cluster.py",
    "install -m 600 .env.example .env": "what follows needs the tokens of a real Mews",
    "mews-pipeline migrate --to ducklake:postgres:": "warehouse/test_migrate.py",
    ".venv/bin/mews-pipeline reconcile-revenue figures.csv": "cli/test_reconcile.py",
    "duckdb -readonly data/analytics.duckdb": "DuckDB's own program is no part of the project",
}
# make would install; the environment is there
INSTALLED = {"make demo": ".venv/bin/mews-pipeline demo", "make dev": ".venv/bin/mews-pipeline dev"}


def fences(language: str) -> list[str]:
    """Return the blocks of a language in all pages."""
    pattern = re.compile(rf"^```{language}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [block for page in PAGES for block in pattern.findall(page.read_text("utf-8"))]


def commands() -> list[str]:
    """Return the commands of README, then of the other pages, without their comments."""
    lines = [line for block in fences("sh") for line in block.splitlines()]
    found = [re.sub(r"\s+#.*", "", line).strip() for line in lines]
    return list(dict.fromkeys(filter(None, found)))


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with the files of this checkout and its environment, and no data."""
    folder = tmp_path_factory.mktemp("a check out")
    names = (
        "mews_pipeline", "dbt_project", "deploy", "docs", "pyproject.toml", "Makefile",
        ".env.example",
    )  # fmt: skip
    for name in names:
        (folder / name).symlink_to(ROOT / name)
    environment = Path(sys.executable).parents[1]
    (folder / ".venv").symlink_to(environment, target_is_directory=True)
    return folder


def variables() -> dict[str, str]:
    """Return the environment of a new user."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("MEWS_", "DAGSTER_"))}
    return own | {"DO_NOT_TRACK": "1", "DAGSTER_DISABLE_TELEMETRY": "1"}


def run(checkout: Path, command: str) -> tuple[str, str]:
    """Run a command in the checkout; give its output and what it shows beside that."""
    done = subprocess.run(
        ["bash", "-ec", command],
        cwd=checkout,
        env=variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout, done.stderr


def test_no_command_of_the_pages_is_left_out() -> None:
    known = [*ELSEWHERE, *INSTALLED, ".venv/bin/mews-pipeline ", ".venv/bin/dg ", "export "]
    assert [c for c in commands() if not c.startswith(tuple(known))] == []
    assert [c for c in ELSEWHERE if c not in commands()] == []


@pytest.mark.slow
def test_the_commands_of_the_pages_work_in_their_order(checkout: Path) -> None:
    exported = "true"
    shown = {}
    for command in commands():
        if command.startswith("export "):
            exported = command
        elif command == "make dev":
            dev_shows_the_runs(checkout)
        elif command not in ELSEWHERE:
            shown[command] = run(checkout, f"{exported}; {INSTALLED.get(command, command)}")
    demo, _ = shown["make demo"]
    assert len(demo.splitlines()) <= 40
    assert demo.index("The next 14 nights") < demo.index("by property")
    assert "occupancy last year" in demo
    for command, printed in shown.items():
        is_live = any(word in command for word in ("doctor", "fetch", "launch"))
        assert "".join(printed).count("Demo mode: ") == is_live, command
        assert "stamina" not in "".join(printed)
    analysts_snippets_run(checkout)


def dev_shows_the_runs(checkout: Path) -> None:
    """Start Dagster's UI on a free port and look for the run of `dg launch` in it."""
    port = free_port()
    command = [".venv/bin/mews-pipeline", "dev", "--port", str(port)]
    query = "{ runsOrError { ... on Runs { results { status } } } }"
    with subprocess.Popen(
        command,
        cwd=checkout,
        env=variables(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as dev:
        try:
            found = until("the UI shows runs", lambda: _asked(port, query))
            assert found["data"]["runsOrError"]["results"]
            refused = subprocess.run(
                [".venv/bin/mews-pipeline", "demo"],
                cwd=checkout,
                env=variables(),
                capture_output=True,
                text=True,
                check=False,
            )
            assert "in use by a running mews-pipeline dev" in refused.stderr
        finally:
            dev.terminate()


def _asked(port: int, query: str) -> dict[str, dict[str, dict[str, object]]] | None:
    import httpx  # noqa: PLC0415

    try:
        told = httpx.post(f"http://localhost:{port}/graphql", json={"query": query}, timeout=60)
    except httpx.TransportError:
        return None
    return told.json()  # type: ignore[no-any-return]


def analysts_snippets_run(checkout: Path) -> None:
    """Run the snippets of docs/analysts.md in the project's own environment."""
    page = (ROOT / "docs" / "analysts.md").read_text("utf-8")
    for snippet in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        subprocess.run([sys.executable, "-c", snippet], cwd=checkout, check=True)
    (statements,) = re.findall(r"```text\n(from about.*?)```", page, re.DOTALL)
    with duckdb.connect(str(checkout / "data" / "analytics.duckdb"), read_only=True) as copy:
        for statement in filter(None, re.sub(r"--.*", "", statements).split("\n")):
            copy.execute(statement)


def readme_sql(copy: Path) -> list[tuple[object, ...]]:
    """Return the answer to the README's question."""
    readme = (ROOT / "README.md").read_text("utf-8")
    (statement,) = re.findall(r"```sql\n(.*?)```", readme, re.DOTALL)
    with duckdb.connect(str(copy), read_only=True) as connection:
        return connection.execute(statement).fetchall()


def same_as_the_report(copy: Path, first: date, last: date) -> None:
    """Compare the README's answer with the report's, for nights that both have."""
    report = terminal.occupancy(copy, first, last)
    place = [report.names.index(name) for name in ("property", "night", "rooms", "usable")]
    shown = {tuple(row[n] for n in place) for row in report.rows}
    answered = {row[:4] for row in readme_sql(copy) if first <= row[1] <= last}  # type: ignore[operator]
    assert answered == shown
    assert answered
