"""What a hostile API may answer, and what the pipeline makes of each: data of a test."""

import gzip
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any, Literal

from mews_pipeline_tests.support.hostile_mews import (
    Answer,
    Exchange,
    body,
    field,
    page,
    raw,
    record,
    status,
    text,
)

# All rows; all but the bad record; all but the day of the bad record; none
Landed = Literal["all", "others", "rest", "nothing"]


@dataclass(frozen=True)
class Case:
    """An answer; what a look-up prints (empty: it succeeds); what of the poisoned property lands.

    `waits` marks what would last as long as the client's patience, which the test shortens.
    """

    name: str
    answer: Answer
    sentence: str = ""
    landed: Landed = "all"
    waits: bool = False


def _failing(lines: dict[str, tuple[Answer, str]], landed: Landed = "nothing") -> Iterator[Case]:
    for name, (answer, sentence) in lines.items():
        yield Case(name, answer, sentence, landed)


def _refused(*statuses: int) -> Iterator[Case]:
    for number in statuses:
        yield Case(
            f"status {number}",
            status(f"{number} No"),
            f"refused with status {number}",
            "nothing",
        )


_HTML = b"<html><body><h1>502 Bad Gateway</h1>" + b"<p>nginx</p>\n" * 2000 + b"</body></html>"

_STATUSES = [
    *_refused(201, 202, 206, 226, 299, 300, 301, 302, 303, 304, 305, 307, 308),
    *_refused(400, 401, 402, 403, 404, 405, 406, 408, 409, 410, 411, 413, 414, 415, 418),
    *_refused(421, 422, 423, 425, 426, 428, 429, 431, 451, 499),
    *_refused(500, 501, 502, 503, 504, 507, 511, 520, 599, 999),
    Case("status 204 without a body", lambda e: e.send(b"", "204 No Content"), "", "nothing"),
    *_failing(
        {
            "a redirect to another host": (
                status("308 Moved", Location="http://127.0.0.1:9/stolen"),
                "refused with status 308",
            ),
            "a redirect to itself": (status("307 Again", Location="?"), "status 307"),
            "an error page of a proxy": (
                status("502 Bad Gateway", _HTML, Content_Type="text/html"),
                "refused with status 502",
            ),
            "an error that is a list": (status("400 No", b'["no"]'), "refused with status 400"),
            "an error whose message is an object": (
                status("400 No", b'{"Message": {"a": [1, 2]}, "RequestId": 7}'),
                "refused with status 400",
            ),
            "an error of a megabyte": (
                status("400 No", json.dumps({"Message": "No. " * 250_000}).encode()),
                "refused with status 400",
            ),
            "an error with a terminal escape": (
                status("400 No", b'{"Message": "\\u001b]0;owned\\u0007\\u001b[2J[red]no[/]"}'),
                "refused with status 400",
            ),
            "an error that is no text": (status("500 No", b"\xff\xfe\x00"), "status 500"),
            "an error with a nested bomb": (status("500 No", b"[" * 100_000), "status 500"),
            "an error that echoes the token": (
                lambda e: e.send(json.dumps({"Message": f"No {e.secret}"}).encode(), "403 No"),
                "refused with status 403",
            ),
            "an error that echoes the token in lower case": (
                lambda e: e.send(json.dumps({"Message": e.secret.lower()}).encode(), "403 No"),
                "refused with status 403",
            ),
            "an error that echoes half of the token": (
                lambda e: e.send(json.dumps({"Message": e.secret[:40]}).encode(), "403 No"),
                "refused with status 403",
            ),
            "a RequestId that is the token": (
                lambda e: e.send(json.dumps({"RequestId": e.secret}).encode(), "500 No"),
                "refused with status 500",
            ),
        }
    ),
]

_RETRY_AFTER = [
    Case(f"Retry-After {value!r}", status("429 Slow", Retry_After=value), "status 429", "nothing")
    for value in (
        "99999999",
        "9" * 400,
        "-1",
        "soon",
        "1e999",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Thu, 01 Jan 1970 00:00:00 GMT",
    )
]

_DATES = [
    Case(f"Date {value!r}", page(lambda _: None, Date=value))
    for value in (
        None,
        "",
        "yesterday",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Sat, 01 Mar 2200 00:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Sat, 01 Mar 2025 00:00:00 +9999",
        "Sat, 01 Mar 99999999999 00:00:00 GMT",
    )
]

