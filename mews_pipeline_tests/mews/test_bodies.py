"""A body is read within a bound of bytes, packed or not, and its text as far as it is text."""

import gzip
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mews_pipeline.mews import json_text
from mews_pipeline.mews.bodies import MOST_BYTES
from mews_pipeline.mews.errors import (
    EndlessPagesError,
    MewsError,
    OversizedResponseError,
    UnreadableRecordError,
    UnreadableResponseError,
)
from mews_pipeline.mews.json_text import REPLACEMENT, Parsed
from mews_pipeline.mews.paging import MOST_PAGES
from mews_pipeline_tests.support.fake_mews import Body, FakeMews, failed, fetched, ids, page

GZIP = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
JSON = {"Content-Type": "application/json"}
MEGABYTE = 2**20


class Pieces(httpx.AsyncByteStream):
    """A body that comes in pieces and counts how many were taken."""

    def __init__(self, piece: bytes, count: int) -> None:
        self.piece, self.count, self.taken = piece, count, 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give the pieces."""
        for _ in range(self.count):
            self.taken += 1
            yield self.piece


def bomb(megabytes: int) -> bytes:
    """Return a gzip file that unpacks to that many megabytes of spaces."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    spaces = b" " * MEGABYTE
    return b"".join(packer.compress(spaces) for _ in range(megabytes)) + packer.flush()


def answer(content: bytes, headers: dict[str, str]) -> httpx.Response:
    # As a stream: httpx unpacks the content of a response that it is given
    return httpx.Response(200, headers=headers, stream=Pieces(content, 1))


def test_a_gzip_bomb_is_left_in_memory_no_further_than_the_bound_and_asked_for_once() -> None:
    packed = bomb(300)
    mews = FakeMews(by=lambda *_: answer(packed, GZIP))

    tracemalloc.start()
    try:
        error = failed(mews)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert isinstance(error, OversizedResponseError)
    assert "64 MB" in str(error)
    assert not error.is_worth_retrying
    assert len(mews.requests) == 1
    assert peak < 2.5 * MOST_BYTES


def test_a_body_that_does_not_end_is_read_no_further_than_the_bound() -> None:
    body = Pieces(b" " * MEGABYTE, 10_000)
    mews = FakeMews(by=lambda *_: httpx.Response(200, headers=JSON, stream=body))

    assert isinstance(failed(mews), OversizedResponseError)
    assert body.taken <= MOST_BYTES // MEGABYTE + 1


@pytest.mark.parametrize("is_cut", [False, True])
def test_packed_bodies_are_unpacked_in_pieces_and_cut_ones_asked_for_again(is_cut: bool) -> None:
    content = gzip.compress(page("a", cursor=None).content)
    pieces = [content[:-9] if is_cut else content]
    mews = FakeMews(*[answer(piece, GZIP) for piece in pieces], answer(content, GZIP))

    assert ids(fetched(mews)) == ["a"]
    assert len(mews.requests) == (2 if is_cut else 1)


def test_an_encoding_that_was_not_asked_for_is_unreadable() -> None:
    error = failed(FakeMews(by=lambda *_: answer(b"x", JSON | {"Content-Encoding": "br"})))

    assert isinstance(error, UnreadableResponseError)


def test_cursors_that_never_end_are_followed_so_many_pages(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("mews_pipeline.mews.paging.MOST_PAGES", 20)

    def one_more(_: str, body: Body) -> httpx.Response:
        number = int(body["Limitation"].get("Cursor", "0")) + 1
        return page(str(number), cursor=str(number))

    mews = FakeMews(by=one_more)
    error = failed(mews)

    assert isinstance(error, EndlessPagesError)
    assert len(mews.requests) == 20
    assert MOST_PAGES > 10_000


@pytest.mark.parametrize(
    ("given", "landed", "replaced"),
    [
        (b'\xef\xbb\xbf{"Reservations":[{"Id":"a"}],"Cursor":null}', "a", 0),
        (b'{"Reservations":[{"Id":"a\tb\x00"}],"Cursor":null}', "a\tb\x00", 0),
        (b'{"Reservations":[{"Id":"\\ud800x"}],"Cursor":null}', f"{REPLACEMENT}x", 1),
        (b'{"Reservations":[{"Id":"\xff\xfe"}],"Cursor":null}', REPLACEMENT * 2, 2),
        (b'{"Reservations":[{"Id":"\xff\xef\xbf\xbd"}],"Cursor":null}', REPLACEMENT * 2, 1),
        (b'{"Reservations":[{"Id":"\\ud83d\\ude00\t"}],"Cursor":null}', "\U0001f600\t", 0),
    ],
    ids=["BOM", "control characters", "lone surrogate", "no UTF-8", "genuine U+FFFD", "pair"],
)
def test_a_character_that_is_none_costs_no_record(given: bytes, landed: str, replaced: int) -> None:
    mews = FakeMews(httpx.Response(200, content=given, headers=JSON))

    (found,) = fetched(mews)

    assert [record["Id"] for record in found.records] == [landed]
    assert found.replaced_characters == replaced
    assert len(mews.requests) == 1


@pytest.mark.parametrize(
    "broken",
    [b'{"Id":John}', b'{"Id":NaN}', b'{"Id":' + b"[" * 100_000 + b"]" * 100_000 + b"}"],
    ids=["no JSON", "no number", "nested too deep"],
)
def test_what_cannot_be_read_names_record_and_position_and_is_asked_for_once(
    broken: bytes,
) -> None:
    content = b'{"Reservations":[{"Id":"a"},' + broken + b',{"Id":"c"}],"Cursor":null}'
    mews = FakeMews(by=lambda *_: httpx.Response(200, content=content, headers=JSON))

    error = failed(mews)

    assert isinstance(error, UnreadableRecordError)
    assert "in record 2 of its list" in str(error)
    assert "character " in str(error)
    assert "John" not in str(error)
    assert len(mews.requests) == 1


@given(st.binary() | st.text().map(str.encode))
def test_no_body_raises_anything_but_an_error_of_mews(content: bytes) -> None:
    mews = FakeMews(by=lambda *_: httpx.Response(200, content=content, headers=JSON))

    with suppress(MewsError):
        fetched(mews)


@given(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text())
def test_the_tolerant_way_reads_the_same_as_the_fast_one(value: object) -> None:
    content = orjson.dumps([value]) if not isinstance(value, int) else b"[%d]" % value

    fast = json_text.parse(content)
    tolerant = json_text.parse(b"\xef\xbb\xbf" + content)

    assert isinstance(fast, Parsed)
    assert isinstance(tolerant, Parsed)
    assert repr(fast.value) == repr(tolerant.value)
