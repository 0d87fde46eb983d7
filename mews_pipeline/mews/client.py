"""The client of the API: envelope, paging, retries, rate limit, smaller requests after a 408."""

import asyncio
import logging
import ssl
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from functools import cache, partial
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import orjson

from mews_pipeline.mews import bodies, paging, responses, retry, splitting
from mews_pipeline.mews.credentials import Credentials, Statistics
from mews_pipeline.mews.errors import (
    BadRequestError,
    MewsError,
    NoConnectionError,
    TooHeavyError,
    TooManyRequestsError,
    UnreachableError,
    UnreadableResponseError,
    unreached,
)
from mews_pipeline.mews.limiter import Limiter, SharedLimiter, Unlimited
from mews_pipeline.mews.operations import Operation, R
from mews_pipeline.mews.pages import Decode, Page
from mews_pipeline.mews.requests import MAX_COUNT, Body, Limitation, PagedRequest
from mews_pipeline.mews.responses import ObjectResponse

API = "api/connector/v1/"
# A heavy request takes tens of seconds before Mews gives up with a 408
TIMEOUT = httpx.Timeout(connect=10, read=60, write=30, pool=60)
ANSWER_SECONDS = 60.0
# How often the smallest portion is requested again when Mews finds even that too heavy: Mews may be
# busy ("bursts of 408 on reservations") rather than the request large.
INSISTENCE = 4

A = TypeVar("A")

logger = logging.getLogger(__name__)


