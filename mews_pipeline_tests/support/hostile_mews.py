"""A server in front of the sandbox that answers one access token with whatever a test wants."""

import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

Record = dict[str, Any]
Json = dict[str, Any]
_POISONED = "/reservations/getAll/2023-06-06"
_MARK = "@@marked@@"


@dataclass
class Exchange:
    """One request of the poisoned token: its peer, its number, and what the sandbox responds."""

    peer: socket.socket
    number: int
    request: bytes
    good: Json
    date: str
    victim: str
    stopped: threading.Event

    @property
    def secret(self) -> str:
        """The access token of the request."""
        return str(json.loads(self.request.partition(b"\r\n\r\n")[2])["AccessToken"])

    def send(self, content: bytes, status: str = "200 OK", **headers: str | None) -> None:
        """Send a response; a header of None is left out."""
        known: dict[str, str | None] = {
            "Content_Type": "application/json",
            "Date": self.date,
            "Content_Length": str(len(content)),
            "Connection": "close",
        }
        lines = [
            f"{name.replace('_', '-')}: {value}"
            for name, value in (known | headers).items()
            if value is not None
        ]
        self.raw("\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1") + content)

    def raw(self, content: bytes) -> None:
        """Send these bytes; a peer that has gone is no error."""
        with suppress(OSError):
            self.peer.sendall(content)


Answer = Callable[[Exchange], None]


@dataclass
class HostileMews:
    """The state of the server: which token is poisoned, and how it is answered."""

    sandbox: str
    poisoned: str
    victim: str = ""
    answer: Answer | None = None
    requests: int = 0
    cookies: int = 0
    address: str = ""

    def __post_init__(self) -> None:
        """Begin with a client of the sandbox and nobody waiting."""
        self._client = httpx.Client(trust_env=False, timeout=30)
        self.stopped = threading.Event()

    @contextmanager
    def answering(self, answer: Answer) -> Iterator[None]:
        """Answer the poisoned token that way while the block runs; then let no peer wait."""
        self.answer, self.requests, self.cookies = answer, 0, 0
        self.stopped.clear()
        try:
            yield
        finally:
            self.answer = None
            self.stopped.set()

    def _ask(self, path: str, content: bytes) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        return self._client.post(self.sandbox + path, content=content, headers=headers)

    def respond(self, peer: socket.socket) -> None:
        """Respond to the one request of a connection."""
        head, content = _request(peer)
        path = head.split(b" ", 2)[1].decode()
        self.cookies += b"\r\ncookie:" in head.lower()
        is_poisoned = path.endswith(_POISONED) and self.poisoned.encode() in content
        reply = self._ask(path, content)
        if is_poisoned and self.answer and reply.status_code == httpx.codes.BAD_REQUEST:
            # The sandbox refuses a Cursor that it never gave
            asked = json.loads(content)
            asked.get("Limitation", {}).pop("Cursor", None)
            reply = self._ask(path, json.dumps(asked).encode())
        exchange = Exchange(
            peer, self.requests, head + b"\r\n\r\n" + content, {}, "", self.victim, self.stopped
        )
        exchange.date = reply.headers["Date"]
        if self.answer is None or not is_poisoned or reply.status_code != 200:
            exchange.send(reply.content, f"{reply.status_code} As the sandbox")
            return
        self.requests += 1
        exchange.good = reply.json()
        self.answer(exchange)


def _request(peer: socket.socket) -> tuple[bytes, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        piece = peer.recv(65536)
        if not piece:
            raise ConnectionError
        received += piece
    head, _, content = received.partition(b"\r\n\r\n")
    [length] = [
        int(line.split(b":")[1])
        for line in head.split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    ]
    while len(content) < length:
        content += peer.recv(65536)
    return head, content


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with suppress(OSError):
            mews: HostileMews = self.server.mews  # type: ignore[attr-defined]
            mews.respond(self.request)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


@contextmanager
def running(mews: HostileMews) -> Iterator[HostileMews]:
    """Serve on a free loopback port while the block runs."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.mews = mews  # type: ignore[attr-defined]
        mews.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield mews
        finally:
            mews.stopped.set()
            server.shutdown()


def status(text: str, content: bytes = b'{"Message": "No."}', **headers: str | None) -> Answer:
    """Answer with this status line."""
    return lambda exchange: exchange.send(content, text, **headers)


def body(content: bytes, **headers: str | None) -> Answer:
    """Answer with status 200 and this body."""
    return lambda exchange: exchange.send(content, "200 OK", **headers)


def page(change: Callable[[Json], object], **headers: str | None) -> Answer:
    """Answer with the page of the sandbox, changed in place."""

    def answer(exchange: Exchange) -> None:
        change(exchange.good)
        exchange.send(json.dumps(exchange.good).encode(), "200 OK", **headers)

    return answer


def text(change: Callable[[bytes], bytes], **headers: str | None) -> Answer:
    """Answer with the bytes of the page of the sandbox, changed."""
    return lambda exchange: exchange.send(
        change(json.dumps(exchange.good).encode()), "200 OK", **headers
    )


def raw(change: Callable[[bytes], bytes]) -> Answer:
    """Answer with these bytes for the page of the sandbox, status line and headers included."""
    return lambda exchange: exchange.raw(change(json.dumps(exchange.good).encode()))


def field(name: str, value: bytes) -> Answer:
    """Answer with the page of the sandbox, where this JSON is a field of one record."""

    def answer(exchange: Exchange) -> None:
        for record in exchange.good["Reservations"]:
            if record["Id"] == exchange.victim:
                record[name] = _MARK
        content = json.dumps(exchange.good).encode()
        exchange.send(content.replace(json.dumps(_MARK).encode(), value))

    return answer


def record(change: Callable[[Record], object]) -> Answer:
    """Answer with the page of the sandbox, one record of it changed in place."""

    def answer(exchange: Exchange) -> None:
        for found in exchange.good["Reservations"]:
            if found["Id"] == exchange.victim:
                change(found)
        exchange.send(json.dumps(exchange.good).encode())

    return answer
