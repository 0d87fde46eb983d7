"""Refuse what other web pages send to Dagster's UI: it has no login and takes any request.

A browser that has the UI open, or merely reaches its port, sends requests on behalf of every page
that asks it to. Three headers tell them apart, and no page can forge them: `Host` (a foreign name
that resolves to this machine), `Origin` and `Sec-Fetch-Site` (who asks). What is not a browser
sends neither of the last two and is not refused for it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_DEFAULT_PORTS = {"http": 80, "https": 443}
# What a browser sends across sites without asking the server first
_FORM_TYPES = {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
_GRAPHQL_TYPES = {"application/json", "application/graphql"}
_POLICY_VIOLATION = 1008


@dataclass(frozen=True)
class Refusal:
    """Why a request is refused: the HTTP status, and the sentence for who sent it."""

    status: int
    text: str


@dataclass(frozen=True)
class Addresses:
    """The addresses under which the UI may be opened, as browsers name them."""

    origins: frozenset[str]
    hosts: frozenset[str]

    @classmethod
    def of(cls, urls: Iterable[str]) -> Self:
        """Read them from URLs, the path of which does not matter. Raises ValueError."""
        origins, hosts = set(), set()
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
                raise ValueError(f"{url} is not an address such as https://dagster.example.com")
            name = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
            default = _DEFAULT_PORTS[parts.scheme]
            port = parts.port or default
            hosts.add(f"{name}:{port}")
            if port == default:
                hosts.add(name)
            origins.add(f"{parts.scheme}://{name}" + (f":{port}" if port != default else ""))
        return cls(frozenset(origins), frozenset(hosts))

    @classmethod
    def on_loopback(cls, port: int, others: Iterable[str] = ()) -> Self:
        """Give those of a server on this machine, and `others`: of proxies in front of it."""
        names = ("localhost", "127.0.0.1", "[::1]")
        return cls.of([*(f"http://{name}:{port}" for name in names), *others])


class Guard:
    """ASGI middleware that passes on only what the UI itself or a program sends."""

    def __init__(self, app: ASGIApp, addresses: Addresses) -> None:
        self._app = app
        self._addresses = addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request or a websocket, or pass it on with a header against framing."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif refusal := refusal_of(scope, self._addresses):
            await _refuse(refusal, scope, receive, send)
        elif scope["type"] == "http":
            await self._app(scope, receive, _unframed(send))
        else:
            await self._app(scope, receive, send)


def refusal_of(scope: Scope, addresses: Addresses) -> Refusal | None:
    """Say why a request must not reach the UI; None when it may."""
    headers = Headers(scope=scope)
    return (
        _foreign_host(headers, addresses)
        or _foreign_origin(headers, addresses)
        or _other_site(scope, headers)
        or (_form(scope, headers) if scope["type"] == "http" else None)
    )


def _foreign_host(headers: Headers, addresses: Addresses) -> Refusal | None:
    found = [host.lower() for host in headers.getlist("host")]
    if len(found) == 1 and found[0] in addresses.hosts:
        return None
    return Refusal(
        421,
        "The UI is not served under this name. Open it as http://localhost with its port; for a "
        "proxy or a tunnel, set MEWS_DAGSTER_URL to the address in the browser and restart.",
    )


def _foreign_origin(headers: Headers, addresses: Addresses) -> Refusal | None:
    if all(origin.lower() in addresses.origins for origin in headers.getlist("origin")):
        return None
    return Refusal(403, "Requests of other web pages are refused.")


def _other_site(scope: Scope, headers: Headers) -> Refusal | None:
    """Refuse what a browser sends for another page, except a link that a person follows."""
    if set(headers.getlist("sec-fetch-site")) <= {"same-origin", "none"}:
        return None
    is_link = (
        scope.get("method") in _SAFE_METHODS
        and headers.get("sec-fetch-mode") == "navigate"
        and headers.get("sec-fetch-dest") == "document"
    )
    return None if is_link else Refusal(403, "Requests of other web pages are refused.")


def _form(scope: Scope, headers: Headers) -> Refusal | None:
    """Refuse what browsers older than `Sec-Fetch-Site` send across sites without an `Origin`."""
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    is_graphql = scope["path"].endswith("/graphql")
    if scope["method"] in _SAFE_METHODS:
        # Dagster answers with its GraphQL page when HTML is accepted, else runs the query
        runs = is_graphql and "text/html" not in headers.get("accept", "")
        if runs and b"query" in parse_qs(scope["query_string"], keep_blank_values=True):
            return Refusal(405, "GraphQL is taken by POST only, as application/json.")
    elif is_graphql and kind not in _GRAPHQL_TYPES:
        # Dagster would read the query from the address
        return Refusal(415, "GraphQL is taken as application/json only.")
    elif kind in _FORM_TYPES:
        return Refusal(415, "Forms are not taken: send application/json.")
    return None


def _unframed(send: Send) -> Send:
    """Forbid other pages to show the UI in a frame, where clicks on it can be stolen."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)["X-Frame-Options"] = "SAMEORIGIN"
        await send(message)

    return sending


async def _refuse(refusal: Refusal, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        # Before it is accepted: the handshake is answered with 403
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
    else:
        await PlainTextResponse(refusal.text + "\n", refusal.status)(scope, receive, send)
