"""Whatever one property's API answers, the others land whole, and ours is one plain sentence."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import httpx
import pytest
import stamina
from typer.testing import CliRunner, Result

from mews_pipeline.cli.main import app
from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.files import own_temporary_folder
from mews_pipeline.ingest import Ingest, Ingested
from mews_pipeline.mews import client, paging, retry
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    Clock,
    SandboxOptions,
    World,
    portfolio_tokens,
    running_sandbox,
    simulate,
)
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.landing import Run
from mews_pipeline_tests.conftest import settings_for
from mews_pipeline_tests.service.hostile_answers import CASES, Case
from mews_pipeline_tests.support import hostile_mews
from mews_pipeline_tests.support.hostile_mews import HostileMews

pytestmark = pytest.mark.slow

DAYS = [date(2025, 3, 1) + timedelta(days=n) for n in range(3)]
NOW = datetime(2025, 3, 4, 0, 20, tzinfo=UTC)
MOST_LINES = 20
SHORT_SECONDS = 1.5
# What a case may need beyond what the process has: bodies of 64 MB, as bytes and as text
MOST_MEMORY = 400 * 2**20
Rows = dict[str, datetime]


@dataclass
class Hotels:
    """Two properties with a token each, one of them poisoned, and what both have to land."""

    mews: HostileMews
    healthy_token: str
    poisoned_token: str
    empty: Path
    healthy: Rows = field(repr=False)
    poisoned: Rows = field(repr=False)

    @property
    def tokens(self) -> list[str]:
        """Both tokens."""
        return [self.poisoned_token, self.healthy_token]

    def expected(self, case: Case) -> set[str]:
        """Give the ids of the poisoned property that land in a case."""
        bad_day = self.poisoned[self.mews.victim].date()
        rest = {known for known, updated in self.poisoned.items() if updated.date() != bad_day}
        others = set(self.poisoned) - {self.mews.victim}
        of = {"all": set(self.poisoned), "others": others, "rest": rest, "nothing": set[str]()}
        return of[case.landed]


def landed(warehouse: Path) -> Rows:
    """Give the id and the update of every row."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        rows = connection.execute("select id, updated_utc from raw.reservations").fetchall()
    assert len(rows) == len(set(rows))
    return {known: updated.astimezone(UTC) for known, updated in rows}


def ingested(address: str, warehouse: Path, tokens: list[str], log: list[str]) -> Ingested:
    """Fetch and land the days with these tokens."""
    settings = settings_for(address, DAYS[0], access_tokens=tokens, page_size=1000)
    work = Ingest(settings, DuckDBFile(warehouse), Run("run", "run"), log.append)
    return work.updates([RESERVATIONS], DAYS)["reservations"]


@pytest.fixture(scope="module")
def hotels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hotels]:
    world: World = simulate(5, DAYS[0], DAYS[-1], properties=2, scale=0.05)
    healthy, poisoned = portfolio_tokens(world, 2)
    folder = tmp_path_factory.mktemp("calm")
    rows = {}
    with running_sandbox(world, Clock(NOW), SandboxOptions(token_groups=2)) as address:
        with DuckDBFile(folder / "empty").open():
            pass
        with hostile_mews.running(HostileMews(address, poisoned)) as mews:
            for token in (healthy, poisoned):
                assert ingested(mews.address, folder / token, [token], []).errors == []
                rows[token] = landed(folder / token)
            middle = DAYS[1]
            mews.victim = min(i for i, at in rows[poisoned].items() if at.date() == middle)
            assert not set(rows[healthy]) & set(rows[poisoned])
            yield Hotels(mews, healthy, poisoned, folder / "empty", rows[healthy], rows[poisoned])


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(paging, "MOST_PAGES", 30)
    with stamina.set_testing(True, attempts=2):
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a temporary folder of the test's own, the one of the process meanwhile."""
    own = tmp_path / "temporary"
    own.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(own))
    return own


