"""Faults: each as a client on the wire meets it, and plans that are the same each time."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mews_pipeline.sandbox import (
    TRANSIENT_FAULTS,
    Clock,
    Fault,
    FaultPlan,
    RateLimit,
    Sandbox,
    SandboxOptions,
    World,
    create_app,
    running_app,
    running_sandbox,
)
from mews_pipeline_tests.support.sandbox_client import NOW, RESERVATIONS_PATH, TOKENS

STATUSES = {
    Fault.TIMEOUT_408: 408, Fault.CONFLICT_409: 409, Fault.TOO_LARGE_413: 413,
    Fault.THROTTLED_429: 429, Fault.ERROR_500: 500, Fault.ERROR_502: 502, Fault.ERROR_503: 503,
}  # fmt: skip


class Wire:
    """A sandbox on loopback, and a client that waits little."""

    def __init__(self, sandbox: Sandbox, http: httpx.Client) -> None:
        self.sandbox, self.http = sandbox, http
        self._asked = 0

    def ask(self, fault: Fault | None, **body: Any) -> httpx.Response:
        """Ask for a page; the request meets the fault."""
        self._asked += 1
        self.sandbox.options.faults = FaultPlan({self._asked: fault} if fault else {})
        asked = {**TOKENS, "Limitation": {"Count": 20}, **body}
        return self.http.post(f"/api/connector/v1/{RESERVATIONS_PATH}", json=asked)


@pytest.fixture(scope="module")
def wire(world: World) -> Iterator[Wire]:
    app = create_app(world, Clock(NOW), SandboxOptions(stall_seconds=30))
    with running_app(app) as address, httpx.Client(base_url=address, timeout=0.5) as http:
        yield Wire(app.state.sandbox, http)


@pytest.mark.parametrize("fault", STATUSES, ids=lambda fault: fault.name)
def test_a_status_is_answered_with_an_error_body(wire: Wire, fault: Fault) -> None:
    response = wire.ask(fault)

    assert response.status_code == STATUSES[fault]
    assert set(response.json()) == {"Message", "RequestId", "Details"}
    assert wire.ask(None).status_code == 200


def test_a_429_by_plan_keeps_to_the_options_retry_after(wire: Wire) -> None:
    wire.sandbox.options.rate_limit = RateLimit(requests=10_000, retry_after="seconds")
    told = wire.ask(Fault.THROTTLED_429).headers["Retry-After"]
    wire.sandbox.options.rate_limit = None

    assert told == "1"
    assert "Retry-After" not in wire.ask(Fault.THROTTLED_429).headers


def test_a_page_of_html_has_status_200(wire: Wire) -> None:
    response = wire.ask(Fault.HTML)

    assert (response.status_code, response.headers["Content-Type"][:9]) == (200, "text/html")


def test_json_can_be_called_text(wire: Wire) -> None:
    response = wire.ask(Fault.WRONG_CONTENT_TYPE)

    assert response.headers["Content-Type"].startswith("text/plain")
    assert response.json()["Reservations"]


def test_half_a_json_is_no_json(wire: Wire) -> None:
    response = wire.ask(Fault.HALF_JSON)

    assert response.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        response.json()


def test_a_body_can_end_before_its_content_length(wire: Wire) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without"):
        wire.ask(Fault.CUT_OFF)
    assert wire.ask(None).status_code == 200


def test_a_connection_can_be_reset(wire: Wire) -> None:
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        wire.ask(Fault.RESET)
    assert wire.ask(None).status_code == 200


def test_an_answer_can_fail_to_come(wire: Wire) -> None:
    with pytest.raises(httpx.ReadTimeout):
        wire.ask(Fault.STALL)
    assert wire.ask(None).status_code == 200


def test_a_cursor_can_repeat(wire: Wire) -> None:
    cursor = wire.ask(None).json()["Cursor"]
    limitation = {"Count": 20, "Cursor": cursor}

    assert wire.ask(Fault.REPEATED_CURSOR, Limitation=limitation).json()["Cursor"] == cursor
    assert wire.ask(None, Limitation=limitation).json()["Cursor"] != cursor


def test_faults_are_logged(wire: Wire) -> None:
    wire.ask(Fault.ERROR_502)

    last = wire.sandbox.log.requests[-1]
    assert (last.fault, last.status) == (Fault.ERROR_502, 502)


def test_a_seeds_plan_is_the_same_each_time_and_holds_every_kind() -> None:
    one, two = (FaultPlan(seed=5, share=0.4) for _ in range(2))
    later = [two.at(number) for number in range(500, 0, -1)][::-1]

    plan = [one.at(number) for number in range(1, 501)]

    assert plan == later
    assert set(plan) == {*TRANSIENT_FAULTS, None}
    other = FaultPlan(seed=6, share=0.4)
    assert plan != [other.at(number) for number in range(1, 501)]


def test_faults_in_a_row_are_bounded() -> None:
    plan = FaultPlan(seed=1, share=1.0, max_consecutive=2)

    met = [plan.at(number) is not None for number in range(1, 31)]

    assert met == [True, True, False] * 10


def test_planned_faults_come_before_drawn_ones() -> None:
    plan = FaultPlan({3: Fault.RESET})

    assert [plan.at(number) for number in range(1, 5)] == [None, None, Fault.RESET, None]


def test_the_sandbox_serves_on_loopback_and_stops(world: World) -> None:
    with running_sandbox(world, Clock(NOW)) as address:
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(f"{address}/sandbox/clock").json()["IsRunning"] is False
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/sandbox/clock")


def test_without_a_clock_real_time_is_taken(world: World) -> None:
    with running_sandbox(world) as address:
        assert httpx.get(f"{address}/sandbox/clock").json()["IsRunning"] is True


def test_latency_holds_back_every_answer(wire: Wire) -> None:
    wire.sandbox.options.latency_seconds = 1
    with pytest.raises(httpx.ReadTimeout):
        wire.ask(None)
    wire.sandbox.options.latency_seconds = 0
