"""Texts of a property or a guest reach people as they read: no markup, no command, no formula."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from shutil import copyfile
from typing import Any

import duckdb
import httpx
import polars as pl
import pytest
from pydantic import SecretStr
from rich.console import Console
from typer.testing import CliRunner, Result

from mews_pipeline.brief.content import Limits, Morning, mornings
from mews_pipeline.brief.delivery import message
from mews_pipeline.cli import output
from mews_pipeline.cli.main import app
from mews_pipeline.errors import PipelineError
from mews_pipeline.mews.errors import BadRequestError
from mews_pipeline.notify import Message, send
from mews_pipeline.publish.report.write import write_report
from mews_pipeline.publish.terminal import TerminalTable, show
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    Clock,
    World,
    running_sandbox,
    simulate,
)
from mews_pipeline.texts import for_alert, for_channel, for_csv, for_json, for_terminal

HOSTILE = (
    "[red]Inn[/red]",
    "[/]",
    "[link=http://evil.test]Inn[/link]",
    ":smile: Inn",
    "\x1b[2J\x1b]0;title\x07Inn",
    "\x9b31mInn",
    "Inn\rok",
    "Inn\u202etxt.exe",
    '=HYPERLINK("http://evil.test","Inn")',
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "\t=1+1",
    "\uff1d1+1",
    "<!channel> Inn",
    "@everyone Inn",
    "<http://evil.test|Inn>",
    "[Inn](http://evil.test)",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "<img src=x onerror=alert(1)>",
)
CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
FORMULA = re.compile(r"\s*[=+\-@\uff1d]")


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(3, date(2025, 1, 1), date(2025, 1, 8), properties=2, scale=0.3)


@pytest.fixture(params=HOSTILE, ids=[ascii(text) for text in HOSTILE])
def hostile(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def is_harmless(shown: str) -> bool:
    return not CONTROLS.search(shown)


def flat(shown: str) -> str:
    """Join the lines of a table or message, which may be folded anywhere."""
    return re.sub(r"\s", "", shown)


def test_a_text_for_the_terminal_has_no_control_character_and_loses_no_letter(hostile: str) -> None:
    assert is_harmless(for_terminal(hostile))
    assert [c for c in for_terminal(hostile) if c in hostile and c.isalnum()] == [
        c for c in hostile if c.isalnum()
    ]
    assert for_terminal("Hôtel\nÉtoile 東京") == "Hôtel\nÉtoile 東京"


def test_a_report_shows_brackets_and_no_control_character(hostile: str) -> None:
    screen = io.StringIO()
    table = TerminalTable(title="Nights", names=["property", "rooms"], numbers={"rooms"}, rows=[])
    table.rows.append((hostile, 7))
    show(table, Console(file=screen, width=200))
    assert is_harmless(screen.getvalue())
    assert flat(for_terminal(hostile)) in flat(screen.getvalue())


def test_a_look_up_shows_brackets_and_no_control_character(hostile: str) -> None:
    screen = io.StringIO()
    frame = pl.DataFrame({"number": [hostile]})
    console = Console(file=screen, width=200)
    output.write("reservations", frame, output.Format.TABLE, None, console)
    assert is_harmless(screen.getvalue())
    assert flat(for_terminal(hostile)) in flat(screen.getvalue())


@pytest.mark.parametrize("kind", [PipelineError, BadRequestError])
def test_an_error_has_no_control_character_wherever_it_is_shown(
    kind: type[PipelineError], hostile: str
) -> None:
    error = kind(f"the property {hostile}")
    assert is_harmless(str(error))


def test_a_refusal_in_hostile_words_is_shown_by_fetch_and_doctor(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
    with running_sandbox(world, Clock(datetime(2025, 1, 7, tzinfo=UTC))) as address:
        environment = {
            "MEWS_PLATFORM_ADDRESS": address,
            "MEWS_ACCESS_TOKENS": "nobodys",
            "MEWS_WAREHOUSE": str(tmp_path / "w.duckdb"),
        }
        for text in HOSTILE[:8]:
            monkeypatch.setattr("mews_pipeline.mews.responses._error_body", _said(text))
            for words in (["fetch", "reservations", "--number", "52"], ["doctor"]):
                result = CliRunner().invoke(app, words, env=environment)
                assert result.exit_code == 1
                assert is_harmless(result.output)
                assert flat(" ".join(for_terminal(text).split())) in flat(result.output)


def _said(text: str) -> Any:
    return lambda _: {"Message": text}


def test_the_doctor_shows_hostile_names_on_lines_of_their_own(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    record = world.tables["enterprises"].records[0].versions[-1]
    before = record.fields["Name"]
    monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
    monkeypatch.setenv("MEWS_ACCESS_TOKENS", PORTFOLIO_TOKEN)
    monkeypatch.setenv("MEWS_WAREHOUSE", str(tmp_path / "w.duckdb"))
    record.fields["Name"] = "[/] \x1b[2J Inn\nwrong everything"
    try:
        with running_sandbox(world, Clock(datetime(2025, 1, 7, tzinfo=UTC))) as address:
            monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", address)
            result = CliRunner().invoke(app, ["doctor"])
    finally:
        record.fields["Name"] = before
    assert is_harmless(result.output)
    assert "[/] \u241b[2J Inn wrong everything" in result.output
    assert not any(line.startswith("wrong everything") for line in result.output.splitlines())


def test_csv_cells_are_no_formulas_unless_asked_for_raw(hostile: str) -> None:
    frame = pl.DataFrame({"number": [hostile], "persons": [-2], "price": ["-2.50"]})
    screen = io.StringIO()
    csv.writer(screen).writerow([for_csv(hostile)])
    assert is_harmless(screen.getvalue().strip())
    for cell in (str(for_csv(hostile)), str(output.harmless(frame)["number"][0])):
        assert not FORMULA.match(cell)
    assert for_terminal(hostile) in str(for_csv(hostile))
    assert output.harmless(frame).row(0)[1:] == (-2, "-2.50")
    assert for_csv(None) is None


def test_json_is_the_same_without_control_characters(hostile: str) -> None:
    text = for_json(json.dumps([hostile], ensure_ascii=False))
    assert is_harmless(text)
    assert json.loads(text) == [hostile]


def test_an_alert_calls_nobody_and_links_nowhere(
    monkeypatch: pytest.MonkeyPatch, hostile: str
) -> None:
    sent: list[str] = []

    def post(_: str, *, json: dict[str, str], **__: float) -> httpx.Response:
        sent.append(json["text"])
        return httpx.Response(200)

    monkeypatch.setattr(httpx, "post", post)
    send(SecretStr("http://127.0.0.1:9"), Message("", f"refresh of {hostile} failed."), "chat")
    assert is_harmless(sent[0])
    assert not re.search(r"<|>|@(channel|here|everyone|all)\b|\]\(", sent[0])
    plain = for_channel(f"refresh of {hostile} failed.")
    assert is_harmless(plain)
    assert not re.search(r"<[^\u200b]|@(channel|here|everyone|all)\b|\]\(", plain)
    assert for_alert("R&B failed: see http://x/runs/1") == "R&amp;B failed: see http://x/runs/1"


@pytest.fixture(scope="module")
def renamable(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Yield a published copy whose properties have the hostile names one by one."""
    path = tmp_path_factory.mktemp("hostile") / "analytics.duckdb"
    copyfile(copy, path)
    path.chmod(0o600)
    yield path
    path.unlink()


