"""Test each fault as a client on a real connection sees it, and that plans are reproducible."""

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
    """A sandbox on loopback, and a client with a short timeout."""

    def __init__(self, sandbox: Sandbox, http: httpx.Client) -> None:
        self.sandbox, self.http = sandbox, http
        self._count = 0

    def post(self, fault: Fault | None, **body: Any) -> httpx.Response:
        """Request a page; the request fails with the fault."""
        self._count += 1
        self.sandbox.options.faults = FaultPlan({self._count: fault} if fault else {})
        fields = {**TOKENS, "Limitation": {"Count": 20}, **body}
        return self.http.post(f"/api/connector/v1/{RESERVATIONS_PATH}", json=fields)


@pytest.fixture(scope="module")
def wire(world: World) -> Iterator[Wire]:
    app = create_app(world, Clock(NOW), SandboxOptions(stall_seconds=30))
    with running_app(app) as address, httpx.Client(base_url=address, timeout=0.5) as http:
        yield Wire(app.state.sandbox, http)


@pytest.mark.parametrize("fault", STATUSES, ids=lambda fault: fault.name)
def test_an_error_status_comes_with_an_error_body(wire: Wire, fault: Fault) -> None:
    response = wire.post(fault)

    assert response.status_code == STATUSES[fault]
    assert set(response.json()) == {"Message", "RequestId", "Details"}
    assert wire.post(None).status_code == 200


def test_a_planned_429_has_the_retry_after_of_the_options(wire: Wire) -> None:
    wire.sandbox.options.rate_limit = RateLimit(requests=10_000, retry_after="seconds")
    retry_after = wire.post(Fault.THROTTLED_429).headers["Retry-After"]
    wire.sandbox.options.rate_limit = None

    assert retry_after == "1"
    assert "Retry-After" not in wire.post(Fault.THROTTLED_429).headers


def test_an_html_page_has_status_200(wire: Wire) -> None:
    response = wire.post(Fault.HTML)

    assert (response.status_code, response.headers["Content-Type"][:9]) == (200, "text/html")


def test_json_can_have_the_content_type_of_text(wire: Wire) -> None:
    response = wire.post(Fault.WRONG_CONTENT_TYPE)

    assert response.headers["Content-Type"].startswith("text/plain")
    assert response.json()["Reservations"]


def test_half_a_json_document_cannot_be_parsed(wire: Wire) -> None:
    response = wire.post(Fault.HALF_JSON)

    assert response.status_code == 200
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        response.json()


def test_a_body_can_end_before_its_content_length(wire: Wire) -> None:
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete|without"):
        wire.post(Fault.CUT_OFF)
    assert wire.post(None).status_code == 200


def test_a_connection_can_be_reset(wire: Wire) -> None:
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        wire.post(Fault.RESET)
    assert wire.post(None).status_code == 200


def test_a_response_can_stall(wire: Wire) -> None:
    with pytest.raises(httpx.ReadTimeout):
        wire.post(Fault.STALL)
    assert wire.post(None).status_code == 200


def test_a_cursor_can_repeat(wire: Wire) -> None:
    cursor = wire.post(None).json()["Cursor"]
    limitation = {"Count": 20, "Cursor": cursor}

    assert wire.post(Fault.REPEATED_CURSOR, Limitation=limitation).json()["Cursor"] == cursor
    assert wire.post(None, Limitation=limitation).json()["Cursor"] != cursor


def test_faults_are_logged(wire: Wire) -> None:
    wire.post(Fault.ERROR_502)

    last = wire.sandbox.log.requests[-1]
    assert (last.fault, last.status) == (Fault.ERROR_502, 502)


def test_a_seed_always_gives_the_same_plan_with_every_kind_of_fault() -> None:
    one, two = (FaultPlan(seed=5, share=0.4) for _ in range(2))
    later = [two.at(number) for number in range(500, 0, -1)][::-1]

    plan = [one.at(number) for number in range(1, 501)]

    assert plan == later
    assert set(plan) == {*TRANSIENT_FAULTS, None}
    other = FaultPlan(seed=6, share=0.4)
    assert plan != [other.at(number) for number in range(1, 501)]


def test_consecutive_faults_are_limited() -> None:
    plan = FaultPlan(seed=1, share=1.0, max_consecutive=2)

    fails = [plan.at(number) is not None for number in range(1, 31)]

    assert fails == [True, True, False] * 10


def test_planned_faults_take_precedence_over_drawn_ones() -> None:
    plan = FaultPlan({3: Fault.RESET})

    assert [plan.at(number) for number in range(1, 5)] == [None, None, Fault.RESET, None]


def test_the_sandbox_serves_on_loopback_and_stops(world: World) -> None:
    with running_sandbox(world, Clock(NOW)) as address:
        assert address.startswith("http://127.0.0.1:")
        assert httpx.get(f"{address}/sandbox/clock").json()["IsRunning"] is False
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/sandbox/clock")


def test_without_a_clock_real_time_is_used(world: World) -> None:
    with running_sandbox(world) as address:
        assert httpx.get(f"{address}/sandbox/clock").json()["IsRunning"] is True


def test_latency_delays_every_response(wire: Wire) -> None:
    wire.sandbox.options.latency_seconds = 1
    with pytest.raises(httpx.ReadTimeout):
        wire.post(None)
    wire.sandbox.options.latency_seconds = 0
