"""The client, against a Mews that lives in memory: the envelope, and paging to the end."""

import asyncio
import gc
import logging
import ssl
import tempfile
import weakref
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from mews_pipeline.mews import (
    CONFIGURATION_GET,
    RESERVATIONS_GET_ALL,
    Limitation,
    MewsClient,
    Statistics,
    token_key,
)
from mews_pipeline.mews.client import tls_context
from mews_pipeline.mews.errors import CursorLoopError
from mews_pipeline.mews.limiter import SharedLimiter
from mews_pipeline.mews.responses import ObjectResponse
from mews_pipeline_tests.support import example_requests
from mews_pipeline_tests.support.fake_mews import (
    CONNECTION,
    SOME_DAY,
    Body,
    FakeMews,
    collected,
    failed,
    fetched,
    ids,
    page,
)


def test_a_request_carries_the_tokens_the_filters_and_a_limitation() -> None:
    mews = FakeMews(page(cursor=None))

    fetched(mews)

    assert mews.asked == ["reservations/getAll/2023-06-06"]
    assert mews.bodies == [
        {
            "ClientToken": example_requests.CLIENT_TOKEN,
            "AccessToken": example_requests.ACCESS_TOKEN,
            "Client": "Sample Client 1.0.0",
            "UpdatedUtc": {"StartUtc": "2025-01-01T00:00:00Z", "EndUtc": "2025-01-02T00:00:00Z"},
            "Limitation": {"Count": 1000},
        }
    ]


def test_headers_say_json_gzip_who_asks_and_that_empty_answers_may_be_bare() -> None:
    mews = FakeMews(page(cursor=None))

    fetched(mews)

    headers = mews.requests[0].headers
    assert mews.requests[0].method == "POST"
    assert headers["Content-Type"] == "application/json"
    assert headers["Accept-Encoding"] == "gzip"
    assert headers["Prefer"] == "return=minimal"
    assert headers["User-Agent"] == "Sample Client 1.0.0"


def test_an_answer_is_gone_without_the_garbage_collector() -> None:
    answers: list[weakref.ref[httpx.Response]] = []

    def answer(_path: str, _body: Body) -> httpx.Response:
        answered = page("a", cursor=None)
        answers.append(weakref.ref(answered))
        return answered

    gc.disable()
    try:
        fetched(FakeMews(by=answer))
        assert [answered() for answered in answers] == [None]
    finally:
        gc.enable()


def test_paging_hands_each_cursor_back_until_mews_has_none() -> None:
    mews = FakeMews(page("a", "b", cursor="b"), page("c", cursor="c"), page("d", cursor=None))

    assert ids(fetched(mews, page_size=2)) == ["a", "b", "c", "d"]
    assert mews.limitations == [
        {"Count": 2},
        {"Count": 2, "Cursor": "b"},
        {"Count": 2, "Cursor": "c"},
    ]


def test_an_empty_page_ends_paging_even_with_a_cursor() -> None:
    mews = FakeMews(page("a", cursor="a"), page(cursor="z"))

    assert ids(fetched(mews)) == ["a"]
    assert len(mews.bodies) == 2


def test_a_204_ends_paging_and_reads_like_an_empty_page() -> None:
    mews = FakeMews(page("a", cursor="a"), httpx.Response(204))

    last = fetched(mews)[-1]

    assert (last.records, last.cursor) == ([], None)
    assert last.content == b'{"Reservations":[],"Cursor":null}'


def test_a_first_answer_without_records_is_a_page_all_the_same() -> None:
    noon = "Wed, 01 Jan 2025 12:00:00 GMT"

    pages = fetched(FakeMews(httpx.Response(204, headers={"Date": noon})))

    assert [p.server_time for p in pages] == [datetime(2025, 1, 1, 12, tzinfo=UTC)]


def test_a_page_keeps_the_body_as_it_came() -> None:
    body = b'{"Reservations": [ {"Id":"a", "New":1.0} ],  "Cursor":null}'
    answer = httpx.Response(200, content=body, headers={"Content-Type": "application/json"})

    only = fetched(FakeMews(answer))[0]

    assert only.content == body
    assert only.records == [{"Id": "a", "New": 1.0}]
    assert repr(only) == "Page(1 records, 59 bytes)"


def test_a_limitation_of_the_request_wins_over_the_clients_page_size() -> None:
    start = "819e3435-7d5e-441f-bc68-76d89c69b8f5"
    mews = FakeMews(page("a", cursor="a"), page(cursor=None))
    limitation = Limitation.model_validate({"Count": 10, "Cursor": start})

    fetched(mews, SOME_DAY.model_copy(update={"limitation": limitation}))

    assert mews.limitations == [{"Count": 10, "Cursor": start}, {"Count": 10, "Cursor": "a"}]


@pytest.mark.parametrize(
    "pages",
    [
        (page("a", cursor="a"), page("b", cursor="a")),
        (page("a", cursor="a"), page("b", cursor="b"), page("c", cursor="a")),
        (page("a", cursor="x"), page("a", cursor="y")),
        (page("a", cursor="x"), page("b", cursor="y"), page("a", cursor="z")),
    ],
    ids=["same cursor", "an earlier cursor", "same records", "earlier records"],
)
def test_paging_in_a_circle_ends_with_an_error(pages: tuple[httpx.Response, ...]) -> None:
    mews = FakeMews(*pages)

    error = failed(mews)

    assert isinstance(error, CursorLoopError)
    assert "reservations/getAll/2023-06-06" in str(error)
    assert len(mews.bodies) == len(pages)


