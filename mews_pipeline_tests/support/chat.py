"""A channel on this machine that remembers what it accepted, and refuses by path."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import stamina


class Channels:
    """Channels by path; those whose path is in `down` refuse."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.down: set[str] = set()
        self.accepted: list[tuple[str, dict[str, Any]]] = []

    def json(self, path: str) -> str:
        """Return apprise's URL of a channel."""
        return f"json://127.0.0.1:{self.port}/{path}"

    def webhook(self, path: str) -> str:
        """Return the address of a Slack-compatible webhook."""
        return f"http://127.0.0.1:{self.port}/{path}"

    @property
    def paths(self) -> list[str]:
        """Who accepted a message, in order."""
        return [path for path, _ in self.accepted]


@contextmanager
def channels() -> Iterator[Channels]:
    """Serve them until the block ends; who refuses is asked again without a wait."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            path = self.path.strip("/")
            refused = path in served.down
            if not refused:
                served.accepted.append((path, body))
            self.send_response(503 if refused else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Channels(server.server_port)
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        with stamina.set_testing(True, attempts=2, cap=True):
            yield served
    finally:
        server.shutdown()
        server.server_close()
