"""Every documented response, and undocumented ones, are read or raised as an error."""

import asyncio
import pickle
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import stamina
from hypothesis import given
from hypothesis import strategies as st

from mews_pipeline.mews import CONFIGURATION_GET, RESERVATIONS_GET_ALL, MewsClient, Unlimited
from mews_pipeline.mews.errors import (
    MESSAGE_LIMIT,
    BadRequestError,
    DataChangedError,
    DiscontinuedError,
    ForbiddenError,
    MewsError,
    NoConnectionError,
    NotFoundError,
    ServerError,
    TooManyRequestsError,
    UnauthorizedError,
    UnexpectedStatusError,
    UnreachableError,
    UnreadableResponseError,
)
from mews_pipeline.mews.responses import ObjectResponse, retry_after, server_time
from mews_pipeline.mews.retry import (
    ATTEMPTS,
    CONNECTION_ATTEMPTS,
    FIRST_WAIT_SECONDS,
    JITTER_SECONDS,
    Patience,
    backoff,
)
from mews_pipeline_tests.support.fake_mews import (
    CONNECTION,
    SOME_DAY,
    FakeMews,
    Reply,
    collected,
    failed,
    fetched,
    ids,
    page,
    refusal,
)

NOON = "Wed, 01 Jan 2025 12:00:00 GMT"
JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html"}


def raw(content: bytes, headers: dict[str, str], status: int = 200) -> httpx.Response:
    return httpx.Response(status, content=content, headers=headers)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, UnauthorizedError),
        (403, ForbiddenError),
        (404, NotFoundError),
        (302, UnexpectedStatusError),
        (418, UnexpectedStatusError),
    ],
)
def test_a_lasting_refusal_is_asked_once_and_tells_who_what_and_which(
    status: int, kind: type[MewsError]
) -> None:
    mews = FakeMews(refusal(status, "Invalid\n  ServiceIds"))

    error = failed(mews)

    assert type(error) is kind
    assert len(mews.bodies) == 1
    assert not error.is_worth_retrying
    assert (error.status, error.message, error.request_id) == (status, "Invalid ServiceIds", "r-1")
    assert f"reservations/getAll/2023-06-06: refused with status {status}." in str(error)
    assert 'Mews says: "Invalid ServiceIds". RequestId r-1.' in str(error)


def test_a_401_says_that_the_permission_for_the_operation_may_be_missing() -> None:
    assert "no permission for this operation" in str(failed(FakeMews(refusal(401))))


def test_a_400_names_the_parameter_that_mews_calls_invalid() -> None:
    services = failed(FakeMews(refusal(400, "Invalid ServiceIds.")))
    other = failed(FakeMews(refusal(400, "The interval must not exceed 3M1D.")))

    assert isinstance(services, BadRequestError)
    assert services.invalid_parameter == "ServiceIds"
    assert isinstance(other, BadRequestError)
    assert other.invalid_parameter is None


def test_a_discontinued_operation_is_no_fault_of_the_tokens_and_is_asked_once() -> None:
    mews = FakeMews(refusal(410))
    error = failed(mews)

    assert isinstance(error, DiscontinuedError)
    assert "The tokens are not at fault" in str(error)
    assert len(mews.asked) == 1


