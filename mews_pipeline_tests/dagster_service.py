"""A real daemon and webserver on a temporary DAGSTER_HOME, with the sandbox for a far side."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import httpx
from dagster._core.scheduler.instigation import (
    InstigatorState,
    InstigatorStatus,
    ScheduleInstigatorData,
    SensorInstigatorData,
)

from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN

_ROOT = Path(__file__).parents[1]
_OVER = {"SUCCESS", "FAILURE", "CANCELED"}
_LAUNCH = """
mutation ($params: ExecutionParams!) {
  launchPipelineExecution(executionParams: $params) {
    __typename
    ... on LaunchRunSuccess { run { runId } }
    ... on PythonError { message }
    ... on RunConfigValidationInvalid { errors { message } }
  }
}
"""
_BACKFILL = """
mutation ($params: LaunchBackfillParams!) {
  launchPartitionBackfill(backfillParams: $params) {
    __typename
    ... on LaunchBackfillSuccess { backfillId }
    ... on PythonError { message }
  }
}
"""
_REPOSITORIES = """
{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }
"""


def beside(command: str) -> str:
    """A command of this Python's environment."""
    return str(Path(sys.executable).with_name(command))


def free_port() -> int:
    """A port on loopback that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(what: str, holds: Callable[[], Any], seconds: float = 240) -> Any:
    """Wait for something that other processes bring about; gives it. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := holds():
            return found
        time.sleep(0.5)
    raise AssertionError(f"Not within {seconds:.0f} s: {what}")


@dataclass
class Service:
    """The running processes, and the ways in: GraphQL and the instance."""

    home: Path
    environment: dict[str, str]
    port: int
    instance: dg.DagsterInstance
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The address of the UI."""
        return f"http://127.0.0.1:{self.port}"

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """What GraphQL answers."""
        body = {"query": query, "variables": variables or {}}
        answer = httpx.post(f"{self.url}/graphql", json=body, timeout=60).json()
        assert "errors" not in answer, answer["errors"]
        return dict(answer["data"])

    def launch(self, job: str, **tags: str) -> str:
        """Launch a job as the UI does; gives the run's id."""
        [code] = self.ask(_REPOSITORIES)["repositoriesOrError"]["nodes"]
        params = {
            "selector": {
                "repositoryName": code["name"],
                "repositoryLocationName": code["location"]["name"],
                "pipelineName": job,
            },
            "executionMetadata": {"tags": [{"key": k, "value": v} for k, v in tags.items()]},
            "mode": "default",
        }
        told = self.ask(_LAUNCH, {"params": params})["launchPipelineExecution"]
        assert told["__typename"] == "LaunchRunSuccess", told
        return str(told["run"]["runId"])

    def backfill(self, first: date, last: date, *tables: str) -> str:
        """Launch days of these raw tables as the UI does; gives the backfill's id."""
        days = [
            date.fromordinal(n).isoformat() for n in range(first.toordinal(), last.toordinal() + 1)
        ]
        params = {
            "assetSelection": [{"path": ["mews", table]} for table in tables],
            "partitionNames": days,
        }
        told = self.ask(_BACKFILL, {"params": params})["launchPartitionBackfill"]
        assert told["__typename"] == "LaunchBackfillSuccess", told
        return str(told["backfillId"])

    def run_of(self, backfill: str) -> str:
        """The first run that a backfill launched, once it did."""
        tags = {"dagster/backfill": backfill}
        return str(until("the backfill is launched", lambda: self.runs(**tags), 400)[-1].run_id)

    def runs(self, **tags: str) -> list[dg.DagsterRun]:
        """The runs with these tags, newest first."""
        return list(self.instance.get_runs(dg.RunsFilter(tags=tags)))

    def ended(self, run_id: str, seconds: float = 240) -> str:
        """Wait for a run to end; gives its status."""

        def status() -> str | None:
            run = self.instance.get_run_by_id(run_id)
            return run.status.value if run and run.status.value in _OVER else None

        return str(until(f"run {run_id} ends", status, seconds))

    def log(self, run_id: str) -> str:
        """What a run's log says so far."""
        return "\n".join(entry.user_message for entry in self.instance.all_logs(run_id))

    def pid_of(self, run_id: str) -> int:
        """The process that works at a run, by its own words."""
        found = re.search(r"Executing steps in process \(pid: (\d+)\)", self.log(run_id))
        assert found
        return int(found.group(1))

    def made_due(self, name: str, *, minutes_ago: int) -> None:
        """Have the daemon believe that it last looked at a schedule or sensor so long ago."""
        then = time.time() - 60 * minutes_ago

        def state() -> InstigatorState | None:
            states = self.instance.all_instigator_state()
            return next((s for s in states if s.instigator_name == name), None)

        known = until(f"the daemon knows {name}", state)
        data = known.instigator_data
        changed: ScheduleInstigatorData | SensorInstigatorData
        if isinstance(data, ScheduleInstigatorData):
            changed = ScheduleInstigatorData(data.cron_schedule, then)
            status = InstigatorStatus.RUNNING
        else:
            changed = SensorInstigatorData(
                last_tick_timestamp=then,
                last_run_key=data.last_run_key,
                cursor=data.cursor,
                last_tick_start_timestamp=then,
                min_interval=data.min_interval,
            )
            status = known.status
        # The daemon remembers in its own memory too when it last looked at a schedule
        self.stop_one(self.processes.pop())
        self.instance.update_instigator_state(known.with_status(status).with_data(changed))
        self.start(beside("dagster-daemon"), "run")

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a process of the service, its log beside the instance."""
        name = Path(command[0]).name
        log = (self.home / f"{name}.log").open("ab")
        process = subprocess.Popen(
            command, env=self.environment, cwd=_ROOT, stdout=log, stderr=log, start_new_session=True
        )
        self.processes.append(process)
        return process

    @staticmethod
    def stop_one(process: subprocess.Popen[bytes]) -> None:
        """Stop a process and what it started: it is the leader of its own group."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)

    def stop(self) -> None:
        """Stop all that was started."""
        while self.processes:
            self.stop_one(self.processes.pop())


