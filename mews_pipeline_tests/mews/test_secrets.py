"""Tokens are in the request bodies and nowhere else."""

import asyncio
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from mews_pipeline.mews import RESERVATIONS_GET_ALL, MewsClient, MewsError, OrderPages
from mews_pipeline.mews.credentials import without_secrets
from mews_pipeline.mews.errors import UnreachableError, UnreadableResponseError
from mews_pipeline_tests.support import example_requests
from mews_pipeline_tests.support.fake_mews import CONNECTION, FakeMews, Reply, failed, refusal

TOKENS = (example_requests.CLIENT_TOKEN, example_requests.ACCESS_TOKEN)
ECHO = "Invalid AccessToken {1} of ClientToken {0}".format(*TOKENS)

FAULTS: dict[str, Reply] = {
    "400 that echoes": refusal(400, ECHO),
    "401 that echoes": refusal(401, ECHO),
    "408": refusal(408, ECHO),
    "429": refusal(429, ECHO),
    "500": refusal(500, ECHO),
    "302": httpx.Response(
        302, headers={"Location": f"https://x.test/?{example_requests.ACCESS_TOKEN}"}
    ),
    "HTML that echoes": httpx.Response(200, html=f"<h1>{ECHO}</h1>"),
    "JSON that echoes": httpx.Response(200, json={"Message": ECHO}),
    "400 that echoes in capitals": refusal(400, ECHO.upper()),
    "400 that echoes in small letters": refusal(400, ECHO.lower()),
    "400 that echoes a half": refusal(400, f"Invalid {example_requests.ACCESS_TOKEN[:32]}…"),
    "content type that echoes": httpx.Response(
        200, headers={"Content-Type": f"text/{example_requests.ACCESS_TOKEN}"}, content=b"x"
    ),
    "200 with a request id that echoes": httpx.Response(
        200, headers={"Request-Id": example_requests.ACCESS_TOKEN.lower()}, content=b"x"
    ),
    "request id that echoes": httpx.Response(
        404, headers={"Request-Id": example_requests.ACCESS_TOKEN}
    ),
    "connect": httpx.ConnectError("no route"),
    "timeout": httpx.ReadTimeout("slow"),
    "decoding": httpx.DecodingError("no gzip"),
}


def everything_about(error: BaseException) -> str:
    """Show what any handler shows of an error: its chain, its fields, its frames' variables."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    lines = [*shown.format(), *traceback.format_exception(error)]
    seen: BaseException | None = error
    while seen is not None:
        lines += [str(seen), repr(seen), repr(vars(seen)), repr(seen.args)]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(lines)


def parts(token: str) -> list[str]:
    """List the halves of a token, and what is left when its first or last letters are cut off."""
    return [*token.split("-"), token[:12], token[-12:], token[20:44]]


def test_a_message_without_a_token_is_shown_as_it_is() -> None:
    words = "Invalid ServiceIds of 3fa85f64-5717-4562-b3fc-2c963f66afa6: É İ ß"
    assert without_secrets(words, (*TOKENS, "")) == words


def test_cookies_are_not_sent_back() -> None:
    cookie = {"Set-Cookie": "session=1; Path=/"}
    mews = FakeMews(
        by=lambda *_: httpx.Response(200, headers=cookie, json={"Reservations": [], "Cursor": None})
    )

    async def ask_twice() -> None:
        async with mews.client() as client:
            for _ in range(2):
                async for _ in client.all_pages(RESERVATIONS_GET_ALL, {"numbers": ["52"]}):
                    pass

    asyncio.run(ask_twice())

    assert len(mews.requests) == 2
    assert not any("cookie" in request.headers for request in mews.requests)


@contextmanager
def everything_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    caplog.set_level(logging.DEBUG)
    yield
    shown = "\n".join(f"{r.getMessage()} {vars(r)!r}" for r in caplog.records)
    assert not any(token in shown for token in TOKENS)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=list(FAULTS))
def test_no_error_and_no_log_of_it_shows_a_token(
    fault: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    mews = FakeMews(by=lambda *_: fault)

    with everything_logged(caplog):
        error = failed(mews)

    assert all(token in mews.requests[0].content.decode() for token in TOKENS)
    shown = everything_about(error).lower()
    assert not any(part in shown for token in TOKENS for part in parts(token.lower()))
    assert error.__cause__ is None
    assert error.__context__ is None


def test_no_repr_shows_a_token() -> None:
    client = FakeMews().client()

    shown = repr((client, CONNECTION, vars(client), OrderPages(client), vars(OrderPages(client))))

    assert CONNECTION.token_key in shown
    assert not any(token in shown for token in TOKENS)


JSON_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
BROKEN_ANSWERS: dict[str, tuple[bytes, type[MewsError]]] = {
    "hangs up": (b"", UnreachableError),
    "cut off": (
        JSON_HEAD + b"Content-Length: 99\r\n\r\n{",
        UnreachableError,
    ),
    "not gzip": (
        JSON_HEAD + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
        UnreadableResponseError,
    ),
    "not HTTP": (b"220 smtp ready\r\n", UnreachableError),
    "error": (
        b"HTTP/1.1 401 Unauthorized\r\nContent-Length: %d\r\n\r\n%b" % (len(ECHO), ECHO.encode()),
        MewsError,
    ),
}


@pytest.mark.parametrize("fault", BROKEN_ANSWERS)
def test_a_real_connection_that_breaks_shows_no_token_either(
    fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(BROKEN_ANSWERS[fault][0])
        writer.close()

    async def ask() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        async with server, _client(f"http://{host}:{port}") as client:
            await anext(OrderPages(client).pages())

    with everything_logged(caplog), pytest.raises(BROKEN_ANSWERS[fault][1]) as caught:
        asyncio.run(ask())

    assert any(record.name.startswith("httpcore") for record in caplog.records)
    assert not any(token in everything_about(caught.value) for token in TOKENS)


def _client(address: str) -> MewsClient:
    connection = type(CONNECTION)(
        address, CONNECTION.client_token, CONNECTION.access_token, CONNECTION.client
    )
    return MewsClient(connection, httpx.AsyncHTTPTransport())
