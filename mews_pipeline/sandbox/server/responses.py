"""HTTP responses, including those that never arrive completely."""

import asyncio
import socket
import struct
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

JSON = "application/json; charset=utf-8"


def json_response(content: bytes, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(content, status, media_type=JSON)


def error_response(status: int, message: str, request_id: str, details: Any = None) -> Response:
    """Return an error; its request id is also in the header Request-Id.

    Source: docs/mews-api.md, "Responses and errors".
    """
    body = {"Message": message, "RequestId": request_id, "Details": details}
    response = json_response(orjson.dumps(body), status)
    response.headers["Request-Id"] = request_id
    return response


class CutOffResponse(Response):
    """A response that sends half of its Content-Length, then closes the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the first half."""
        del receive
        # With an encoding set, the gzip middleware leaves the truncated body alone
        self.headers["Content-Encoding"] = "identity"
        await send(
            {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
        )
        half = bytes(self.body[: len(self.body) // 2])
        transport = _transport(scope)
        await send({"type": "http.response.body", "body": half, "more_body": transport is not None})
        if transport is not None:
            transport.close()
            await _connection_lost()


class ResetResponse(Response):
    """A response that resets the connection; in process, it raises ConnectionResetError instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Reset the connection."""
        del receive, send
        transport = _transport(scope)
        if transport is None:
            raise ConnectionResetError
        connection: socket.socket = transport.get_extra_info("socket")
        # With a linger time of zero, closing sends a reset
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        await _connection_lost()


async def hold(receive: Receive, seconds: float) -> None:
    """Wait for so many seconds, or until the client disconnects."""

    async def disconnected() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(disconnected(), seconds)
    except TimeoutError:
        return


def _transport(scope: Scope) -> asyncio.Transport | None:
    """Return the connection, which serving.py keeps in the scope's state."""
    transport = scope.get("state", {}).get("transport")
    return transport if isinstance(transport, asyncio.Transport) else None


async def _connection_lost() -> None:
    """Let the event loop report the lost connection before the server would send a 500."""
    for _ in range(3):
        await asyncio.sleep(0)
