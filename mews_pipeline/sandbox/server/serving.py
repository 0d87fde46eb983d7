"""The sandbox on loopback: in a thread for tests and the demo, or as a process of its own."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

from mews_pipeline.sandbox.hotels.world import World
from mews_pipeline.sandbox.server.app import create_app
from mews_pipeline.sandbox.server.clock import Clock
from mews_pipeline.sandbox.server.options import SandboxOptions

LOOPBACK = "127.0.0.1"
_PATIENCE_SECONDS = 30.0


class _Protocol(H11Protocol):
    """Leaves the connection in the scope's state, for faults that break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """Tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.listens.set()


def serve(host: str, port: int, world: World, clock: Clock, options: SandboxOptions) -> None:
    """Serve until interrupted."""
    config = _config(create_app(world, clock, options), host, port)
    uvicorn.Server(config).run()


@contextmanager
def running_sandbox(
    world: World, clock: Clock | None = None, options: SandboxOptions | None = None
) -> Iterator[str]:
    """Serve on a free loopback port, in a thread, while the block runs; give the address.

    Without a clock it runs with real time. Change `clock` and `options` in place as you go.
    """
    with running_app(create_app(world, clock or Clock(), options)) as address:
        yield address


@contextmanager
def running_app(app: Starlette) -> Iterator[str]:
    """Serve an app of create_app on a free loopback port, in a thread; give the address."""
    with socket.create_server((LOOPBACK, 0)) as listening:
        port = listening.getsockname()[1]
        server = _Server(_config(app, LOOPBACK, port))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        if not server.listens.wait(_PATIENCE_SECONDS):
            raise TimeoutError("the sandbox did not start")
        try:
            yield f"http://{LOOPBACK}:{port}"
        finally:
            server.should_exit = True
            thread.join(_PATIENCE_SECONDS)


def _config(app: Starlette, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="off",
        # broken connections are part of the play
        log_level="critical",
        access_log=False,
        # the Date header is the sandbox's clock, not this machine's
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
