"""Check what settings are read from: the file `.env`, and the variables that HTTP goes by.

Each problem is one sentence that names the file or the variable and says what to do. No value is
shown, because a file may hold tokens on any line and the address of a proxy a password.
"""

import codecs
import os
import ssl
from collections import defaultdict
from collections.abc import Iterator
from io import StringIO
from ipaddress import IPv6Address
from pathlib import Path

import httpx
from dotenv.parser import parse_stream

# Of the name of every setting's variable, unless a mounted pipeline has another one
PREFIX = "MEWS_"
# With utf-8 alone, the mark that Windows puts first would become part of the first name
ENCODING = "utf-8-sig"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_AGAIN = "save it as UTF-8 (in Windows' Notepad: Save as, Encoding UTF-8)"
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def env_file() -> str | None:
    """Return the file that settings are read from: MEWS_ENV_FILE, else .env; "" means none."""
    return os.environ.get("MEWS_ENV_FILE", ".env") or None


def file_problems(name: str | None) -> list[str]:
    """Return why settings cannot be read from this file; nothing if they can."""
    path = Path(name) if name else None
    # Only what is no file at all is left out, as the settings do
    if path is None or not path.is_file():
        return []
    try:
        content = path.read_bytes()
    except OSError as error:
        return [f"{path} cannot be read ({error.strerror}): let this user read it"]
    # UTF-16 without its mark has a zero byte in each letter
    if content.startswith(_UTF_16) or b"\0" in content:
        return [f"{path} is saved as UTF-16: {_AGAIN}"]
    try:
        text = content.decode(ENCODING)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return [f"{path} is not saved as UTF-8, as line {line} shows: {_AGAIN}"]
    return list(_line_problems(path, text))


def _line_problems(path: Path, text: str) -> Iterator[str]:
    """Find the lines that would be lost without a word."""
    lines: dict[str, list[int]] = defaultdict(list)
    for found in parse_stream(StringIO(text)):
        line = found.original.line
        # The blank lines before it belong to what was found
        line += found.original.string[: -len(found.original.string.lstrip()) or None].count("\n")
        if found.error or (found.key is not None and found.value is None):
            yield (
                f"{path}, line {line}, is not NAME=VALUE: write each setting on one line, a list "
                "with commas and no line break"
            )
        elif found.key and found.key.upper().startswith("MEWS_"):
            lines[found.key.upper()].append(line)
    for name, where in lines.items():
        if len(where) > 1:
            yield (
                f"{path} sets {name} in lines {', '.join(map(str, where))}: keep one of them, a "
                "list with commas"
            )


def network_problems() -> list[str]:
    """Return what is wrong with the variables that HTTP goes by; nothing if they can be used."""
    return [*_proxy_problems(), *_exception_problems(), *_certificate_problems()]


def _proxy_problems() -> Iterator[str]:
    for variable, value in _given(*_PROXIES):
        try:
            # As httpx does for an address without a scheme
            address = value if "://" in value else f"http://{value}"
            httpx.HTTPTransport(proxy=address, verify=False).close()
        except ImportError:
            yield (
                f"{variable} names a SOCKS proxy, which needs the package socksio: give the "
                "address of an HTTP proxy, or run pip install socksio"
            )
        except (ValueError, httpx.InvalidURL):
            yield f"{variable} is not the address of a proxy: write it as http://host:port"


def _exception_problems() -> Iterator[str]:
    for variable, value in _given("NO_PROXY"):
        for entry in filter(None, map(str.strip, value.split(","))):
            if not _is_host(entry):
                yield (
                    f"{variable} has an entry that is not a host: write hosts separated by "
                    "commas, and IPv6 addresses without brackets, as ::1"
                )
                break


def _is_host(entry: str) -> bool:
    """Return whether httpx can read the entry, which it makes a pattern of addresses."""
    if "://" not in entry:
        try:
            IPv6Address(entry.split("/", maxsplit=1)[0])
            entry = f"[{entry}]"
        except ValueError:
            entry = f"*{entry}"
        entry = f"all://{entry}"
    try:
        httpx.URL(entry)
    except httpx.InvalidURL:
        return False
    return True


def _certificate_problems() -> Iterator[str]:
    for variable, value in _given("SSL_CERT_FILE", "SSLKEYLOGFILE"):
        try:
            if variable == "SSL_CERT_FILE":
                ssl.create_default_context(cafile=value)
            else:
                ssl.create_default_context()
        except OSError as error:
            what = "certificates" if variable == "SSL_CERT_FILE" else "a file that may be written"
            yield (
                f"{variable} does not name {what} ({error.strerror or type(error).__name__}): "
                "correct its path, or unset it"
            )
    for variable, value in _given("SSL_CERT_DIR"):
        if not all(Path(folder).is_dir() for folder in value.split(os.pathsep)):
            yield f"{variable} does not name a folder of certificates: correct it, or unset it"


def _given(*names: str) -> Iterator[tuple[str, str]]:
    for name in names:
        for variable in (name, name.lower()):
            if value := os.environ.get(variable, "").strip():
                yield variable, value