_UNREADABLE = "an answer could not be read"
_NO_LIST = "it has no list of objects Reservations"
_NO_PAGES = {
    "an empty body": body(b""),
    "a page of HTML": body(_HTML, Content_Type="text/html"),
    "HTML that says it is JSON": body(_HTML),
    "null": body(b"null"),
    "a list": body(b"[]"),
    "a number": body(b"7"),
    "a text": body(b'"Reservations"'),
    "a page cut off": text(lambda t: t[:-40]),
    "a page and more behind it": text(lambda t: t + b"{}"),
    "a page twice": text(lambda t: t + t),
    "brackets without end": body(b"[" * 1_000_000),
    "objects without end": body(b'{"Reservations":' * 200_000),
    "bytes that are no text": body(bytes(range(128, 256)) * 100),
    "nulls": body(b"\0" * 10_000),
    "XML": body(b'<?xml version="1.0"?><Reservations/>', Content_Type="application/xml"),
}
_LISTS: dict[str, Any] = {
    "a list that is null": None,
    "a list that is an object": {},
    "a list that is a text": "none",
    "a list of nulls": [None],
    "a list of numbers": [1],
    "a list of lists": [[]],
}
_BAD_CURSORS: dict[str, Any] = {
    "a Cursor that is a number": 7,
    "a Cursor that is an object": {"Id": 1},
    "a Cursor that is empty": "",
    "a Cursor that is a list": [],
    "a Cursor that is true": True,
}
_PAGES = [
    *(Case(name, answer, _UNREADABLE, "nothing") for name, answer in _NO_PAGES.items()),
    Case("a page without its list", page(lambda p: p.pop("Reservations")), _NO_LIST, "nothing"),
    Case("an error with status 200", body(b'{"Message": "No."}'), _NO_LIST, "nothing"),
    *(
        Case(name, page(lambda p, v=value: p.update(Reservations=v)), _NO_LIST, "nothing")  # type: ignore[misc]
        for name, value in _LISTS.items()
    ),
    *(
        Case(
            name,
            page(lambda p, v=value: p.update(Cursor=v)),  # type: ignore[misc]
            "its Cursor is neither null nor a text",
            "nothing",
        )
        for name, value in _BAD_CURSORS.items()
    ),
    Case("a page without Cursor", page(lambda p: p.pop("Cursor", None))),
    Case("a page with lists nobody asked for", page(lambda p: p.update(Items=[1], Companions={}))),
    Case("a page in reverse", page(lambda p: p["Reservations"].reverse())),
    Case("every record twice", page(lambda p: p["Reservations"].extend(p["Reservations"][:]))),
    Case("an empty list", page(lambda p: p.update(Reservations=[])), "", "nothing"),
    Case("a list key twice", text(lambda t: b'{"Reservations": [{"Id": 1}], ' + t[1:])),
]


def _loop(exchange: Exchange) -> None:
    exchange.good["Cursor"] = "a" if exchange.number % 2 else "b"
    exchange.send(json.dumps(exchange.good).encode())


_NUMBERS = count()


def _endless(exchange: Exchange) -> None:
    """Send one record more and one cursor more, for ever."""
    [first, *_] = exchange.good["Reservations"]
    number = next(_NUMBERS)
    exchange.good["Reservations"] = [first | {"Id": f"{number:08}-0000-4000-8000-000000000000"}]
    exchange.good["Cursor"] = str(number)
    exchange.send(json.dumps(exchange.good).encode())


_CURSORS = [
    Case(
        "a Cursor that stays",
        page(lambda p: p.update(Cursor="same")),
        "paging goes in a circle",
        "nothing",
    ),
    Case("two Cursors in turn", _loop, "paging goes in a circle", "nothing"),
    Case("Cursors without end", _endless, "paging has not ended", "nothing"),
]

