"""A client of the sandbox in this process, and helpers to write its requests."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    Clock,
    SandboxOptions,
    World,
    create_app,
)

HOUR = timedelta(hours=1)
NOW = datetime(2024, 4, 20, 12, 30, tzinfo=UTC)
RESERVATIONS_PATH = "reservations/getAll/2023-06-06"
ORDERS_PATH = "productServiceOrders/getAll"
TOKENS = {"ClientToken": CLIENT_TOKEN, "AccessToken": PORTFOLIO_TOKEN, "Client": "Test 1.0.0"}


class SandboxClient:
    """A client of the sandbox; `options` and `clock` may be changed between calls."""

    def __init__(self, world: World, options: SandboxOptions, now: datetime) -> None:
        self.world, self.options, self.clock = world, options, Clock(now)
        app = create_app(world, self.clock, options)
        self.sandbox = app.state.sandbox
        self._transport = httpx.ASGITransport(app)

    def send(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Send any request."""

        async def sent() -> httpx.Response:
            async with httpx.AsyncClient(
                transport=self._transport, base_url="http://sandbox", trust_env=False
            ) as http:
                return await http.request(method, path, **request)

        return asyncio.run(sent())

    def post(
        self, path: str, headers: dict[str, str] | None = None, /, **body: Any
    ) -> httpx.Response:
        """Post a request with the tokens and a Limitation; a None in `body` omits the field."""
        fields = {**TOKENS, "Limitation": {"Count": 1000}, **body}
        fields = {key: value for key, value in fields.items() if value is not None}
        return self.send("POST", f"/api/connector/v1/{path}", json=fields, headers=headers)

    def all(self, path: str, list_key: str, count: int = 1000, /, **body: Any) -> list[Any]:
        """Fetch all pages; return the records."""
        records: list[Any] = []
        cursor = None
        while True:
            limitation = {"Count": count, "Cursor": cursor}
            page = self.post(path, Limitation=limitation, **body).json()
            records += page[list_key]
            cursor = page["Cursor"]
            if cursor is None:
                return records


def instant(text: str) -> datetime:
    """Parse an instant of a response."""
    return datetime.fromisoformat(text)


def api_text(at: datetime) -> str:
    """Format an instant for a request."""
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def between(start: datetime, end: datetime) -> dict[str, str]:
    """Return an interval for a request."""
    return {"StartUtc": api_text(start), "EndUtc": api_text(end)}


def spas(world: World) -> list[str]:
    """Return the ids of the services that take product service orders."""
    return [prop.spa.id for prop in world.properties]
