"""Tokens are in the request bodies and nowhere else."""

import asyncio
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from mews_pipeline.mews import MewsClient, MewsError, OrderPages
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
    assert not any(token in everything_about(error) for token in TOKENS)
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