@cache
def tls_context(*, is_used: bool) -> ssl.SSLContext:
    """Return one context for all clients: reading the certificates takes longer than a request.

    Where it is not used it has none, so that it trusts nobody.
    """
    return httpx.create_ssl_context() if is_used else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class MewsClient:
    """A client with one access token; several may be used concurrently.

    `page_size` is the Count of requests without a Limitation of their own (1-1000). `limiter`
    defaults to the one shared on this machine, to none with a `transport` of the caller's.
    `decodes` has functions that decode the pages of some operations faster than the parser.
    Usable only as `async with`.
    """

    def __init__(
        self,
        credentials: Credentials,
        transport: httpx.AsyncBaseTransport | None = None,
        limiter: Limiter | None = None,
        page_size: int = MAX_COUNT,
        decodes: Mapping[Operation[Any], Decode] | None = None,
    ) -> None:
        self.credentials = credentials
        self.statistics = Statistics()
        self._decodes = decodes or {}
        self._page_size = Limitation(count=page_size).count
        # Whether the last request to end was given up because its time was used up
        self._is_given_up = False
        self._owns_limiter = limiter is None
        self._limiter = limiter or (
            Unlimited() if transport else SharedLimiter(credentials.limit_name)
        )
        self._http = httpx.AsyncClient(
            base_url=credentials.platform_address.rstrip("/") + "/" + API,
            headers={
                "Accept": "application/json",
                "Accept-Encoding": "gzip",
                "Content-Type": "application/json",
                "Prefer": "return=minimal",
                "User-Agent": credentials.client,
            },
            timeout=TIMEOUT,
            verify=tls_context(is_used=credentials.platform_address.startswith("https:")),
            # The API knows no sessions: a cookie of a proxy in between is never sent back
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            transport=transport,
        )

    def __repr__(self) -> str:
        """Return the address and the short hash of the token."""
        return f"MewsClient({self.credentials.platform_address!r}, {self.credentials.token_key})"

    async def __aenter__(self) -> Self:
        """Open the connections."""
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Close the connections, and the limiter if it is the client's own."""
        await self._http.__aexit__(kind, error, trace)
        if self._owns_limiter:
            self._limiter.close()

    async def call(self, operation: Operation[R], request: R) -> ObjectResponse:
        """Call an unpaged operation and return its object. Raises MewsError."""
        return await self._attempt(
            operation, request.body(), responses.whole, retry.backoff_when_indivisible
        )

    async def pages(self, operation: Operation[R], request: R) -> AsyncGenerator[Page, None]:
        """Yield all pages of a paged operation: at least one, and the last may be empty.

        When Mews finds a page too heavy (408, 413), the client requests less, in the end halves of
        the window or of a long list: then records may come twice. Raises MewsError; the pages
        yielded before are then incomplete.
        """
        if not isinstance(request, PagedRequest):
            raise TypeError(f"{operation.path} has no pages: use call()")
        limitation = request.limitation
        size = paging.PageSize(limitation.count if limitation else self._page_size)
        windows: list[PagedRequest] = [request]
        number = records = 0
        while windows:
            window = windows.pop()
            parts = splitting.lighter(window)
            insistence = 0 if parts else INSISTENCE
            try:
                async with aclosing(self._walk(operation, window, size, insistence)) as walk:
                    async for page in walk:
                        number, records = number + 1, records + len(page.records)
                        logger.debug("%s: page %d, %d records", operation.path, number, records)
                        yield page
            except (TooHeavyError, BadRequestError) as error:
                if isinstance(error, BadRequestError):
                    parts = splitting.shorter(window, error)
                if not parts:
                    raise
                await retry.pause(1)
                windows.extend(reversed(parts))

    def look_up(
        self, operation: Operation[R], filters: Mapping[str, Any]
    ) -> AsyncGenerator[Page, None]:
        """Yield the pages for filters of any length, in as many requests as needed; each Id once.

        Raises MewsError; InvalidRequestError before any request.
        """
        requests = splitting.split(operation, filters)
        return splitting.each_once(operation, self._pages_of(operation, requests))

    async def all_pages(
        self, operation: Operation[R], filters: Mapping[str, Any]
    ) -> AsyncGenerator[Page, None]:
        """Yield the pages for filters of any length, in as many requests as needed.

        A record may come twice.

        Raises MewsError; InvalidRequestError before any request.
        """
        requests = splitting.split(operation, filters)
        async with aclosing(self._pages_of(operation, requests)) as pages:
            async for page in pages:
                yield page

    async def _pages_of(
        self, operation: Operation[R], requests: list[R]
    ) -> AsyncGenerator[Page, None]:
        for request in requests:
            async with aclosing(self.pages(operation, request)) as pages:
                async for page in pages:
                    yield page

    async def _walk(
        self,
        operation: Operation[Any],
        request: PagedRequest,
        size: paging.PageSize,
        insistence: int,
    ) -> AsyncGenerator[Page, None]:
        limitation = request.limitation
        cursor = str(limitation.cursor) if limitation and limitation.cursor else None
        trail = paging.Trail(operation.path, cursor)
        refusals = at_the_floor = 0
        while True:
            try:
                page = await self._page(operation, request.body(), size.count, cursor)
            except TooHeavyError:
                refusals += 1
                at_the_floor += not size.shrink()
                if at_the_floor > insistence:
                    raise
                await retry.pause(refusals)
                continue
            refusals = at_the_floor = 0
            size.answered()
            yield page
            cursor = trail.next_cursor(page)
            if cursor is None:
                return

    async def _page(
        self, operation: Operation[Any], body: Body, count: int, cursor: str | None
    ) -> Page:
        body["Limitation"] = {"Count": count} | ({"Cursor": cursor} if cursor else {})
        read = partial(responses.page, decode=self._decodes.get(operation))
        page = await self._attempt(operation, body, read, retry.backoff)
        self.statistics.pages += 1
        self.statistics.records += len(page.records)
        return page

    async def _attempt(
        self,
        operation: Operation[Any],
        body: Body,
        read: Callable[[Operation[Any], httpx.Response], A],
        backoff: Callable[[Exception], bool | float],
    ) -> A:
        seconds = retry.SECONDS_AFTER_GIVING_UP if self._is_given_up else retry.TOTAL_SECONDS
        patience = retry.Patience(backoff, seconds)
        try:
            async for attempt in patience.attempts():
                with attempt:
                    self.statistics.retries += attempt.num > 1
                    answer = read(operation, await self._post(operation, body, patience))
                    self._is_given_up = False
                    return answer
        except MewsError as error:
            error.token_key = self.credentials.token_key
            self._is_given_up = patience.is_used_up
            error.blot_out(self.credentials.secrets)
            raise
        raise AssertionError("stamina either returns or raises")

    async def _post(
        self, operation: Operation[Any], body: Body, patience: retry.Patience
    ) -> httpx.Response:
        await self._limiter.acquire()
        self.statistics.requests += 1
        try:
            with patience.measured() as left:
                async with asyncio.timeout(min(ANSWER_SECONDS, left)):
                    response = await self._answer(operation, body)
        except httpx.DecodingError:
            response = UnreadableResponseError("an answer could not be unpacked")
        except httpx.ConnectError as error:
            response = NoConnectionError(unreached(self.credentials.host, str(error)))
        except (httpx.RequestError, TimeoutError) as error:
            response = UnreachableError(f"no answer ({type(error).__name__})")
        if isinstance(response, MewsError):
            # Raised outside the except clause to drop httpx' error, whose request holds the tokens
            response.operation = operation.path
            raise response
        self.statistics.bytes += len(response.content)
        if response.status_code not in (httpx.codes.OK, httpx.codes.NO_CONTENT):
            refused = responses.failure(operation, response, self.credentials.secrets)
            self.statistics.throttled += isinstance(refused, TooManyRequestsError)
            self.statistics.asked_for_less += isinstance(refused, TooHeavyError)
            raise refused
        return response

    async def _answer(self, operation: Operation[Any], body: Body) -> httpx.Response | MewsError:
        """Post a body; return the response, read whole and unpacked, or why it cannot be read."""
        content = self._envelope(body)
        async with self._http.stream("POST", operation.path, content=content) as response:
            answer = await bodies.read(response)
        # Response and stream refer to each other in httpx: without this they stay in memory until
        # the next garbage collection
        response.stream = httpx.ByteStream(b"")
        return answer

    def _envelope(self, body: Body) -> bytes:
        client_token, access_token = self.credentials.secrets
        tokens = {"ClientToken": client_token, "AccessToken": access_token}
        return orjson.dumps(tokens | {"Client": self.credentials.client} | body)