PASSING: list[tuple[Reply, type[MewsError]]] = [
    (refusal(409), DataChangedError),
    (refusal(429), TooManyRequestsError),
    (refusal(500), ServerError),
    (raw(b"<h1>Bad gateway</h1>", HTML, 502), ServerError),
    (raw(b"<h1>Please wait</h1>", HTML), UnreadableResponseError),
    (raw(b'{"Reservations":[],"Cursor":null}', HTML), UnreadableResponseError),
    (raw(b'{"Reservations":[{"Id":"a"', JSON), UnreadableResponseError),
    (raw(b"", JSON), UnreadableResponseError),
    (raw(b"[]", JSON), UnreadableResponseError),
    (raw(b"{}", JSON), UnreadableResponseError),
    (raw(b'{"Reservations":null}', JSON), UnreadableResponseError),
    (raw(b'{"Reservations":[1]}', JSON), UnreadableResponseError),
    (raw(b'{"Reservations":[],"Cursor":5}', JSON), UnreadableResponseError),
    (raw(b'{"Reservations":[],"Cursor":""}', JSON), UnreadableResponseError),
    (httpx.ConnectError("refused"), NoConnectionError),
    (httpx.ConnectTimeout("slow"), UnreachableError),
    (httpx.ReadTimeout("slow"), UnreachableError),
    (httpx.ReadError("reset"), UnreachableError),
    (httpx.RemoteProtocolError("peer closed connection"), UnreachableError),
    (TimeoutError(), UnreachableError),
    (httpx.DecodingError("not gzip"), UnreadableResponseError),
]
PASSING_IDS = [
    "409", "429", "500", "502 in HTML", "HTML", "JSON called HTML", "cut off", "no body", "a list",
    "no list key", "list key null", "a record that is a number", "cursor a number", "cursor empty",
    "refused connection", "connect timeout", "read timeout", "reset", "cut connection",
    "no end", "no gzip",
]  # fmt: skip


@pytest.mark.parametrize(("reply", "kind"), PASSING, ids=PASSING_IDS)
def test_what_may_pass_is_asked_again_from_the_same_page(
    reply: Reply, kind: type[MewsError]
) -> None:
    mews = FakeMews(page("a", cursor="a"), reply, reply, page("b", cursor=None))

    assert ids(fetched(mews)) == ["a", "b"]
    assert [limitation.get("Cursor") for limitation in mews.limitations] == [None, "a", "a", "a"]
    assert kind.is_worth_retrying


