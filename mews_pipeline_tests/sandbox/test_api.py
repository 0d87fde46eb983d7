"""The seeds' requests, the clock, the log, and what is said beside the data."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mews_pipeline.sandbox import (
    Drift,
    World,
    access_tokens,
)
from mews_pipeline_tests.support.asking import (
    HOUR,
    NOW,
    ORDERS,
    RESERVATIONS,
    Asking,
    between,
    spelled,
)
from mews_pipeline_tests.support.example_requests import (
    PRODUCT_SERVICE_ORDERS_REQUEST,
    RESERVATIONS_REQUEST,
)


@pytest.mark.parametrize(
    ("path", "example"),
    [(RESERVATIONS, RESERVATIONS_REQUEST), (ORDERS, PRODUCT_SERVICE_ORDERS_REQUEST)],
    ids=["reservations", "orders"],
)
def test_the_seeds_example_request_is_accepted(
    asking: Asking, path: str, example: dict[str, Any]
) -> None:
    response = asking.send("POST", f"/api/connector/v1/{path}", json=example)

    assert response.status_code == 200, response.text


@pytest.mark.parametrize(
    ("path", "list_key", "example", "keys"),
    [
        (RESERVATIONS, "Reservations", RESERVATIONS_REQUEST, ("ReservationIds", "ServiceIds")),
        (
            ORDERS,
            "ProductServiceOrders",
            PRODUCT_SERVICE_ORDERS_REQUEST,
            ("ProductServiceOrderIds", "ServiceIds", "Limitation"),
        ),
    ],
    ids=["reservations", "orders"],
)
def test_the_seeds_example_records_exist(
    asking: Asking, path: str, list_key: str, example: dict[str, Any], keys: tuple[str, ...]
) -> None:
    answer = asking.post(path, **{key: example[key] for key in keys}).json()

    assert {record["Id"] for record in answer[list_key]} == set(example[keys[0]])


def test_without_filters_every_reservation_known_by_the_clock_comes(
    asking: Asking, world: World
) -> None:
    records = asking.all(RESERVATIONS, "Reservations")

    assert records == world.as_of("reservations", NOW)


def test_the_clock_decides_what_is_seen(asking: Asking, world: World) -> None:
    earlier = NOW - timedelta(days=20)
    asking.send("PUT", "/sandbox/clock", json={"NowUtc": spelled(earlier)})

    assert asking.all(RESERVATIONS, "Reservations") == world.as_of("reservations", earlier)
    told = asking.send("GET", "/sandbox/clock").json()
    assert told == {"NowUtc": "2024-03-31T12:30:00Z", "IsRunning": False}


def test_the_date_header_is_the_sandboxs_clock(asking: Asking) -> None:
    assert asking.post("services/getAll").headers["Date"] == "Sat, 20 Apr 2024 12:30:00 GMT"


def test_the_clock_never_passes_real_time(asking: Asking) -> None:
    response = asking.send("PUT", "/sandbox/clock", json={"NowUtc": "2999-01-01T00:00:00Z"})

    assert response.status_code == 400
    assert asking.clock.now() == NOW


def test_a_clock_set_to_null_runs_with_real_time(asking: Asking) -> None:
    before = datetime.now(UTC)
    asking.send("PUT", "/sandbox/clock", json={"NowUtc": None})

    assert asking.clock.is_running
    assert asking.clock.now() >= before


def test_requests_are_logged_and_counted_without_tokens(asking: Asking, world: World) -> None:
    interval = between(NOW - HOUR, NOW)
    asking.post(RESERVATIONS, UpdatedUtc=interval, Limitation={"Count": 5})
    asking.post(ORDERS)
    last, refused = asking.sandbox.log.requests

    assert (last.operation, last.status, last.count, last.has_cursor) == (
        RESERVATIONS, 200, 5, False,
    )  # fmt: skip
    assert last.interval == (interval["StartUtc"], interval["EndUtc"])
    assert refused.status == 400
    counts = asking.send("GET", "/sandbox/requests")
    assert counts.json()["Operations"] == {ORDERS: {"400": 1}, RESERVATIONS: {"200": 1}}
    tokens = [*access_tokens(world).values(), PRODUCT_SERVICE_ORDERS_REQUEST["AccessToken"]]
    assert not any(token in counts.text + repr(last) for token in tokens)


def test_long_answers_are_packed(asking: Asking) -> None:
    assert asking.post(RESERVATIONS).headers["Content-Encoding"] == "gzip"


def test_undocumented_things_appear_by_option(asking: Asking) -> None:
    plain = asking.all(RESERVATIONS, "Reservations")
    asking.options.drift = Drift(
        extra_fields=True, unknown_values=True, unknown_states=True,
        null_person_counts=True, empty_person_counts=True,
    )  # fmt: skip
    drifted = asking.all(RESERVATIONS, "Reservations")

    assert any("LoyaltyTier" in record for record in drifted)
    assert any("DigitalKeyIssued" in record["Options"] for record in drifted)
    assert {"RoomingList"} <= {record["CommanderOrigin"] for record in drifted}
    assert {"Covid19"} <= {record["CancellationReason"] for record in drifted}
    assert {"Waitlisted"} <= {record["State"] for record in drifted}
    assert any(record["PersonCounts"] is None for record in drifted)
    assert any(record["PersonCounts"] == [] for record in drifted)
    assert [record["Id"] for record in drifted] == [record["Id"] for record in plain]
    assert any(one == two for one, two in zip(plain, drifted, strict=True))
