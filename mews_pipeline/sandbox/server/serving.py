"""Serve the sandbox on loopback, in a thread or in the foreground."""

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
_TIMEOUT_SECONDS = 30.0


class _Protocol(H11Protocol):
    """A protocol that keeps the connection in the scope's state, for faults that break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.app_state = {**self.app_state, "transport": transport}
        super().connection_made(transport)


class _Server(uvicorn.Server):
    """A server that sets an event once it listens, and stops at once.

    uvicorn's own looks every tenth of a second whether it should stop, and then waits another one.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.is_listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self.is_listening.set()

    async def main_loop(self) -> None:
        await self._stopping.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        # Each connection hears that it is lost before the loop ends
        await asyncio.sleep(0)

    def stop(self) -> None:
        """Stop from another thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)


def serve(host: str, port: int, world: World, clock: Clock, options: SandboxOptions) -> None:
    """Serve in the foreground until interrupted."""
    config = server_config(create_app(world, clock, options), host, port)
    uvicorn.Server(config).run()


@contextmanager
def running_sandbox(
    world: World, clock: Clock | None = None, options: SandboxOptions | None = None
) -> Iterator[str]:
    """Serve a world in a thread, on a free loopback port, while the block runs; yield the address.

    Without `clock`, the sandbox's clock is real time. `clock` and `options` may be changed in place
    while the sandbox runs.
    """
    with running_app(create_app(world, clock or Clock(), options)) as address:
        yield address


@contextmanager
def running_app(app: Starlette) -> Iterator[str]:
    """Serve an app made by create_app in a thread, on a free loopback port; yield the address."""
    with listener() as listening:
        port = listening.getsockname()[1]
        server = _Server(server_config(app, LOOPBACK, port))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        if not server.is_listening.wait(_TIMEOUT_SECONDS):
            raise TimeoutError("the sandbox did not start")
        try:
            yield f"http://{LOOPBACK}:{port}"
        finally:
            server.stop()
            thread.join(_TIMEOUT_SECONDS)


def listener() -> socket.socket:
    """Listen on a free loopback port."""
    listening = socket.create_server((LOOPBACK, 0))
    # Head and body are sent apart: the client would acknowledge the first 40 ms late, and the
    # second would wait for that. Connections inherit it; asyncio sets it on its own sockets
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


def server_config(app: Starlette, host: str, port: int) -> uvicorn.Config:
    """Configure uvicorn for the sandbox."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        loop="asyncio",
        http=_Protocol,
        ws="none",
        lifespan="off",
        # Faults break connections on purpose, which uvicorn would log as errors
        log_level="critical",
        access_log=False,
        # The sandbox sends a Date header with its own clock
        date_header=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