@pytest.mark.parametrize(("reply", "kind"), PASSING, ids=PASSING_IDS)
def test_what_does_not_pass_ends_after_so_many_attempts(
    reply: Reply, kind: type[MewsError]
) -> None:
    mews = FakeMews(*[reply] * (ATTEMPTS + 1))

    error = failed(mews)

    assert type(error) is kind
    assert error.operation == "reservations/getAll/2023-06-06"
    assert len(mews.bodies) == (CONNECTION_ATTEMPTS if kind is NoConnectionError else ATTEMPTS)


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:{port}", "http://no-such-host.invalid"],
    ids=["refused", "no name"],
)
def test_where_nobody_listens_the_error_names_the_address_and_what_to_check(address: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    address = address.format(port=port)

    async def ask() -> None:
        secret = CONNECTION.client_token.get_secret_value()
        with_password = address.replace("//", f"//user:{secret}@")
        connection = replace(CONNECTION, platform_address=with_password)
        async with MewsClient(connection, limiter=Unlimited()) as client:
            await collected(client.pages(RESERVATIONS_GET_ALL, SOME_DAY))
        raise AssertionError(client)

    with pytest.raises(NoConnectionError, match=f"{address} cannot be reached") as caught:
        asyncio.run(ask())

    assert "Check MEWS_PLATFORM_ADDRESS" in str(caught.value)
    assert CONNECTION.client_token.get_secret_value() not in str(caught.value)


def test_a_connection_that_fails_is_given_up_within_fifteen_seconds_other_faults_are_not() -> None:
    longest = [FIRST_WAIT_SECONDS * 2**n + JITTER_SECONDS for n in range(ATTEMPTS - 1)]

    assert sum(longest[: CONNECTION_ATTEMPTS - 1]) <= 15
    assert sum(longest) > 100


def test_attempts_end_when_their_time_is_up() -> None:
    made = []

    async def ask() -> None:
        async for attempt in Patience(backoff, seconds=1e-9).attempts():
            with attempt:
                made.append(attempt.num)
                raise ServerError("down")

    stamina.set_testing(False)
    with pytest.raises(ServerError):
        asyncio.run(ask())

    assert made == [1]


def test_an_unreadable_answer_is_described_without_being_quoted() -> None:
    error = failed(FakeMews(by=lambda *_: raw(b'{"Reservations":[{"Id":"John', JSON)))

    assert "cut off, or no JSON object (application/json, 28 bytes)" in str(error)
    assert "John" not in str(error)


def test_the_request_id_is_taken_from_the_header_where_the_body_has_none() -> None:
    reply = httpx.Response(404, content=b"<h1>?</h1>", headers={**HTML, "Request-Id": "h-1"})

    error = failed(FakeMews(reply))

    assert (error.message, error.request_id) == (None, "h-1")


def test_a_long_message_is_shortened() -> None:
    message = failed(FakeMews(refusal(400, "no " * 1000))).message

    assert message is not None
    assert len(message) == MESSAGE_LIMIT + 1


def test_an_error_survives_being_pickled() -> None:
    error = failed(FakeMews(refusal(401)))

    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0.5", 0.5),
        ("-1", None),
        ("Wed, 01 Jan 2025 12:00:09 GMT", 9.0),
        ("Wed, 01 Jan 2025 11:59:00 GMT", 0.0),
        ("soon", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_by_the_servers_clock(
    value: str, seconds: float | None
) -> None:
    response = httpx.Response(429, headers={"Retry-After": value, "Date": NOON})

    assert retry_after(response) == seconds


def test_a_429_waits_as_long_as_it_says() -> None:
    error = TooManyRequestsError("x")
    error.retry_after = 7.0

    assert 7.0 <= backoff(error) <= 7.0 + JITTER_SECONDS


@pytest.mark.parametrize("value", ["99999999", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_429_that_says_to_wait_for_longer_than_a_request_may_take_is_given_up(value: str) -> None:
    mews = FakeMews(by=lambda *_: refusal(429, **{"Retry-After": value}))

    assert isinstance(failed(mews), TooManyRequestsError)
    assert len(mews.requests) == 1


def test_a_429_that_does_not_say_waits_as_other_errors_do() -> None:
    assert backoff(TooManyRequestsError("x")) is True


def test_an_answers_time_is_the_servers_the_last_it_gives() -> None:
    two = [("Date", "Fri, 01 Jan 2100 00:00:00 GMT"), ("Date", NOON), ("Date", "noon")]

    assert server_time(httpx.Response(200, headers=two)) == datetime(2025, 1, 1, 12, tzinfo=UTC)


def test_an_answer_without_a_date_has_this_machines_time() -> None:
    before = datetime.now(UTC)

    assert before <= server_time(httpx.Response(200)) <= datetime.now(UTC)


def test_an_unpaged_operation_that_timed_out_is_asked_again() -> None:
    mews = FakeMews(refusal(408), httpx.Response(200, json={"NowUtc": "2025-01-01T00:00:00Z"}))

    async def call() -> ObjectResponse:
        async with mews.client() as client:
            return await client.call(CONFIGURATION_GET, CONFIGURATION_GET.request())

    assert asyncio.run(call()).record == {"NowUtc": "2025-01-01T00:00:00Z"}


@pytest.mark.parametrize("header", ["Date", "Retry-After"])
@pytest.mark.parametrize(
    "value",
    [
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Fri, 31 Dec 9999 23:59:59 -9999",
        "Fri, 31 Dec 99999 23:59:59 GMT",
        ",",
        "",
    ],
)
def test_a_date_that_is_none_is_as_good_as_no_date(header: str, value: str) -> None:
    response = httpx.Response(429, headers={header: value})

    assert retry_after(response) is None
    assert abs(server_time(response) - datetime.now(UTC)) < timedelta(minutes=1)


@given(value=st.text(st.characters(max_codepoint=255)) | st.from_regex(r"\w{3}, .{,40}"))
def test_no_date_or_retry_after_of_a_server_raises(value: str) -> None:
    headers = [(name, value.encode("utf-8")) for name in ("Date", "Retry-After")]
    response = httpx.Response(429, headers=[(n.encode(), v) for n, v in headers])

    assert server_time(response).tzinfo is UTC
    assert (retry_after(response) or 0) >= 0
