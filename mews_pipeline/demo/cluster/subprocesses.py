"""Start processes on free loopback ports, wait until they respond, and stop them by pid."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_TIMEOUT_SECONDS = 180
_LAST_PORT = 65_535


class ClusterError(RuntimeError):
    """A server is missing or does not start, or a run fails; the message says what to do."""


def free_port() -> int:
    """Return a loopback port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_pairs(count: int) -> Iterator[int]:
    """Yield ports that are free together with the port 10,000 above."""
    while count:
        port = free_port()
        with socket.socket() as twin:
            if port + 10_000 <= _LAST_PORT and twin.connect_ex(("127.0.0.1", port + 10_000)):
                count -= 1
                yield port


@contextmanager
def running_process(
    command: list[str],
    log: Path,
    user: str | None = None,
    environment: dict[str, str] | None = None,
    folder: Path | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process in its own process group, and kill the group at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - commands of this package only
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=user,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for(ask: Callable[[], object], refused: type[Exception], log: Path) -> None:
    """Call `ask` until it no longer raises `refused`. Raises ClusterError."""
    end = time.monotonic() + _TIMEOUT_SECONDS
    while True:
        try:
            ask()
        except refused:
            if time.monotonic() > end:
                raise ClusterError(f"A server did not start. Its log is {log}.") from None
            time.sleep(0.05)
        else:
            return