_DOCUMENTED = "is not a date and time in UTC"
_ONE_MORE = b', {"AgeCategoryId": "a", "Count": 1}]'
_TYPES: dict[str, tuple[str, bytes]] = {
    "an Id that is a number": ("Id", b"7"),
    "an Id that is null": ("Id", b"null"),
    "an Id that is a list": ("Id", b"[]"),
    "a State that is a number": ("State", b"3"),
    "a Number that is a number": ("Number", b"52"),
    "a Number that is an object": ("Number", b"{}"),
    "an UpdatedUtc that is a number": ("UpdatedUtc", b"1740787200"),
    "an UpdatedUtc that is null": ("UpdatedUtc", b"null"),
    "an UpdatedUtc that is a word": ("UpdatedUtc", b'"yesterday"'),
    "an UpdatedUtc without a zone": ("UpdatedUtc", b'"2025-03-02T00:00:00"'),
    "an UpdatedUtc of 30 February": ("UpdatedUtc", b'"2025-02-30T00:00:00Z"'),
    "a start that is a word": ("ScheduledStartUtc", b'"noon"'),
    "a start of the year 99999": ("ScheduledStartUtc", b'"99999-01-01T00:00:00Z"'),
    "a lock that is a text": ("AssignedResourceLocked", b'"yes"'),
    "a lock that is a number": ("AssignedResourceLocked", b"1"),
    "a GroupId that is a truth": ("GroupId", b"true"),
    "people that are a text": ("PersonCounts", b'"two"'),
    "people that are a number": ("PersonCounts", b"2"),
    "people that are nulls": ("PersonCounts", b"[null]"),
    "people without a category": ("PersonCounts", b'[{"Count": 1}]'),
    "people without a count": ("PersonCounts", b'[{"AgeCategoryId": "a"}]'),
    "people that are a fraction": ("PersonCounts", b'[{"AgeCategoryId": "a", "Count": 1.5}]'),
    "people that are a truth": ("PersonCounts", b'[{"AgeCategoryId": "a", "Count": true}]'),
    "people beyond 64 bits": (
        "PersonCounts",
        b'[{"AgeCategoryId": "a", "Count": 9223372036854775808}]',
    ),
    "people that sum to more than 64 bits": (
        "PersonCounts",
        b'[{"AgeCategoryId": "a", "Count": 9223372036854775807}' + _ONE_MORE,
    ),
    "people as many as digits allow": (
        "PersonCounts",
        b'[{"AgeCategoryId": "a", "Count": ' + b"9" * 5000 + b"}]",
    ),
}
_BROKEN: dict[str, tuple[str, bytes]] = {
    "NaN": ("Number", b"NaN"),
    "Infinity": ("Number", b"Infinity"),
    "a number with a leading zero": ("Number", b"052"),
    "a text in single quotes": ("Number", b"'52'"),
    "an escape that is none": ("Number", b'"\\x35"'),
    "nothing at all": ("Number", b""),
}
_KEPT: dict[str, tuple[str, bytes]] = {
    "a ServiceId that is null": ("ServiceId", b"null"),
    "a State that is null": ("State", b"null"),
    "a raw tab": ("ChannelNumber", b'"a\tb"'),
    "a raw line break": ("ChannelNumber", b'"a\r\nb"'),
    "a raw null character": ("ChannelNumber", b'"a\x00b"'),
    "an escaped null character": ("ChannelNumber", b'"a\\u0000b"'),
    "a raw terminal escape": ("ChannelNumber", b'"\x1b]0;owned\x07"'),
    "a lone high surrogate": ("ChannelNumber", b'"\\ud800"'),
    "a lone low surrogate": ("ChannelNumber", b'"\\udc00x"'),
    "surrogates in reverse": ("ChannelNumber", b'"\\udc00\\ud83d"'),
    "bad UTF-8": ("ChannelNumber", b'"caf\xe9"'),
    "an overlong slash": ("ChannelNumber", b'"\xc0\xaf"'),
    "a surrogate in UTF-8": ("ChannelNumber", b'"\xed\xa0\x80"'),
    "a text of a megabyte": ("ChannelNumber", b'"' + b"x" * 1_000_000 + b'"'),
    "a formula": ("ChannelNumber", b'"=HYPERLINK(\\"http://127.0.0.1\\")"'),
    "markup": ("ChannelNumber", b'"[red]x[/red][/]"'),
    "a right-to-left override": ("ChannelNumber", '"\u202egnp.exe"'.encode()),
    "an unknown State": ("State", b'"Teleported"'),
    "an unknown Origin": ("Origin", b'"Moon"'),
    "an unknown Purpose": ("Purpose", b'""'),
    "a field nobody knows": ("Moon", b'{"Phase": [1, 2, {"a": null}]}'),
    "a field nobody knows, a number of 400 digits": ("Moon", b"9" * 400),
    "a field nobody knows, 400 deep": ("Moon", b"[" * 400 + b"]" * 400),
    "a field nobody knows, with a key of a megabyte": ("Moon", b'{"' + b"k" * 1_000_000 + b'": 1}'),
    "people that are null": ("PersonCounts", b"null"),
    "people that are nobody": ("PersonCounts", b"[]"),
    "fewer than no people": ("PersonCounts", b'[{"AgeCategoryId": "a", "Count": -3}]'),
    "a stay that ends before it begins": ("ScheduledEndUtc", b'"1999-01-01T00:00:00Z"'),
    "a stay from the year 1": ("ScheduledStartUtc", b'"0001-01-01T00:00:00Z"'),
    "a stay until the year 9999": ("ScheduledEndUtc", b'"9999-12-31T23:59:59Z"'),
    "an instant with an offset": ("ScheduledEndUtc", b'"2025-03-09T12:00:00+14:00"'),
    "an instant with a fraction": ("ScheduledEndUtc", b'"2025-03-09T12:00:00.1234567Z"'),
    "a duplicate key": ("ChannelNumber", b'"first", "ChannelNumber": "last"'),
}


