"""Serve a simulated world from a process of its own, so that a second core simulates and renders.

The process ends with the one that started it, however that ends: it waits for the end of its input.
"""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

import httpx
import uvicorn

from mews_pipeline.sandbox.hotels.simulate import simulate
from mews_pipeline.sandbox.server.app import create_app
from mews_pipeline.sandbox.server.clock import Clock
from mews_pipeline.sandbox.server.serving import LOOPBACK, listener, server_config

# Setting the clock waits for the world, which may be simulated on a busy machine
_TIMEOUT_SECONDS = 120.0
_STARTED_BY = "mews_pipeline.sandbox"


@dataclass(frozen=True)
class SandboxProcess:
    """A sandbox in another process. Its requests wait until the world is simulated."""

    address: str

    def set_clock(self, at: datetime) -> None:
        """Freeze the clock at an instant, which must not be in the future."""
        response = httpx.put(
            f"{self.address}/sandbox/clock",
            json={"NowUtc": at.isoformat()},
            timeout=_TIMEOUT_SECONDS,
            # A proxy of the environment is for other machines
            trust_env=False,
        )
        response.raise_for_status()


@contextmanager
def sandbox_process(seed: int, start: date, end: date) -> Iterator[SandboxProcess]:
    """Simulate and serve a world in another process while the block runs."""
    command = [sys.executable, "-m", _STARTED_BY, str(seed), start.isoformat(), end.isoformat()]
    # Ctrl-C reaches only this process, which closes the input of the other
    with subprocess.Popen(  # noqa: S603
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        port = process.stdout.readline() if process.stdout else b""
        if not port:
            raise RuntimeError("the sandbox did not start; its lines above say why")
        yield SandboxProcess(f"http://{LOOPBACK}:{int(port)}")


def main(seed: str, start: str, end: str) -> None:
    """Print the port, simulate, and serve until the input ends."""
    threading.Thread(target=_end_with_input, daemon=True).start()
    with listener() as listening:
        print(listening.getsockname()[1], flush=True)  # noqa: T201
        world = simulate(int(seed), date.fromisoformat(start), date.fromisoformat(end))
        # Made while the pipeline loads, rather than when it waits for the first page
        _ = world.tables["order_items"]
        config = server_config(create_app(world, Clock()), LOOPBACK, 0)
        uvicorn.Server(config).run(sockets=[listening])


def _end_with_input() -> None:
    sys.stdin.buffer.read()
    os._exit(0)