def _rename(copy: Path, names: dict[str, str]) -> None:
    with duckdb.connect(str(copy)) as connection:
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() join duckdb_columns() "
            "using (schema_name, table_name) where column_name = 'enterprise_name'"
        ).fetchall()
        assert tables
        for schema, table in tables:
            connection.executemany(
                f"update {schema}.{table} set enterprise_name = $new where enterprise_name = $old",
                [{"old": old, "new": new} for old, new in names.items()],
            )


class _Elements(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
        self.names.append(tag)


def test_every_published_output_shows_a_hostile_name_harmlessly(
    renamable: Path, tmp_path: Path
) -> None:
    page, elements = tmp_path / "report.html", set[tuple[str, ...]]()

    def report(*words: str) -> Result:
        run = ["report", "occupancy", *words]
        result = CliRunner().invoke(app, run, env={"MEWS_ANALYTICS": str(renamable)})
        assert result.exit_code == 0, result.output
        return result

    shown: tuple[str, ...] = ("Hudson House", "Sumida Inn", "Vltava Palace")
    # All three at a time: each is shown in every output
    for first in range(0, len(HOSTILE), 3):
        names = HOSTILE[first : first + 3]
        _rename(renamable, dict(zip(shown, names, strict=True)))
        shown = names
        assert is_harmless(report().stdout)
        cells = list(csv.DictReader(io.StringIO(report("--format", "csv").stdout)))
        assert {row["property"] for row in cells} >= {str(for_csv(name)) for name in names}
        assert not any(FORMULA.match(row["property"]) for row in cells)
        raw = io.StringIO(report("--format", "csv", "--raw").stdout, newline="")
        assert {row["property"] for row in csv.DictReader(raw)} >= set(names)
        found = report("--format", "json").stdout
        assert is_harmless(found)
        assert {row["property"] for row in json.loads(found)} >= set(names)
        write_report(renamable, page)
        elements.add(tuple(_Elements(page.read_text()).names))
    # No name has begun or ended an element of the page
    assert len(elements) == 1


def test_a_brief_shows_a_hostile_name_harmlessly_as_text_and_as_html(copy: Path) -> None:
    elements, found = set[tuple[str, ...]](), mornings(copy, Limits(-5, 30))
    for name in HOSTILE:
        briefs = [message(_of_property(morning, name)) for morning in found]
        shown = " ".join(for_terminal(" ".join(name.split())).split())
        assert all(flat(shown) in flat(for_terminal(brief.text)) for brief in briefs)
        assert all(escape(shown) in brief.html for brief in briefs)
        assert all(is_harmless(brief.html) and "\n" not in brief.title for brief in briefs)
        elements.add(tuple(tag for brief in briefs for tag in _Elements(brief.html).names))
    assert len(elements) == 1


def _of_property(morning: Morning, name: str) -> Morning:
    return replace(
        morning,
        properties=[row | {"name": name} for row in morning.properties],
        movers=[row | {"property": name} for row in morning.movers],
    )