def _bare_id(found: dict[str, Any]) -> None:
    found.clear()
    found["Id"] = "0f515589-99b4-423d-b83a-b237009f0509"


_RECORDS = [
    *(Case(name, field(*changed), "reservations", "rest") for name, changed in _TYPES.items()),
    *(Case(name, field(*changed), _UNREADABLE, "rest") for name, changed in _BROKEN.items()),
    *(Case(name, field(*changed)) for name, changed in _KEPT.items()),
    Case("a record without Id", record(lambda r: r.pop("Id")), "Id of record None", "rest"),
    Case(
        "a record without UpdatedUtc", record(lambda r: r.pop("UpdatedUtc")), "UpdatedUtc", "rest"
    ),
    Case("a record of an Id alone", record(_bare_id), "reservations", "rest"),
    Case("an empty record", record(dict.clear), "reservations", "rest"),
    # Rows of another window are dropped: they belong to another day
    Case(
        "a record of 1999",
        record(lambda r: r.update(UpdatedUtc="1999-01-01T00:00:00Z")),
        "",
        "others",
    ),
    Case(
        "a record of the future",
        record(lambda r: r.update(UpdatedUtc="2199-01-01T00:00:00Z")),
        "",
        "others",
    ),
    Case("a byte order mark", text(lambda t: b"\xef\xbb\xbf" + t)),
    Case("UTF-16 with its mark", text(lambda t: t.decode().encode("utf-16"))),
    Case("spaces around the page", text(lambda t: b" \r\n\t" * 10_000 + t + b" \n" * 10_000)),
]


def _bomb(exchange: Exchange) -> None:
    """Send 2 GB as a few hundred KB: members of gzip, one after the other."""
    member = gzip.compress(b'{"Reservations": [' + b" " * 16 * 2**20)
    exchange.send(member * 128, Content_Encoding="gzip")


def _huge(exchange: Exchange) -> None:
    """Send 500 MB as they are."""
    exchange.raw(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 524288000\r\n\r\n"
    )
    piece = b" " * 2**20
    for _ in range(500):
        exchange.peer.sendall(piece)