def asks(folder: Path, address: str) -> None:
    """Have the pipeline in this folder ask for Mews at that address from now on."""
    (folder / ".env").write_text(f"MEWS_PLATFORM_ADDRESS={address}\n")


@contextmanager
def service(folder: Path, address: str, start: date, **settings: str) -> Iterator[Service]:
    """The daemon and the webserver at work on an instance and a warehouse in `folder`."""
    home = folder / "home"
    home.mkdir()
    asks(folder, address)
    shipped = (_ROOT / "deploy" / "dagster.yaml").read_text()
    (home / "dagster.yaml").write_text(
        shipped.replace("interval_seconds: 30", "interval_seconds: 2")
    )
    environment = (
        os.environ
        | {
            "DAGSTER_HOME": str(home),
            "DO_NOT_TRACK": "1",
            "DAGSTER_DISABLE_TELEMETRY": "1",
            # The address may change while all this runs: settings are read inside each step
            "MEWS_ENV_FILE": str(folder / ".env"),
            "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
            "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
            "MEWS_START_DATE": start.isoformat(),
            "MEWS_WAREHOUSE": str(folder / "warehouse.duckdb"),
            "MEWS_RATE_LIMIT": "100000",
        }
        | settings
    )
    subprocess.run(
        [beside("dagster"), "instance", "info"], env=environment, check=True, capture_output=True
    )
    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(home)))
        running = Service(home, environment, free_port(), instance)
        stack.callback(running.stop)
        running.start(
            beside("dagster-webserver"), "--host", "127.0.0.1", "--port", str(running.port)
        )
        until("the webserver answers", lambda: _answers(running.url))
        running.start(beside("dagster-daemon"), "run")
        yield running


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/server_info", timeout=5).is_success
    except httpx.HTTPError:
        return False