def test_a_cursor_that_leads_back_to_where_the_caller_began_is_a_circle_too() -> None:
    start = "819e3435-7d5e-441f-bc68-76d89c69b8f5"
    limitation = Limitation.model_validate({"Cursor": start})

    error = failed(
        FakeMews(page("a", cursor=start)), SOME_DAY.model_copy(update={"limitation": limitation})
    )

    assert isinstance(error, CursorLoopError)


def test_an_unpaged_operation_is_asked_once_for_its_object() -> None:
    noon = {"Date": "Wed, 01 Jan 2025 12:00:00 GMT"}
    mews = FakeMews(httpx.Response(200, json={"NowUtc": "2025-01-01T12:00:00Z"}, headers=noon))

    async def call() -> ObjectResponse:
        async with mews.client() as client:
            return await client.call(CONFIGURATION_GET, CONFIGURATION_GET.request())

    answer = asyncio.run(call())

    assert answer.record == {"NowUtc": "2025-01-01T12:00:00Z"}
    assert answer.server_time == datetime(2025, 1, 1, 12, tzinfo=UTC)
    assert "Limitation" not in mews.bodies[0]


def test_pages_of_an_unpaged_operation_are_a_mistake_of_the_program() -> None:
    async def ask() -> None:
        async with FakeMews().client() as client:
            await collected(client.pages(CONFIGURATION_GET, CONFIGURATION_GET.request()))

    with pytest.raises(TypeError, match="use call"):
        asyncio.run(ask())


def test_two_walks_of_one_client_do_not_disturb_each_other() -> None:
    def answer(_: str, body: Body) -> httpx.Response:
        number = body["Numbers"][0]
        cursor = body["Limitation"].get("Cursor")
        return page(
            f"{number}{cursor}", cursor=None if cursor == "2" else str(int(cursor or 0) + 1)
        )

    async def ask() -> list[list[str]]:
        async with FakeMews(by=answer).client() as client:
            walks = [
                collected(
                    client.pages(RESERVATIONS_GET_ALL, RESERVATIONS_GET_ALL.request(numbers=[n]))
                )
                for n in "ab"
            ]
            return [ids(pages) for pages in await asyncio.gather(*walks)]

    assert asyncio.run(ask()) == [["aNone", "a1", "a2"], ["bNone", "b1", "b2"]]


def test_what_was_done_is_counted() -> None:
    mews = FakeMews(
        page("a", cursor="a"), httpx.Response(500), httpx.Response(429), httpx.Response(204)
    )

    async def ask() -> Statistics:
        async with mews.client() as client:
            await collected(client.pages(RESERVATIONS_GET_ALL, SOME_DAY))
            return client.statistics

    assert asyncio.run(ask()) == Statistics(
        requests=4, retries=2, throttled=1, pages=2, records=1, bytes=42
    )


def test_progress_is_logged_as_counts(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "mews_pipeline")

    fetched(FakeMews(page("a", "b", cursor="b"), page("c", cursor=None)))

    assert caplog.messages[-1] == "reservations/getAll/2023-06-06: page 2, 3 records"


@pytest.mark.parametrize("size", [0, 1001])
def test_a_page_size_that_mews_does_not_take_is_refused(size: int) -> None:
    with pytest.raises(ValueError, match=r"(?i)count"):
        FakeMews().client(page_size=size)


def test_without_a_limiter_of_the_callers_the_shared_one_is_used() -> None:
    assert isinstance(MewsClient(CONNECTION)._limiter, SharedLimiter)


def test_a_client_closes_the_limiter_that_it_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def suffixes() -> set[str]:
        return {path.suffix for path in tmp_path.rglob("*.*")}

    async def open_and_close() -> set[str]:
        async with MewsClient(CONNECTION) as client:
            await client._limiter.acquire()
            return suffixes()

    assert ".sqlite-wal" in asyncio.run(open_and_close())
    assert ".sqlite-wal" not in suffixes()


def test_a_token_is_known_by_the_start_of_its_hash() -> None:
    assert token_key("abc") == "ba7816bf8f01"
    assert CONNECTION.token_key == token_key(example_requests.ACCESS_TOKEN)


@pytest.mark.parametrize(("scheme", "reads"), [("https", 1), ("http", 0)])
def test_certificates_are_read_once_for_all_clients_and_not_for_plain_http(
    scheme: str, reads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    genuine = httpx.create_ssl_context

    def counted() -> ssl.SSLContext:
        read.append(1)
        return genuine()

    monkeypatch.setattr(httpx, "create_ssl_context", counted)
    tls_context.cache_clear()

    for _ in range(2):
        MewsClient(replace(CONNECTION, platform_address=f"{scheme}://mews.test"))

    assert len(read) == reads
    tls_context.cache_clear()


def test_a_client_trusts_nobody_where_plain_http_is_configured() -> None:
    assert tls_context(is_used=False).verify_mode is ssl.CERT_REQUIRED
    assert tls_context(is_used=False).get_ca_certs() == []
