"""A real daemon and webserver on a temporary DAGSTER_HOME, with access to them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import httpx

from mews_pipeline.demo.cluster.subprocesses import free_port
from mews_pipeline.demo.cluster.webserver import FINISHED, Webserver, until
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN

_ROOT = Path(__file__).parents[2]
# Named, not imported: imported here it would change landing for all tests of the process
_STOPPABLE = "mews_pipeline_tests.support.stoppable"


def executable(command: str) -> str:
    """Give the path of a command of this Python's environment."""
    return str(Path(sys.executable).with_name(command))


@dataclass
class Service(Webserver):
    """The running processes, reached by GraphQL and through the instance."""

    home: Path
    # Kept out of the output of a failing test: the shell may hold secrets
    environment: dict[str, str] = field(repr=False)
    port: int
    instance: dg.DagsterInstance
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def warehouse(self) -> Path:
        """The path of the warehouse."""
        return Path(self.environment["MEWS_WAREHOUSE"])

    @property
    def stop_file(self) -> Path:
        """The next landing removes this file and stops in mid-transaction (stoppable.py)."""
        return Path(self.environment["STOP_FILE"])

    def run_of(self, backfill: str) -> str:
        """Wait for the first run that a backfill launches, and give its id."""
        tags = {"dagster/backfill": backfill}
        return str(until("the backfill is launched", lambda: self.runs(**tags))[-1].run_id)

    def runs(self, **tags: str) -> list[dg.DagsterRun]:
        """List the runs with these tags, newest first."""
        return list(self.instance.get_runs(dg.RunsFilter(tags=tags)))

    def ended(self, run_id: str) -> str:
        """Wait for a run to end, and give its status."""

        def status() -> str | None:
            run = self.instance.get_run_by_id(run_id)
            return run.status.value if run and run.status.value in FINISHED else None

        return str(until(f"run {run_id} ends", status))

    def log(self, run_id: str) -> str:
        """Give a run's log so far."""
        return "\n".join(entry.user_message for entry in self.instance.all_logs(run_id))

    def pid_of(self, run_id: str) -> int:
        """Give the process that executes a run, as its log names it."""
        found = re.search(r"Executing steps in process \(pid: (\d+)\)", self.log(run_id))
        assert found
        return int(found.group(1))

    def make_due(self, name: str, **then: float | None) -> None:
        """Start a schedule or sensor that was stopped, with another state of its last tick.

        Dagster has no public way to set that.
        """
        [known] = [s for s in self.instance.all_instigator_state() if s.instigator_name == name]
        remembered: Any = known.instigator_data
        started = known.with_status(type(known.status)("RUNNING"))
        self.instance.update_instigator_state(started.with_data(remembered._replace(**then)))

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a process of the service, which logs into the instance's folder."""
        name = Path(command[0]).name
        log = (self.home / f"{name}.log").open("ab")
        process = subprocess.Popen(
            command, env=self.environment, cwd=_ROOT, stdout=log, stderr=log, start_new_session=True
        )
        self.processes.append(process)
        return process

    @staticmethod
    def stop_one(process: subprocess.Popen[bytes]) -> None:
        """Stop a process and its children: it leads a process group of its own."""
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
    """Point the pipeline of this folder to that address of Mews from now on."""
    (folder / ".env").write_text(f"MEWS_PLATFORM_ADDRESS={address}\n")


@contextmanager
def service(folder: Path, address: str, start: date, **settings: str) -> Iterator[Service]:
    """Run the daemon and the webserver on an instance and a warehouse in `folder`.

    The sensors are on, as shipped; the schedules are stopped, so that nothing hangs on the hour.
    """
    home = folder / "home"
    home.mkdir()
    asks(folder, address)
    _shipped("deploy/dagster.yaml", home, "interval_seconds: 30", "interval_seconds: 2")
    _shipped("workspace.yaml", home, "mews_pipeline.definitions", _STOPPABLE)
    # Without the settings of the developer
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MEWS_")}
    environment = (
        inherited
        | {
            "DAGSTER_HOME": str(home),
            "DO_NOT_TRACK": "1",
            "DAGSTER_DISABLE_TELEMETRY": "1",
            # The address may change during the tests: settings are read inside each step
            "MEWS_ENV_FILE": str(folder / ".env"),
            "MEWS_CLIENT_TOKEN": CLIENT_TOKEN,
            "MEWS_ACCESS_TOKENS": PORTFOLIO_TOKEN,
            "MEWS_START_DATE": start.isoformat(),
            "MEWS_WAREHOUSE": str(folder / "warehouse.duckdb"),
            "MEWS_RATE_LIMIT": "100000",
            "STOP_FILE": str(home / "stop"),
        }
        | settings
    )
    subprocess.run(
        [executable("dagster"), "instance", "info"],
        env=environment,
        check=True,
        capture_output=True,
    )
    with ExitStack() as stack:
        instance = stack.enter_context(dg.DagsterInstance.from_config(str(home)))
        running = Service(home, environment, free_port(), instance)
        stack.callback(running.stop)
        code = ("--workspace", str(home / "workspace.yaml"))
        listening = ("--host", "127.0.0.1", "--port", str(running.port))
        running.start(executable("dagster-webserver"), *code, *listening)
        until("the webserver answers", lambda: _answers(running.url))
        running.stop_automation("schedules")
        running.start(sys.executable, "-m", "mews_pipeline_tests.support.daemon", "run", *code)
        yield running


def _shipped(name: str, home: Path, words: str, changed: str) -> None:
    """Copy a shipped file into the instance's folder, with some words changed."""
    text = (_ROOT / name).read_text()
    assert words in text
    (home / Path(name).name).write_text(text.replace(words, changed))


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/server_info", timeout=5).is_success
    except httpx.HTTPError:
        return False
