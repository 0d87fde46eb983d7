"""What other web pages try with Dagster's own app: all of it works without the guard."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import httpx
import pytest
import uvicorn
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import EmptyWorkspaceTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from starlette.types import ASGIApp
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from mews_pipeline.defs.guard import Addresses, Guard

EVIL = "http://evil.example"
PROXY = "https://dagster.example.com"
MUTATION = 'mutation { setConcurrencyLimit(concurrencyKey: "foreign", limit: 7) }'
READ = "{ version }"
PAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
Attack = Callable[[str, Mapping[str, str]], httpx.Response]


@contextmanager
def listening(app: ASGIApp, port_socket: socket.socket) -> Iterator[None]:
    """Serve an app in a thread, as the webserver serves it."""
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, args=([port_socket],), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(30)


class Served:
    """Dagster's app twice, behind the guard and bare, on one instance without code."""

    def __init__(self, instance: dg.DagsterInstance, guarded: int, bare: int) -> None:
        self.instance = instance
        self.guarded = f"http://127.0.0.1:{guarded}"
        self.bare = f"http://127.0.0.1:{bare}"

    def was_driven(self) -> bool:
        """Whether the mutation ran; forgets it."""
        storage = self.instance.event_log_storage
        ran = "foreign" in storage.get_concurrency_keys()
        if ran:
            storage.delete_concurrency_limit("foreign")
        return ran


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with (
        dg.instance_for_test(temp_dir=str(tmp_path_factory.mktemp("home"))) as instance,
        WorkspaceProcessContext(instance, EmptyWorkspaceTarget()) as context,
        socket.create_server(("127.0.0.1", 0)) as guarded,
        socket.create_server(("127.0.0.1", 0)) as bare,
    ):
        app = create_app_from_workspace_process_context(context)
        ports = [each.getsockname()[1] for each in (guarded, bare)]
        addresses = Addresses.on_loopback(ports[0], [PROXY])
        with listening(Guard(app, addresses), guarded), listening(app, bare):
            yield Served(instance, *ports)


def by_link(url: str, headers: Mapping[str, str]) -> httpx.Response:
    """Ask as an image or a link of another page does: the query is in the address."""
    return httpx.get(f"{url}/graphql", params={"query": MUTATION}, headers=headers, timeout=60)


def by_form(url: str, headers: Mapping[str, str]) -> httpx.Response:
    """Ask as a form of another page does: the query is in its address, the body is ignored."""
    return httpx.post(
        f"{url}/graphql", params={"query": MUTATION}, data={"a": "b"}, headers=headers, timeout=60
    )


def by_text(url: str, headers: Mapping[str, str]) -> httpx.Response:
    """Send a body that pages may send without a preflight and that Dagster takes for JSON."""
    kind = {"Content-Type": "text/plain; application/json"}
    body = httpx.Request("POST", EVIL, json={"query": MUTATION}).content
    return httpx.post(f"{url}/graphql", content=body, headers={**kind, **headers}, timeout=60)


def by_program(url: str, headers: Mapping[str, str]) -> httpx.Response:
    """Ask as the UI and programs do."""
    return httpx.post(f"{url}/graphql", json={"query": MUTATION}, headers=headers, timeout=60)


ATTACKS = [
    pytest.param(by_link, PAGE, id="image"),
    pytest.param(by_link, {}, id="image of an older browser"),
    pytest.param(by_link, {"Origin": EVIL}, id="get with an origin"),
    pytest.param(by_form, {"Origin": EVIL, **LINK}, id="form"),
    pytest.param(by_form, {"Origin": "null"}, id="form in a frame"),
    pytest.param(by_form, {}, id="form of an older browser"),
    pytest.param(by_text, {"Origin": EVIL}, id="text with an origin"),
    pytest.param(by_text, {}, id="text"),
    pytest.param(by_program, {"Sec-Fetch-Site": "same-site"}, id="another port of localhost"),
    pytest.param(by_program, {"Origin": "http://localhost:1"}, id="origin on another port"),
    pytest.param(by_program, {"Host": "evil.example"}, id="foreign name of this machine"),
    pytest.param(by_program, {"Host": "localhost.evil.example"}, id="name that begins as ours"),
]


