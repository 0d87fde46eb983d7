"""Serve pages that were rendered beforehand: the server of the benchmarks.

Run as a program with the wanted listings (`order_items/1000`); it prints its address when it is
ready. Table and size are the first parts of the path, so one server serves every listing.
"""

import asyncio
import sys
from email.utils import formatdate
from typing import cast
from uuid import UUID

import orjson

from benchmarks.pages import pages


class Serving(asyncio.Protocol):
    """One connection: reads requests by their Content-Length, responds with the cursor's page."""

    listings: dict[tuple[str, int], list[bytes]]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to respond."""
        self._transport = cast(asyncio.Transport, transport)
        self._received = b""

    def data_received(self, data: bytes) -> None:
        """Respond to every complete request."""
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            line, *headers = self._received[:end].decode("latin-1").split("\r\n")
            fields = {name.lower(): value for name, value in (h.split(": ", 1) for h in headers)}
            length = int(fields.get("content-length", 0))
            if len(self._received) < end + 4 + length:
                return
            body = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            self._respond(line.split(" ")[1], body)

    def _respond(self, path: str, body: bytes) -> None:
        table, rows = path.split("/")[1:3]
        cursor = orjson.loads(body)["Limitation"].get("Cursor")
        page = self.listings[table, int(rows)][UUID(cursor).int if cursor else 0]
        self._transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
            b"Content-Encoding: gzip\r\nDate: %s\r\nContent-Length: %d\r\n\r\n"
            % (formatdate(usegmt=True).encode(), len(page))
            + page
        )


async def serve(listings: list[tuple[str, int]]) -> None:
    """Render those listings, print the address, serve until the process ends."""
    Serving.listings = {(table, rows): list(pages(rows, table)) for table, rows in listings}
    server = await asyncio.get_running_loop().create_server(Serving, "127.0.0.1", 0)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    named = (listing.split("/") for listing in sys.argv[1:])
    asyncio.run(serve([(table, int(rows)) for table, rows in named]))
