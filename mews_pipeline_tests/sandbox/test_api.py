"""Test the vendor's example requests, the clock, the request log, headers and schema drift."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mews_pipeline.sandbox import (
    SchemaDrift,
    World,
    access_tokens,
)
from mews_pipeline_tests.support.example_requests import (
    PRODUCT_SERVICE_ORDERS_REQUEST,
    RESERVATIONS_REQUEST,
)
from mews_pipeline_tests.support.sandbox_client import (
    HOUR,
    NOW,
    ORDERS_PATH,
    RESERVATIONS_PATH,
    SandboxClient,
    api_text,
    between,
)


@pytest.mark.parametrize(
    ("path", "example"),
    [(RESERVATIONS_PATH, RESERVATIONS_REQUEST), (ORDERS_PATH, PRODUCT_SERVICE_ORDERS_REQUEST)],
    ids=["reservations", "orders"],
)
def test_the_vendors_example_request_is_accepted(
    client: SandboxClient, path: str, example: dict[str, Any]
) -> None:
    response = client.send("POST", f"/api/connector/v1/{path}", json=example)

    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    ("path", "list_key", "example", "keys"),
    [
        (RESERVATIONS_PATH, "Reservations", RESERVATIONS_REQUEST, ("ReservationIds", "ServiceIds")),
        (
            ORDERS_PATH,
            "ProductServiceOrders",
            PRODUCT_SERVICE_ORDERS_REQUEST,
            ("ProductServiceOrderIds", "ServiceIds", "Limitation"),
        ),
    ],
    ids=["reservations", "orders"],
)
def test_the_records_of_the_vendors_example_exist(
    client: SandboxClient, path: str, list_key: str, example: dict[str, Any], keys: tuple[str, ...]
) -> None:
    page = client.post(path, **{key: example[key] for key in keys}).json()

    # One id of the examples is that of a reservation and of an order; here an order has it
    wanted = set(example[keys[0]])
    if path == RESERVATIONS_PATH:
        wanted -= set(PRODUCT_SERVICE_ORDERS_REQUEST["ProductServiceOrderIds"])
    assert {record["Id"] for record in page[list_key]} == wanted


def test_without_filters_all_reservations_as_of_the_clock_are_returned(
    client: SandboxClient, world: World
) -> None:
    records = client.all(RESERVATIONS_PATH, "Reservations")

    assert records == world.as_of("reservations", NOW)


def test_the_clock_decides_which_versions_are_returned(client: SandboxClient, world: World) -> None:
    earlier = NOW - timedelta(days=20)
    client.send("PUT", "/sandbox/clock", json={"NowUtc": api_text(earlier)})

    assert client.all(RESERVATIONS_PATH, "Reservations") == world.as_of("reservations", earlier)
    clock = client.send("GET", "/sandbox/clock").json()
    assert clock == {"NowUtc": "2024-03-31T12:30:00Z", "IsRunning": False}


def test_the_date_header_shows_the_sandboxs_clock(client: SandboxClient) -> None:
    assert client.post("services/getAll").headers["Date"] == "Sat, 20 Apr 2024 12:30:00 GMT"


def test_the_clock_cannot_be_set_ahead_of_real_time(client: SandboxClient) -> None:
    response = client.send("PUT", "/sandbox/clock", json={"NowUtc": "2999-01-01T00:00:00Z"})

    assert response.status_code == 400
    assert client.clock.now() == NOW


def test_a_clock_set_to_null_runs_with_real_time(client: SandboxClient) -> None:
    before = datetime.now(UTC)
    client.send("PUT", "/sandbox/clock", json={"NowUtc": None})

    assert client.clock.is_running
    assert client.clock.now() >= before


def test_requests_are_logged_and_counted_without_tokens(
    client: SandboxClient, world: World
) -> None:
    interval = between(NOW - HOUR, NOW)
    client.post(RESERVATIONS_PATH, UpdatedUtc=interval, Limitation={"Count": 5})
    client.post(ORDERS_PATH)
    last, refused = client.sandbox.log.requests

    assert (last.operation, last.status, last.count, last.has_cursor) == (
        RESERVATIONS_PATH, 200, 5, False,
    )  # fmt: skip
    assert last.interval == (interval["StartUtc"], interval["EndUtc"])
    assert refused.status == 400
    counts = client.send("GET", "/sandbox/requests")
    assert counts.json()["Operations"] == {ORDERS_PATH: {"400": 1}, RESERVATIONS_PATH: {"200": 1}}
    tokens = [*access_tokens(world).values(), PRODUCT_SERVICE_ORDERS_REQUEST["AccessToken"]]
    assert not any(token in counts.text + repr(last) for token in tokens)


def test_long_responses_are_compressed(client: SandboxClient) -> None:
    assert client.post(RESERVATIONS_PATH).headers["Content-Encoding"] == "gzip"


def test_undocumented_fields_and_values_appear_by_option(client: SandboxClient) -> None:
    plain = client.all(RESERVATIONS_PATH, "Reservations")
    client.options.drift = SchemaDrift(
        extra_fields=True, unknown_values=True, unknown_states=True,
        null_person_counts=True, empty_person_counts=True,
    )  # fmt: skip
    drifted = client.all(RESERVATIONS_PATH, "Reservations")

    assert any("LoyaltyTier" in record for record in drifted)
    assert any("DigitalKeyIssued" in record["Options"] for record in drifted)
    assert {"Telegram"} <= {record["CommanderOrigin"] for record in drifted}
    assert {"Covid19"} <= {record["CancellationReason"] for record in drifted}
    assert {"Waitlisted"} <= {record["State"] for record in drifted}
    assert any(record["PersonCounts"] is None for record in drifted)
    assert any(record["PersonCounts"] == [] for record in drifted)
    assert [record["Id"] for record in drifted] == [record["Id"] for record in plain]
    assert any(one == two for one, two in zip(plain, drifted, strict=True))