def _chunked(content: bytes) -> bytes:
    parts = [content[i : i + 1000] for i in range(0, len(content), 1000)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"


def _packed(content: bytes) -> bytes:
    return gzip.compress(content)


_UNPACK = "an answer could not be unpacked"
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
_ENCODINGS = [
    Case("gzip", text(_packed, Content_Encoding="gzip", Content_Length=None)),
    Case("gzip in capitals", text(_packed, Content_Encoding="GZIP", Content_Length=None)),
    Case("gzip in two members", text(
        lambda t: gzip.compress(t[:100]) + gzip.compress(t[100:]),
        Content_Encoding="gzip", Content_Length=None)),
    Case("deflate", text(zlib.compress, Content_Encoding="deflate", Content_Length=None)),
    Case("an encoding that is the identity", page(lambda _: None, Content_Encoding="identity")),
    *_failing(
        {
            "gzip that is none": (page(lambda _: None, Content_Encoding="gzip"), _UNPACK),
            "gzip cut off": (
                text(lambda t: _packed(t)[:-20], Content_Encoding="gzip", Content_Length=None),
                _UNPACK,
            ),
            "gzip with a wrong sum": (
                text(
                    lambda t: _packed(t)[:-8] + struct.pack("<II", 1, 1),
                    Content_Encoding="gzip",
                    Content_Length=None,
                ),
                _UNPACK,
            ),
            "an encoding nobody asked for": (page(lambda _: None, Content_Encoding="br"), _UNPACK),
            "an encoding nobody knows": (page(lambda _: None, Content_Encoding="rot13"), _UNPACK),
            "gzip of 2 GB": (_bomb, "an answer has more than 64 MB unpacked"),
            "a body of 500 MB": (_huge, "an answer has more than 64 MB unpacked"),
        }
    ),
]  # fmt: skip

_NO_ANSWER = "no answer"
_WIRE = [
    Case("a body that ends with the connection", raw(lambda t: _HEAD + b"\r\n" + t)),
    Case(
        "a body in chunks",
        raw(lambda t: _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(t)),
    ),
    Case("no Content-Type", page(lambda _: None, Content_Type=None)),
    Case("a header that is no ASCII", page(lambda _: None, X_Hotel="caf\xe9")),
    Case("cookies", page(lambda _: None, Set_Cookie="session=stolen; Path=/")),
    Case("fifty headers", page(lambda _: None, **{f"X_{n}": "y" * 100 for n in range(50)})),
    *_failing(
        {
            "a closed connection": (lambda _: None, _NO_ANSWER),
            "a Content-Length too long": (
                page(lambda _: None, Content_Length="9999999"),
                _NO_ANSWER,
            ),
            "a Content-Length too short": (page(lambda _: None, Content_Length="40"), _UNREADABLE),
            "a Content-Length below zero": (page(lambda _: None, Content_Length="-1"), _NO_ANSWER),
            "a Content-Length that is a word": (
                page(lambda _: None, Content_Length="many"),
                _NO_ANSWER,
            ),
            "a Content-Length of 400 digits": (
                page(lambda _: None, Content_Length="9" * 400),
                _NO_ANSWER,
            ),
            "chunks that are none": (
                raw(lambda t: _HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + t),
                _NO_ANSWER,
            ),
            "chunks without an end": (
                raw(lambda t: _HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + _chunked(t)[:-5]),
                _NO_ANSWER,
            ),
            "a status line that is none": (raw(lambda t: b"Reservations\r\n\r\n" + t), _NO_ANSWER),
            "another protocol": (raw(lambda _: b"SSH-2.0-OpenSSH_9.2\r\n"), _NO_ANSWER),
            "a body without headers": (raw(lambda t: t), _NO_ANSWER),
            "headers of a megabyte": (
                raw(lambda t: _HEAD + b"X-Long: " + b"y" * 2**20 + b"\r\n\r\n" + t),
                _NO_ANSWER,
            ),
            "a header without a name": (raw(lambda t: _HEAD + b": y\r\n\r\n" + t), _NO_ANSWER),
        }
    ),
]


def _silent(exchange: Exchange) -> None:
    exchange.stopped.wait(30)


def _silent_body(exchange: Exchange) -> None:
    exchange.raw(_HEAD + b"Content-Length: 1000\r\n\r\n{")
    exchange.stopped.wait(30)


def _dripping(exchange: Exchange) -> None:
    """Send a byte now and then, so that no single read lasts long."""
    exchange.raw(_HEAD + b"Content-Length: 1000000\r\n\r\n")
    while not exchange.stopped.wait(0.2):
        exchange.peer.sendall(b" ")


_SLOW = [
    Case("a silent peer", _silent, _NO_ANSWER, "nothing", waits=True),
    Case("a peer silent after the headers", _silent_body, _NO_ANSWER, "nothing", waits=True),
    Case("a dripping peer", _dripping, _NO_ANSWER, "nothing", waits=True),
]

CASES = [
    *_STATUSES,
    *_RETRY_AFTER,
    *_DATES,
    *_PAGES,
    *_CURSORS,
    *_RECORDS,
    *_ENCODINGS,
    *_WIRE,
    *_SLOW,
]
