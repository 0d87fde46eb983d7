"""A fake Mews in memory, and requests that tests make of it."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from mews_pipeline.mews import (
    RESERVATIONS_GET_ALL,
    Credentials,
    Interval,
    MewsClient,
    MewsError,
    Page,
)
from mews_pipeline.mews.booking_requests import ReservationsRequest
from mews_pipeline_tests.support import example_requests

CONNECTION = Credentials(
    "https://mews.test",
    SecretStr(example_requests.CLIENT_TOKEN),
    SecretStr(example_requests.ACCESS_TOKEN),
    "Sample Client 1.0.0",
)
NEW_YEARS_DAY = Interval(datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 1, 2, tzinfo=UTC))
SOME_DAY = RESERVATIONS_GET_ALL.request(updated_utc=NEW_YEARS_DAY)

Body = dict[str, Any]
Reply = httpx.Response | Exception


class FakeMews:
    """A Mews that gives the replies it was given, in order, or by a function; keeps requests."""

    def __init__(self, *replies: Reply, by: Callable[[str, Body], Reply] | None = None) -> None:
        self.replies = deque(replies)
        self.by = by
        self.requests: list[httpx.Request] = []
        self.bodies: list[Body] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, letting others run in between."""
        await asyncio.sleep(0)
        body = json.loads(request.content)
        self.requests.append(request)
        self.bodies.append(body)
        path = request.url.path.removeprefix("/api/connector/v1/")
        reply = self.by(path, body) if self.by else self.replies.popleft()
        if isinstance(reply, httpx.RequestError):
            reply.request = request  # as httpx does, tokens and all
        if isinstance(reply, Exception):
            raise reply
        return reply

    def client(self, page_size: int = 1000) -> MewsClient:
        """Return a client of this Mews."""
        return MewsClient(CONNECTION, httpx.MockTransport(self), page_size=page_size)

    @property
    def asked(self) -> list[str]:
        """The paths asked, in order."""
        return [r.url.path.removeprefix("/api/connector/v1/") for r in self.requests]

    @property
    def limitations(self) -> list[Body]:
        """The Limitation of each request, in order."""
        return [body["Limitation"] for body in self.bodies]


def page(*ids: str, cursor: str | None, **headers: str) -> httpx.Response:
    content = {"Reservations": [{"Id": i} for i in ids], "Cursor": cursor}
    return httpx.Response(200, json=content, headers=headers)


def refusal(status: int, message: str = "No.", **headers: str) -> httpx.Response:
    content = {"Message": message, "RequestId": "r-1", "Details": None}
    return httpx.Response(status, json=content, headers=headers)


def fetched(
    mews: FakeMews, request: ReservationsRequest = SOME_DAY, page_size: int = 1000
) -> list[Page]:
    """Return the pages of reservations that the client gets from this Mews."""

    async def fetch() -> list[Page]:
        async with mews.client(page_size) as client:
            return await collected(client.pages(RESERVATIONS_GET_ALL, request))

    return asyncio.run(fetch())


def failed(mews: FakeMews, request: ReservationsRequest = SOME_DAY) -> MewsError:
    """Return the error that requesting reservations of this Mews ends with."""
    with pytest.raises(MewsError) as caught:
        fetched(mews, request)
    return caught.value


async def collected(pages: AsyncIterator[Page]) -> list[Page]:
    return [page async for page in pages]


def ids(pages: list[Page]) -> list[str]:
    return [record["Id"] for page in pages for record in page.records]