@pytest.mark.parametrize(("attack", "headers"), ATTACKS)
def test_another_page_cannot_drive_the_ui(
    served: Served, attack: Attack, headers: dict[str, str]
) -> None:
    assert attack(served.guarded, headers).status_code in {403, 405, 415, 421}
    assert not served.was_driven()
    # The same drives Dagster without the guard
    assert attack(served.bare, headers).is_success
    assert served.was_driven()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="program"),
        pytest.param({"Origin": "{guarded}", "Sec-Fetch-Site": "same-origin"}, id="ui"),
        pytest.param({"Origin": PROXY, "Host": "dagster.example.com"}, id="proxy"),
        pytest.param({"Origin": PROXY, "Host": "dagster.example.com:443"}, id="proxy with port"),
    ],
)
def test_the_ui_and_programs_are_served(served: Served, headers: dict[str, str]) -> None:
    sent = {name: value.format(guarded=served.guarded) for name, value in headers.items()}
    assert by_program(served.guarded, sent).is_success
    assert served.was_driven()


def test_a_link_from_another_page_opens_the_ui(served: Served) -> None:
    opened = httpx.get(f"{served.guarded}/runs", headers=LINK)
    assert opened.is_success
    assert opened.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_frame_of_another_page_does_not(served: Served) -> None:
    framed = LINK | {"Sec-Fetch-Dest": "iframe"}
    assert httpx.get(f"{served.bare}/runs", headers=framed).is_success
    assert httpx.get(f"{served.guarded}/runs", headers=framed).status_code == 403


def test_a_foreign_host_reads_nothing(served: Served) -> None:
    foreign = {"Host": "evil.example"}
    assert httpx.get(f"{served.bare}/server_info", headers=foreign).is_success
    refused = httpx.get(f"{served.guarded}/server_info", headers=foreign)
    assert refused.status_code == 421
    assert "MEWS_DAGSTER_URL" in refused.text


def websocket(url: str, headers: Mapping[str, str]) -> str | None:
    """Open the websocket of the UI; gives the protocol that was agreed on."""
    # Without a proxy of the environment
    address = url.replace("http", "ws", 1) + "/graphql"
    host = headers.get("Host")
    others = {name: value for name, value in headers.items() if name != "Host"}
    port = int(url.rpartition(":")[2])
    if host:
        address = f"ws://{host}/graphql"
    with (
        socket.create_connection(("127.0.0.1", port)) as raw,
        connect(
            address,
            sock=raw,
            additional_headers=others,
            subprotocols=[Subprotocol("graphql-ws")],
            proxy=None,
        ) as opened,
    ):
        return opened.subprotocol


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": EVIL}, id="origin"),
        pytest.param({"Origin": "null"}, id="no origin of its own"),
        pytest.param({"Host": "evil.example"}, id="host"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="site"),
    ],
)
def test_a_foreign_websocket_is_refused(served: Served, headers: dict[str, str]) -> None:
    assert websocket(served.bare, headers) == "graphql-ws"
    with pytest.raises(InvalidStatus) as refused:
        websocket(served.guarded, headers)
    assert refused.value.response.status_code == 403


@pytest.mark.parametrize("headers", [{}, {"Origin": "{guarded}"}, {"Origin": PROXY}])
def test_the_websocket_of_the_ui_is_served(served: Served, headers: dict[str, str]) -> None:
    sent = {name: value.format(guarded=served.guarded) for name, value in headers.items()}
    assert websocket(served.guarded, sent) == "graphql-ws"


def test_two_hosts_are_refused(served: Served) -> None:
    port = int(served.guarded.rpartition(":")[2])
    hosts = f"Host: 127.0.0.1:{port}\r\nHost: evil.example\r\n"
    with socket.create_connection(("127.0.0.1", port)) as raw:
        raw.sendall(f"GET /server_info HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n".encode())
        status = raw.makefile("rb").readline()
    assert b" 421 " in status or b" 400 " in status


def test_an_address_that_is_none_is_named() -> None:
    with pytest.raises(ValueError, match=r"dagster\.example\.com is not an address"):
        Addresses.on_loopback(3000, ["dagster.example.com"])


def test_units_and_dev_serve_no_bare_webserver() -> None:
    root = Path(__file__).parents[2]
    unit = (root / "deploy/mews-pipeline-webserver.service").read_text()
    assert "-m mews_pipeline.defs.webserver" in unit
    assert "bin/dagster-webserver" not in unit
