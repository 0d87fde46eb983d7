"""What may be wrong on the user's side, and the words that name it: data of a test."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import duckdb

Variables = Mapping[str, str]
FETCH = ("fetch", "reservations", "--number", "52")
DOCTOR = ("doctor",)
REPORT = ("report", "occupancy")
UPDATED = ("fetch", "reservations", "--updated")
BY_TYPER = 2


@dataclass(frozen=True)
class Input:
    """A command with something wrong, its exit status, and what its first words name.

    `prepare` writes what is wrong into the folder and gives the variables that lead to it; one that
    is empty is unset. The warehouse is w.duckdb in that folder, its copy analytics.duckdb.
    """

    name: str
    command: tuple[str, ...]
    names: str
    prepare: Callable[[Path], Variables] = field(default=lambda _: {})
    exit_status: int = 1


def _variables(command: tuple[str, ...], values: Mapping[str, str]) -> Iterator[Input]:
    """List inputs of one variable each, given as NAME=value, that the error has to name."""
    for name, given in values.items():
        variable, _, value = given.partition("=")
        yield Input(name, command, variable, partial(_settings_of, {variable: value}))


def _settings_of(values: dict[str, str], _: Path) -> dict[str, str]:
    return values


_SETTINGS = [
    *_variables(
        FETCH,
        {
            "no address": "MEWS_PLATFORM_ADDRESS=",
            "an address without scheme": "MEWS_PLATFORM_ADDRESS=api.mews.com",
            "an address of another scheme": "MEWS_PLATFORM_ADDRESS=ftp://api.mews.com",
            "an address without host": "MEWS_PLATFORM_ADDRESS=https://",
            "an address with half a bracket": "MEWS_PLATFORM_ADDRESS=https://[::1",
            "an address with a port too large": "MEWS_PLATFORM_ADDRESS=https://api.mews.com:99999",
            "no client token": "MEWS_CLIENT_TOKEN=",
            "a client token with an accent": "MEWS_CLIENT_TOKEN=caf\u00e9",
            "no access tokens": "MEWS_ACCESS_TOKENS=",
            "commas for access tokens": "MEWS_ACCESS_TOKENS=,,",
            "a line break between tokens": "MEWS_ACCESS_TOKENS=abc\ndef",
            "a space between tokens": "MEWS_ACCESS_TOKENS=abc def",
            "an access token with an accent": "MEWS_ACCESS_TOKENS=caf\u00e9",
            "a client with an accent": "MEWS_CLIENT=H\u00f4tel 1.0",
            "a client of two lines": "MEWS_CLIENT=Hotel\n1.0",
            "a page of nothing": "MEWS_PAGE_SIZE=0",
            "a page too large": "MEWS_PAGE_SIZE=1001",
            "a page that is a word": "MEWS_PAGE_SIZE=many",
            "no requests at all": "MEWS_RATE_LIMIT=0",
            "requests that are a fraction": "MEWS_RATE_LIMIT=0.5",
            "a Redis that is none": "MEWS_REDIS_URL=nowhere",
            "a Redis of another protocol": "MEWS_REDIS_URL=http://127.0.0.1:1",
            "an overlap below nothing": "MEWS_REFRESH_OVERLAP_MINUTES=-1",
            "an overlap of more than a day": "MEWS_REFRESH_OVERLAP_MINUTES=1441",
            "an enterprise by its name": "MEWS_ENTERPRISE_IDS=Hotel",
            "services by their numbers": "MEWS_SERVICE_IDS=1,2",
            "a proxy of SOCKS": "HTTP_PROXY=socks5://127.0.0.1:1",
            "a proxy of SOCKS for all": "ALL_PROXY=socks5://127.0.0.1:1",
            "a proxy of no known scheme": "HTTPS_PROXY=gopher://127.0.0.1:1",
            "an exception with brackets": "NO_PROXY=localhost,[::1]",
            "certificates that are missing": "SSL_CERT_FILE=/dev/null/certificates.pem",
            "a folder of certificates that is missing": "SSL_CERT_DIR=/dev/null/certificates",
            "keys logged into no folder": "SSLKEYLOGFILE=/dev/null/keys",
        },
    ),
    *_variables(
        REPORT,
        {
            "a date in German": "MEWS_START_DATE=31.01.2025",
            "a date in the future": "MEWS_START_DATE=2999-01-01",
            "a date that is none": "MEWS_START_DATE=2025-02-30",
            "no groups of tokens": "MEWS_TOKEN_GROUPS=0",
            "too many groups of tokens": "MEWS_TOKEN_GROUPS=1001",
            "a warehouse at an address": "MEWS_WAREHOUSE=postgres://127.0.0.1/mews",
            "a lake with its address": "MEWS_WAREHOUSE=ducklake:postgres:host=127.0.0.1",
            "a lake without a place": "MEWS_WAREHOUSE=ducklake:",
            "a webhook that is no address": "MEWS_ALERT_WEBHOOK=slack",
            "a webhook in a file": "MEWS_ALERT_WEBHOOK=file:///etc/passwd",
            "a UI without scheme": "MEWS_DAGSTER_URL=localhost",
            "a group without a folder of its own": "MEWS_PUBLISHED_GROUP=hotel",
        },
    ),
    Input(
        "a folder with a question mark",
        REPORT,
        "MEWS_WAREHOUSE",
        lambda folder: {"MEWS_WAREHOUSE": str(folder / "what?" / "w.duckdb")},
    ),
    Input(
        "a copy in a folder with a question mark",
        REPORT,
        "MEWS_ANALYTICS",
        lambda folder: {"MEWS_ANALYTICS": str(folder / "what?" / "analytics.duckdb")},
    ),
    Input(
        "the copy is the warehouse itself",
        REPORT,
        "MEWS_ANALYTICS",
        lambda folder: {"MEWS_ANALYTICS": str(folder / "w.duckdb")},
    ),
    Input(
        "certificates that are none",
        FETCH,
        "SSL_CERT_FILE",
        lambda folder: {"SSL_CERT_FILE": _written(folder / "pem", b"no certificates")},
    ),
    Input(
        "certificates that are a folder",
        FETCH,
        "SSL_CERT_FILE",
        lambda folder: {"SSL_CERT_FILE": str(folder)},
    ),
    Input(
        "a proxy where nobody listens",
        FETCH,
        "cannot be reached",
        lambda _: {"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": ""},
    ),
    Input(
        "an address where nobody listens",
        FETCH,
        "cannot be reached",
        lambda _: {"MEWS_PLATFORM_ADDRESS": "http://127.0.0.1:1"},
    ),
    Input(
        "an address that does not exist",
        FETCH,
        "cannot be reached",
        lambda _: {"MEWS_PLATFORM_ADDRESS": "http://mews.invalid"},
    ),
    Input(
        "an address with a path",
        FETCH,
        "MEWS_PLATFORM_ADDRESS",
        lambda _: {"MEWS_PLATFORM_ADDRESS": os.environ["SANDBOX"] + "/api/connector/v1"},
    ),
    Input(
        "a token that Mews does not know",
        FETCH,
        "refused with status 401",
        lambda _: {"MEWS_ACCESS_TOKENS": "unknown"},
    ),
]


def _written(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return str(path)


def _env(content: bytes) -> Callable[[Path], Variables]:
    """Write a file of settings that sets what no variable does."""
    return lambda folder: {"MEWS_ENV_FILE": _written(folder / ".env", content), "MEWS_CLIENT": ""}


_ENV_FILES = [
    Input(name, FETCH, ".env", _env(content))
    for name, content in {
        "settings saved by Windows in its own code": "MEWS_CLIENT=H\u00f4tel".encode("cp1252"),
        "settings in UTF-16": "MEWS_CLIENT=Hotel".encode("utf-16"),
        "settings in UTF-16 without its mark": "MEWS_CLIENT=Hotel".encode("utf-16-le"),
        "settings that are noise": bytes(range(256)),
        "tokens over two lines": b"MEWS_CLIENT=Hotel\nMEWS_ACCESS_TOKENS=abc,\ndef\n",
        "a setting twice": b"MEWS_CLIENT=Hotel\nMEWS_CLIENT=Motel\n",
        "a setting without a value": b"MEWS_CLIENT\n",
        "an open quote": b"MEWS_CLIENT='Hotel\n",
    }.items()
] + [
    Input("settings with a byte order mark", FETCH, "", _env(b"\xef\xbb\xbfMEWS_CLIENT=a 1"), 0),
    Input("settings with the line ends of Windows", FETCH, "", _env(b"MEWS_CLIENT=a 1\r\n"), 0),
    Input("an empty file of settings", FETCH, "", _env(b""), 0),
]


def _at(name: str, content: bytes | None = None) -> Callable[[Path], Variables]:
    """Put the warehouse there, with this content if any."""

    def prepare(folder: Path) -> Variables:
        path = folder / "other" / name
        (folder / "other").mkdir()
        if content is not None:
            path.write_bytes(content)
        return {"MEWS_WAREHOUSE": str(path)}

    return prepare


def _changed(change: Callable[[bytearray], object]) -> Callable[[Path], Variables]:
    """Change the bytes of the warehouse."""

    def prepare(folder: Path) -> Variables:
        content = bytearray((folder / "w.duckdb").read_bytes())
        change(content)
        (folder / "w.duckdb").write_bytes(content)
        return {}

    return prepare


def _fill(content: bytearray, start: int, end: int, value: int = 0xA5) -> None:
    content[start:end] = bytes([value]) * (min(end, len(content)) - start)


def _cut_off(content: bytearray) -> None:
    del content[5000:]


def _folder(path: Path) -> str:
    path.mkdir(parents=True)
    return str(path)


_WAREHOUSES = [
    *(
        Input(name, DOCTOR, "MEWS_WAREHOUSE", prepare)
        for name, prepare in {
            "a warehouse that is a text": _at("w", b"Hello, hotel! " * 100),
            "a warehouse that is SQLite": _at("w", b"SQLite format 3\0" + b"\0" * 4096),
            "a warehouse that is noise": _at("w", bytes(range(256)) * 100),
            "a warehouse that is a folder": lambda f: {"MEWS_WAREHOUSE": _folder(f / "other")},
            "a warehouse below a file": lambda f: {
                "MEWS_WAREHOUSE": _written(f / "file", b"") + "/w.duckdb"
            },
            "a warehouse with a name too long": _at("w" * 300),
            "a warehouse where no file can be": lambda _: {"MEWS_WAREHOUSE": "/proc/mews/w.duckdb"},
        }.items()
    ),
    *(
        Input(name, DOCTOR, "is damaged", prepare)
        for name, prepare in {
            "a warehouse cut off in its header": _changed(_cut_off),
            "a warehouse with another header": _changed(lambda c: _fill(c, 4096, 12288)),
        }.items()
    ),
    # DuckDB reads a log up to where it is cut off
    Input(
        "a log that is noise",
        DOCTOR,
        "",
        lambda folder: {"": _written(folder / "w.duckdb.wal", b"\xa5" * 5000)},
        0,
    ),
    Input("a warehouse that is empty", DOCTOR, "", _at("w.duckdb", b""), 0),
    Input("a warehouse that is to come", DOCTOR, "", _at("w.duckdb"), 0),
    *(
        Input(f"a warehouse named {name!r}", DOCTOR, "", _at(name), 0)
        for name in (
            "a[b]*.duckdb", "two words.duckdb", "100%.duckdb", "caf\u00e9.duckdb", "no ending",
        )
    ),
    # dbt or DuckDB would misread these
    *(
        Input(f"a warehouse named {name!r}", DOCTOR, "MEWS_WAREHOUSE", _at(name))
        for name in ("it's.duckdb", 'say "hotel".duckdb', "#1.duckdb", "a;b.duckdb")
    ),
]  # fmt: skip


def _copy(content: bytes) -> Callable[[Path], Variables]:
    return lambda folder: {"": _written(folder / "analytics.duckdb", content)}


def _foreign_copy(folder: Path) -> Variables:
    with duckdb.connect(str(folder / "analytics.duckdb")) as connection:
        connection.execute("create table ours (a integer)")
    return {}


def _of_a_hotel(folder: Path) -> Variables:
    with duckdb.connect(str(folder / "w.duckdb")) as connection:
        connection.execute("update raw.fetches set token_key = 'of a hotel'")
    return {}


_COPIES = [
    Input("no copy yet", REPORT, "analytics.duckdb"),
    Input("a copy that is a text", REPORT, "analytics.duckdb", _copy(b"Hello, hotel! " * 900)),
    Input("a copy that is empty", REPORT, "analytics.duckdb", _copy(b"")),
    Input("a copy without marts", REPORT, "analytics.duckdb", _foreign_copy),
    Input(
        "a copy that is a folder",
        REPORT,
        "analytics.duckdb",
        lambda folder: {"": _folder(folder / "analytics.duckdb")},
    ),
]

_ARGUMENTS = [
    *(
        Input(" ".join(command), command, names, exit_status=BY_TYPER)
        for command, names in {
            ("fly",): "fly",
            ("fetch", "guests"): "guests",
            ("fetch", "reservations", "--moon", "full"): "--moon",
            ("fetch", "reservations", "--number"): "--number",
            ("fetch", "reservations", "52"): "52",
            (*FETCH, "--page-size", "0"): "--page-size",
            (*FETCH, "--page-size", "1001"): "--page-size",
            (*FETCH, "--format", "xml"): "--format",
            (*FETCH, "--output", "/"): "--output",
            ("report", "weather"): "weather",
            (*REPORT, "--from", "2025-13-01"): "--from",
            (*REPORT, "--to", "tomorrow"): "--to",
            (*REPORT, "--format", "xml"): "--format",
            ("report", "pickup", "--days", "2"): "--days",
            ("migrate",): "--to",
            ("migrate", "--to", "postgres://127.0.0.1/mews"): "--to",
            ("sandbox", "--port", "many"): "--port",
            ("sandbox", "--start", "2025-02-30"): "--start",
            ("dev", "--port", "many"): "--port",
            ("doctor", "everything"): "everything",
        }.items()
    ),
    *(
        Input(" ".join(command), command, names)
        for command, names in {
            (*UPDATED, "yesterday"): "--updated",
            (*UPDATED, "2025-02-30"): "--updated",
            (*UPDATED, "2025-01-02..2025-01-01"): "updated",
            (*UPDATED, "2025-01-01T00:00:00"): "--updated",
            (*UPDATED, ".."): "--updated",
            ("fetch", "reservations", "--reservation-ids", "hotel"): "ReservationIds",
            ("fetch", "reservations", "--states", "Teleported"): "States",
            (*FETCH, "--columns", "moon"): "moon",
            (*FETCH, "--columns", ","): "--columns",
            (*FETCH, "--format", "parquet"): "--output",
            (*FETCH, "--format", "table", "--output", "a.csv"): "--format",
            (*FETCH, "--output", "found.xml"): "found.xml",
            (*FETCH, "--output", "/dev/null/found.csv"): "/dev/null/found.csv",
        }.items()
    ),
    Input("a port beyond all ports", ("dev", "--port", "99999"), "--port", exit_status=BY_TYPER),
    Input(
        "a sandbox beyond all ports", ("sandbox", "--port", "-1"), "--port", exit_status=BY_TYPER
    ),
    Input(
        "a lake for the demo",
        ("demo",),
        "MEWS_WAREHOUSE",
        lambda folder: {"MEWS_WAREHOUSE": f"ducklake:{folder}/lake.ducklake"},
    ),
    Input("a warehouse of a hotel for the demo", ("demo",), "w.duckdb", _of_a_hotel),
]

INPUTS = [*_SETTINGS, *_ENV_FILES, *_WAREHOUSES, *_COPIES, *_ARGUMENTS]

# Names of folders that some language reads as more than a name; `#` is refused in words
NAMES = [
    "it's", 'say "hotel"', "a[b]*", "two words", "100%", "caf\u00e9", "a;b", "$HOME",
    "{a}", "-v", "~",
]  # fmt: skip
