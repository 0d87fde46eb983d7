"""A failed run is posted once per incident, in words that help, without secrets."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import dagster as dg
import pytest
import stamina
from pydantic import SecretStr

from mews_pipeline.defs.location import definitions_of
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.notify import ChannelError, Message, send
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

DAY = "2026-01-05"


class Chat:
    """A webhook that remembers what was posted, and refuses as often as it is told to."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.refusals = 0
        chat = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                refused, chat.refusals = chat.refusals > 0, chat.refusals - 1
                if not refused:
                    chat.texts.append(body["text"])
                self.send_response(503 if refused else 200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/services/secret"
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Chat]:
    listening = Chat()
    monkeypatch.setenv("MEWS_ALERT_WEBHOOK", listening.url)
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(3, date(2026, 1, 1), date(2026, 1, 8), scale=0.2)


@pytest.fixture
def options() -> SandboxOptions:
    return SandboxOptions()


class Code:
    """The code location's jobs, on an instance of their own."""

    def __init__(self, instance: dg.DagsterInstance, defs: dg.Definitions) -> None:
        self.instance = instance
        self.defs = defs

    def run(self, job: str, tags: dict[str, str] | None = None) -> object:
        """Execute a job and let the sensor see it when it fails; gives what the sensor says."""
        result = self.defs.resolve_job_def(job).execute_in_process(
            instance=self.instance,
            partition_key=DAY if job == "fetch_days" else None,
            tags=tags,
            raise_on_error=False,
        )
        if result.success:
            return None
        sensor = self.defs.resolve_sensor_def("failure_alert")
        context = dg.build_run_status_sensor_context(
            sensor_name=sensor.name,
            dagster_instance=self.instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_failure_event(),
        ).for_run_failure()
        said: object = sensor(context)
        return said


@pytest.fixture(scope="module")
def plain() -> dg.Definitions:
    """Define the pipeline once: steps and sensors read their settings when they run."""
    return definitions_of(Pipeline())


@pytest.fixture
def code(
    plain: dg.Definitions,
    world: World,
    options: SandboxOptions,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Iterator[Code]:
    clock = Clock(datetime(2026, 1, 6, 0, 30, tzinfo=UTC))
    with (
        running_sandbox(world, clock, options) as served,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", served)
        monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
        monkeypatch.setenv("MEWS_ACCESS_TOKENS", PORTFOLIO_TOKEN)
        monkeypatch.setenv("MEWS_START_DATE", "2026-01-01")
        monkeypatch.setenv("MEWS_WAREHOUSE", str(tmp_path / "warehouse.duckdb"))
        yield Code(instance, plain)


def test_an_alert_says_what_failed_for_whom_why_and_where_to_look(
    chat: Chat, code: Code, options: SandboxOptions, world: World
) -> None:
    code.run("reference_data")
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    code.run("fetch_days")

    [text] = chat.texts
    assert text.startswith(f"fetch_days of {DAY} failed.")
    assert all(e["Name"] in text for e in world.versions("enterprises"))
    assert 'Mews says: "' in text
    assert "RequestId" in text
    assert "check the tokens" in text
    [run] = code.instance.get_runs(dg.RunsFilter(job_name="fetch_days"))
    assert text.endswith(f"http://localhost:3000/runs/{run.run_id}")
    assert PORTFOLIO_TOKEN not in text
    assert CLIENT_TOKEN not in text


def test_an_incident_is_posted_once_whichever_job_meets_it(
    chat: Chat, code: Code, options: SandboxOptions
) -> None:
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    code.run("fetch_days")
    said = code.run("fetch_days")
    assert isinstance(said, dg.SkipReason)
    assert said.skip_message is not None
    assert "Posted when run" in said.skip_message
    assert len(chat.texts) == 1


def test_a_failure_after_a_success_is_posted_again(
    chat: Chat, code: Code, options: SandboxOptions
) -> None:
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    code.run("fetch_days")
    options.revoked_tokens.clear()
    assert code.run("fetch_days") is None
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    code.run("fetch_days")
    assert len(chat.texts) == 2


def test_another_cause_is_another_incident(
    chat: Chat, code: Code, options: SandboxOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    code.run("fetch_days")
    monkeypatch.delenv("MEWS_CLIENT_TOKEN")
    code.run("fetch_days")
    assert "MEWS_CLIENT_TOKEN is missing" in chat.texts[1]


def test_a_run_that_dagster_retries_is_not_posted(
    chat: Chat, code: Code, options: SandboxOptions
) -> None:
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    said = code.run("fetch_days", tags={"dagster/will_retry": "true"})
    assert isinstance(said, dg.SkipReason)
    assert chat.texts == []


def test_an_incident_whose_post_failed_is_posted_at_the_next_failure(
    chat: Chat, code: Code, options: SandboxOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    monkeypatch.setenv("MEWS_ALERT_WEBHOOK", "http://127.0.0.1:9")
    with pytest.raises(ChannelError), stamina.set_testing(True, attempts=2):
        code.run("fetch_days")
    monkeypatch.setenv("MEWS_ALERT_WEBHOOK", chat.url)
    code.run("fetch_days")
    assert len(chat.texts) == 1


def test_a_post_that_fails_is_retried(chat: Chat) -> None:
    chat.refusals = 1
    send(SecretStr(chat.url), Message("", "hello"), "MEWS_ALERT_WEBHOOK")
    assert chat.texts == ["hello"]


def test_the_address_of_a_webhook_that_refuses_is_never_shown(chat: Chat) -> None:
    chat.refusals = 100
    with (
        stamina.set_testing(True, attempts=2),
        pytest.raises(ChannelError, match="answered with status 503") as raised,
    ):
        send(SecretStr(chat.url), Message("", "hello"), "MEWS_ALERT_WEBHOOK")
    assert "secret" not in str(raised.value)


def test_without_a_webhook_nothing_is_posted(code: Code, options: SandboxOptions) -> None:
    options.revoked_tokens.add(token_key(PORTFOLIO_TOKEN))
    said = code.run("fetch_days")
    assert isinstance(said, dg.SkipReason)
    assert said.skip_message == "MEWS_ALERT_WEBHOOK is not set."
