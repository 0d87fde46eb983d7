"""mews-pipeline dev: its processes end with it, and a taken port is named."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from mews_pipeline.cli import services
from mews_pipeline.cli.main import app
from mews_pipeline.demo.cluster.subprocesses import free_port
from mews_pipeline.demo.cluster.webserver import until

# What dev does, with a process that does nothing in the place of each service
DEV = """
import sys, time
from mews_pipeline.cli import services
with services.until_signal():
    with services._running(["-c", sys.argv[1]]) as process:
        print(process.pid, flush=True)
        time.sleep(600)
print("cleaned up", flush=True)
"""
IDLE = "import time; time.sleep(600)"
SERVICE = f"{sys.executable}\0-c\0{IDLE}".encode()
# One that does not listen to SIGTERM, with a process of its own
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
time.sleep(600)
"""


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def command_of(pid: int) -> bytes:
    """Give the command line of a process."""
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def in_group(leader: int) -> list[int]:
    """List the processes of a group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            found.append(int(folder.name))
    return found


@contextmanager
def started(service: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start the stand-in for dev and give the process of its service."""
    with subprocess.Popen(
        [sys.executable, "-c", DEV, service], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        try:
            yield process, pid
        finally:
            process.kill()
            for each in in_group(pid):
                os.kill(each, signal.SIGKILL)


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"])
def test_a_signal_ends_the_services(name: str) -> None:
    with started(IDLE) as (process, pid):
        process.send_signal(signal.Signals[name])
        assert process.stdout
        assert process.stdout.read() == "cleaned up\n"
        assert process.wait() == 0
        assert not is_running(pid)


@pytest.mark.skipif(not shutil.which("setpriv"), reason="Linux only")
def test_a_kill_ends_the_services_too() -> None:
    with started(IDLE) as (process, pid):
        # Only a process that setpriv has already become is bound to its parent
        until("the service runs", lambda: command_of(pid).startswith(SERVICE), 60)
        process.kill()
        until("the service has ended", lambda: not is_running(pid), 60)


def test_a_service_that_does_not_listen_is_ended_with_its_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "_GRACE_SECONDS", 0.1)
    with services._running(["-c", STUBBORN]) as process:
        until("it has a process of its own", lambda: len(in_group(process.pid)) == 2, 60)
    until("all have ended", lambda: not in_group(process.pid), 60)


def test_services_create_files_for_this_user_alone(tmp_path: Path) -> None:
    made = tmp_path / "made"
    before = os.umask(0o022)
    try:
        with services._running(["-c", f"open({str(made)!r}, 'w')"]) as process:
            process.wait()
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert made.stat().st_mode & 0o777 == 0o600


def test_a_taken_port_is_named_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path / "home"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(app, ["dev", "--port", str(port)])
    assert result.exit_code == 1
    assert f"Port {port} is taken" in result.output
    assert f"mews-pipeline dev --port {port + 1}" in " ".join(result.output.split())
    # Nothing was prepared before
    assert not (tmp_path / "home").exists()


def test_a_second_dev_is_refused_before_the_first_one_listens() -> None:
    port = free_port()
    with services.reserved(port):
        result = CliRunner().invoke(app, ["dev", "--port", str(port)])
        assert result.exit_code == 1
        assert f"Port {port} is taken (by another mews-pipeline dev)" in result.output
        assert f"mews-pipeline dev --port {port + 1}" in " ".join(result.output.split())
    with services.reserved(port):
        pass


@pytest.mark.slow
def test_dev_serves_the_guarded_ui_and_ends_whole(tmp_path: Path) -> None:
    home, port = tmp_path / "home", free_port()
    inherited = {k: v for k, v in os.environ.items() if not k.startswith("MEWS_")}
    environment = inherited | {
        "DAGSTER_HOME": str(home),
        "MEWS_ENV_FILE": "",
        "DO_NOT_TRACK": "1",
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    command = [str(Path(sys.executable).with_name("mews-pipeline")), "dev", "--port", str(port)]
    ui = f"http://localhost:{port}"
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            until("the UI answers", lambda: answers(ui))
            foreign = httpx.get(f"{ui}/server_info", headers={"Host": "evil.example"})
            assert foreign.status_code == 421
            below = descendants(process.pid)
            assert len(below) >= 3
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=120)
        finally:
            process.kill()
    until("all have ended", lambda: not any(is_running(pid) for pid in below), 60)
    with pytest.raises(httpx.ConnectError):
        httpx.get(ui)


def answers(ui: str) -> bool:
    """Whether the UI serves, with its code."""
    query = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name } } } }"
    try:
        answer = httpx.post(f"{ui}/graphql", json={"query": query}, timeout=60).json()
    except httpx.TransportError:
        time.sleep(0.5)
        return False
    return len(answer["data"]["repositoriesOrError"]["nodes"]) == 1


def descendants(pid: int) -> list[int]:
    """List the processes that a process has started, and theirs."""
    found = subprocess.run(
        ["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True
    ).stdout
    parents = {int(c): int(p) for c, p in re.findall(r"(\d+)\s+(\d+)", found)}
    below: list[int] = []
    wave = [pid]
    while wave:
        wave = [child for child, parent in parents.items() if parent in wave]
        below += wave
    return below
