"""Answers as they go over the wire, among them those that do not arrive whole."""

import asyncio
import socket
import struct
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

JSON = "application/json; charset=utf-8"


def json_response(content: bytes, status: int = 200) -> Response:
    """Give a JSON answer."""
    return Response(content, status, media_type=JSON)


def error_response(status: int, message: str, request_id: str, details: Any = None) -> Response:
    """Give an error as both seeds describe it; the id also as the header Request-Id."""
    body = {"Message": message, "RequestId": request_id, "Details": details}
    response = json_response(orjson.dumps(body), status)
    response.headers["Request-Id"] = request_id
    return response


class CutOffResponse(Response):
    """Promises a body by its Content-Length, sends half of it and closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the half."""
        del receive
        # an encoding of its own keeps the gzip layer from packing the half into a whole
        self.headers["Content-Encoding"] = "identity"
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        half = bytes(self.body[: len(self.body) // 2])
        transport = _transport(scope)
        await send({"type": "http.response.body", "body": half, "more_body": transport is not None})
        if transport is not None:
            transport.close()
            await _closed()


class ResetResponse(Response):
    """Resets the connection. In process, where there is none, raises ConnectionResetError."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset."""
        del receive, send
        transport = _transport(scope)
        if transport is None:
            raise ConnectionResetError
        wire: socket.socket = transport.get_extra_info("socket")
        # lingering for no time at all makes closing a reset
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await _closed()


async def hold(receive: Receive, seconds: float) -> None:
    """Wait for so long, or until the client has gone."""

    async def gone() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(gone(), seconds)
    except TimeoutError:
        return


def _transport(scope: Scope) -> asyncio.Transport | None:
    """Give the connection, which serving.py leaves in the scope's state."""
    transport = scope.get("state", {}).get("transport")
    return transport if isinstance(transport, asyncio.Transport) else None


async def _closed() -> None:
    """Let the loop tell the server that the connection is lost before it would answer 500."""
    for _ in range(3):
        await asyncio.sleep(0)