def looked_up(hotels: Hotels, folder: Path) -> Result:
    """Look up those days with `mews-pipeline fetch`."""
    environment = {
        "MEWS_ENV_FILE": "",
        "MEWS_PLATFORM_ADDRESS": hotels.mews.address,
        "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
        "MEWS_ACCESS_TOKENS": ",".join(hotels.tokens),
        "MEWS_RATE_LIMIT": "100000",
    }
    words = ["--updated", f"{DAYS[0]}..{DAYS[-1]}", "--output", str(folder / "found.jsonl")]
    return CliRunner().invoke(app, ["fetch", "reservations", *words], env=environment)


def begin_to_measure_memory() -> int:
    """Forget the peak of this process's memory, and give what it holds now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def memory(name: str) -> int:
    """Give a figure of this process's memory, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    [found] = [line.split()[1] for line in lines if line.startswith(name + ":")]
    return int(found) * 1024


def assert_no_secret(hotels: Hotels, texts: str) -> None:
    """Fail where a token, or most of one, is in what was printed; in any case of letters."""
    lower = texts.lower()
    for token in (CLIENT_TOKEN, *hotels.tokens):
        assert token.lower() not in lower
        assert token.lower()[:24] not in lower


def left_in(folder: Path) -> list[str]:
    """List what is left, except the rate limit that all processes of a user share."""
    shared = own_temporary_folder().name
    return [found.name for found in folder.iterdir() if not found.name.startswith(shared)]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_hostile_answer_to_one_token_costs_no_other_token_a_row(
    hotels: Hotels, case: Case, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if case.waits:
        monkeypatch.setattr(client, "TIMEOUT", httpx.Timeout(SHORT_SECONDS))
        monkeypatch.setattr(client, "ANSWER_SECONDS", SHORT_SECONDS)
        monkeypatch.setattr(retry, "TOTAL_SECONDS", SHORT_SECONDS)
    warehouse, log = tmp_path / "warehouse.duckdb", list[str]()
    shutil.copy(hotels.empty, warehouse)
    before = begin_to_measure_memory()

    with hotels.mews.answering(case.answer):
        report = ingested(hotels.mews.address, warehouse, hotels.tokens, log)
    with hotels.mews.answering(case.answer):
        shown = looked_up(hotels, tmp_path)

    rows, errors = set(landed(warehouse)), "\n".join(map(str, report.errors))
    of_poisoned = rows - set(hotels.healthy)
    printed = " ".join(shown.stderr.split())
    assert {
        "lost of the healthy property": len(set(hotels.healthy) - rows),
        "lost of the poisoned one": len(hotels.expected(case) - of_poisoned),
        "more than expected of it": len(of_poisoned - hotels.expected(case)),
        "errors are kept": bool(report.errors),
        "an error has the sentence": case.sentence in errors,
        "exit status": shown.exit_code,
        "the look-up prints the sentence": case.sentence in printed,
        "few lines": len(shown.output.splitlines()) <= MOST_LINES,
        "control characters": [c for c in shown.output if ord(c) < 32 and c != "\n"],
        "cookies sent back": hotels.mews.cookies,
        "left in the temporary folder": left_in(folder),
        "memory is bounded": memory("VmHWM") - before < MOST_MEMORY,
    } == {
        "lost of the healthy property": 0,
        "lost of the poisoned one": 0,
        "more than expected of it": 0,
        "errors are kept": bool(case.sentence),
        "an error has the sentence": True,
        "exit status": 1 if case.sentence else 0,
        "the look-up prints the sentence": True,
        "few lines": True,
        "control characters": [],
        "cookies sent back": 0,
        "left in the temporary folder": [],
        "memory is bounded": True,
    }, f"{errors}\n{shown.output}"
    assert_no_secret(hotels, "\n".join([shown.output, errors, *log]))


def test_there_are_enough_hostile_answers() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60
