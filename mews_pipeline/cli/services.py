"""Run Dagster's code server, webserver and daemon, which end with this process."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import FrameType

from filelock import FileLock, Timeout

from mews_pipeline.errors import PipelineError
from mews_pipeline.files import PRIVATE_FILE
from mews_pipeline.temporary import temporary_folder

LOOPBACK = "127.0.0.1"
_POLL_SECONDS = 0.5
_OWN_FILES = 0o077
_GRACE_SECONDS = 15
# The location is named as in workspace.yaml: runs and schedules are recorded under it
_CODE = (
    *("-m", "mews_pipeline.definitions", "--location-name", "mews_pipeline"),
    # Runs are started with this Python, whatever the PATH finds
    "--use-python-environment-entry-point",
)
_WORKSPACE = """
load_from:
  - grpc_server: {{host: localhost, socket: "{socket}", location_name: mews_pipeline}}
"""


class ServiceError(PipelineError):
    """The services cannot start or have ended; the message says why and what to do."""


class _Ended(BaseException):
    """A signal asks this process to end."""


@contextmanager
def reserved(port: int) -> Iterator[None]:
    """Keep the port for this process, which listens on it only after a while.

    Raises ServiceError when another program listens on it, or another `dev` is about to.
    """
    name = f"mews_pipeline-dev-{os.getuid()}-{port}.lock"
    lock = FileLock(Path(tempfile.gettempdir()) / name, mode=PRIVATE_FILE)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise _taken(port, "by another mews-pipeline dev") from None
    with lock:
        refuse_taken(port)
        yield


def _taken(port: int, why: str, command: str = "dev") -> ServiceError:
    return ServiceError(
        f"Port {port} is taken ({why}). Choose another one: "
        f"mews-pipeline {command} --port {port + 1}"
    )


def refuse_taken(port: int, command: str = "dev") -> None:
    """Refuse a port that another program listens on. Raises ServiceError."""
    with socket.socket() as probe:
        # As servers do: a port that was in use a moment ago is free
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            why = f"{error.strerror}, perhaps by another mews-pipeline {command}"
            raise _taken(port, why, command) from None


@contextmanager
def until_signal() -> Iterator[None]:
    """Run the block until SIGINT, SIGTERM, SIGHUP or SIGQUIT; blocks around it still clean up."""

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
        # A second one does not disturb the cleaning up
        for name in caught:
            signal.signal(name, signal.SIG_IGN)
        raise _Ended

    caught = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    before = [(name, signal.signal(name, end)) for name in caught]
    try:
        with suppress(_Ended):
            yield
    finally:
        for name, handler in before:
            signal.signal(name, handler)


def run_services(port: int) -> None:
    """Run all until one ends, and end the others. Raises ServiceError when one has ended.

    Webserver and daemon share one code server, as under `dagster dev`: loading the definitions
    takes seconds, and what is reloaded in the UI is reloaded for schedules too.
    """
    with temporary_folder() as folder, ExitStack() as stack:
        code, workspace = folder / "code", folder / "workspace.yaml"
        workspace.write_text(_WORKSPACE.format(socket=code), encoding="utf-8")
        shared = ("-w", str(workspace))
        running: dict[str, subprocess.Popen[bytes]] = {}

        def start(name: str, *arguments: str) -> None:
            running[name] = stack.enter_context(_running(arguments))

        start("code server", "-m", "dagster", "code-server", "start", "-s", str(code), *_CODE)
        while not _answers(code):
            _check(running)
        start("webserver", "-m", "mews_pipeline.defs.webserver", "-p", str(port), *shared)
        start("daemon", "-m", "dagster._daemon", "run", *shared)
        while True:
            _check(running)


def _check(running: dict[str, subprocess.Popen[bytes]]) -> None:
    """Wait a moment. Raises ServiceError when a process has ended."""
    for name, process in running.items():
        if process.poll() is not None:
            raise ServiceError(
                f"The {name} has ended (status {process.returncode}); its lines above say why."
            )
    time.sleep(_POLL_SECONDS)


def _answers(code: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(code)) == 0


@contextmanager
def _running(arguments: Sequence[str]) -> Iterator[subprocess.Popen[bytes]]:
    # In a session of its own: Ctrl-C reaches only this process, which ends them in order
    process = subprocess.Popen(  # noqa: S603
        [*_bound_to_this_process(), sys.executable, *arguments],
        start_new_session=True,
        # For Dagster's own files, DuckDB's and dbt's; those of the pipeline have their modes
        umask=_OWN_FILES,
    )
    try:
        yield process
    finally:
        _end(process)


def _bound_to_this_process() -> list[str]:
    """Give the prefix that has Linux end the command when this process is killed."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--"] if setpriv else []


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started: code servers, runs under way."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_GRACE_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
