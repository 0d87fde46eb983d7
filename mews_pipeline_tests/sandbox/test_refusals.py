"""Test what the sandbox refuses, with which status and message."""

from typing import Any

import pytest

from mews_pipeline.sandbox import RateLimit
from mews_pipeline.sandbox.server.limits import SlidingWindow
from mews_pipeline_tests.support.sandbox_client import (
    ORDERS_PATH,
    RESERVATIONS_PATH,
    TOKENS,
    SandboxClient,
)

AN_ID = "0f515589-99b4-423d-b83a-b237009f0509"
TOO_LONG = {"StartUtc": "2024-01-01T00:00:00Z", "EndUtc": "2024-04-02T00:00:01Z"}
LONGEST = {"StartUtc": "2024-01-01T00:00:00Z", "EndUtc": "2024-04-02T00:00:00Z"}


def ids(count: int) -> list[str]:
    return [f"00000000-0000-4000-a000-{number:012d}" for number in range(count)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Limitation", None),
        ("Limitation", {}),
        ("Limitation", {"Count": 0}),
        ("Limitation", {"Count": 1001}),
        ("Limitation", {"Count": "10"}),
        ("Limitation", {"Count": True}),
        ("Limitation", {"Count": 10, "Cursor": "not-an-id"}),
        ("ReservationIds", []),
        ("ReservationIds", ids(1001)),
        ("ReservationIds", ["0f515589"]),
        ("ReservationIds", AN_ID),
        ("PartnerCompanyIds", ids(101)),
        ("TravelAgencyIds", ids(101)),
        ("AvailabilityBlockIds", ids(101)),
        ("ChannelNumbers", [str(number) for number in range(101)]),
        ("Numbers", [52]),
        ("Numbers", [str(number) for number in range(1001)]),
        ("States", ["Checked in"]),
        ("States", ["Confirmed", "Confirmed"]),
        ("UpdatedUtc", {"StartUtc": "yesterday"}),
        ("UpdatedUtc", {"StartUtc": "2024-01-01T00:00:00"}),
        ("UpdatedUtc", {"StartUtc": "2024-01-02T00:00:00Z", "EndUtc": "2024-01-01T00:00:00Z"}),
        ("UpdatedUtc", "2024-01-01T00:00:00Z"),
        ("EnterpriseIds", [AN_ID]),
        ("ServiceIds", [AN_ID]),
    ],
)
def test_the_message_names_the_malformed_parameter(
    client: SandboxClient, name: str, value: Any
) -> None:
    response = client.post(RESERVATIONS_PATH, **{name: value})

    content = response.json()
    assert response.status_code == 400
    assert content["Message"].startswith(f"Invalid {name}")
    assert set(content) == {"Message", "RequestId", "Details"}
    assert response.headers["Request-Id"] == content["RequestId"]


@pytest.mark.parametrize(
    "body",
    [
        {"ReservationIds": ids(1000)},
        {"ReservationIds": None, "States": None, "UpdatedUtc": None},
        {"Limitation": {"Count": 1, "Cursor": None}},
        {"UpdatedUtc": {"StartUtc": None, "EndUtc": None}},
        {"UpdatedUtc": {"StartUtc": "2024-01-01T00:00:00.123Z"}},
        {"ReservationIds": [AN_ID.upper()]},
        {"GroupIds": "an unknown name is ignored, as by the vendor"},
    ],
    ids=lambda body: next(iter(body)),
)
def test_what_the_docs_allow_is_accepted(client: SandboxClient, body: dict[str, Any]) -> None:
    assert client.post(RESERVATIONS_PATH, **body).status_code == 200


@pytest.mark.parametrize("name", ["CreatedUtc", "UpdatedUtc", "CollidingUtc", "ActualStartUtc"])
def test_an_interval_of_more_than_three_months_and_a_day_is_refused(
    client: SandboxClient, name: str
) -> None:
    refused = client.post(RESERVATIONS_PATH, **{name: TOO_LONG})

    assert refused.status_code == 400
    assert refused.json()["Message"] == "The interval must not exceed 3M1D."
    assert client.post(RESERVATIONS_PATH, **{name: LONGEST}).status_code == 200


@pytest.mark.parametrize(
    ("one", "other"),
    [("ScheduledStartUtc", "ActualStartUtc"), ("ScheduledEndUtc", "ActualEndUtc")],
)
def test_planned_and_actual_times_cannot_be_filtered_together(
    client: SandboxClient, one: str, other: str
) -> None:
    refused = client.post(RESERVATIONS_PATH, **{one: LONGEST, other: LONGEST})

    assert refused.status_code == 400
    assert one in refused.json()["Message"]


def test_an_unknown_cursor_is_refused(client: SandboxClient) -> None:
    refused = client.post(RESERVATIONS_PATH, Limitation={"Count": 10, "Cursor": ids(1)[0]})

    assert (refused.status_code, refused.json()["Message"]) == (400, "Invalid Cursor")


@pytest.mark.parametrize("name", ["ClientToken", "AccessToken", "Client"])
@pytest.mark.parametrize("value", [None, "", 5])
def test_tokens_and_client_are_required(client: SandboxClient, name: str, value: Any) -> None:
    assert client.post(RESERVATIONS_PATH, **{name: value}).status_code == 400


@pytest.mark.parametrize("name", ["ClientToken", "AccessToken"])
def test_a_wrong_token_is_unauthorized_and_not_repeated_in_the_response(
    client: SandboxClient, name: str
) -> None:
    refused = client.post(RESERVATIONS_PATH, **{name: "WRONG-TOKEN"})

    assert refused.status_code == 401
    assert "WRONG-TOKEN" not in refused.text


@pytest.mark.parametrize(
    "path",
    ["Reservations/getAll/2023-06-06", f"{RESERVATIONS_PATH}/", "reservations/getall/2023-06-06",
     "reservations/getAll", "productserviceorders/getAll", "loyaltyPrograms/getAll"],
)  # fmt: skip
def test_paths_are_exact(client: SandboxClient, path: str) -> None:
    assert client.post(path).status_code == 404


def test_an_operation_only_accepts_post(client: SandboxClient) -> None:
    assert client.send("GET", f"/api/connector/v1/{RESERVATIONS_PATH}").status_code == 404


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"{}", "text/plain"),
        (b"{", "application/json"),
        (b"[]", "application/json"),
        (b"", "application/json"),
    ],
)
def test_a_body_must_be_a_json_object_with_its_content_type(
    client: SandboxClient, content: bytes, content_type: str
) -> None:
    response = client.send(
        "POST",
        f"/api/connector/v1/{RESERVATIONS_PATH}",
        content=content,
        headers={"Content-Type": content_type},
    )

    assert response.status_code == 400


@pytest.mark.parametrize("retry_after", ["seconds", "date", None])
def test_a_request_over_the_limit_gets_retry_after(client: SandboxClient, retry_after: Any) -> None:
    client.options.rate_limit = RateLimit(requests=3, seconds=900, retry_after=retry_after)

    responses = [client.post("services/getAll") for _ in range(4)]

    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    value = responses[-1].headers.get("Retry-After")
    if retry_after == "seconds":
        assert value is not None
        assert 890 < int(value) <= 901
    elif retry_after == "date":
        assert value == "Sat, 20 Apr 2024 12:45:00 GMT"
    else:
        assert value is None


def test_each_access_token_has_its_own_limit(client: SandboxClient) -> None:
    client.options.rate_limit = RateLimit(requests=1, seconds=900)
    token = client.send("GET", "/sandbox/tokens").json()["Enterprises"]
    one, other = list(token.values())[:2]

    statuses = [
        client.post("services/getAll", AccessToken=each).status_code for each in (one, one, other)
    ]

    assert statuses == [200, 429, 200]


def test_the_limit_applies_to_a_sliding_window() -> None:
    time = 0.0
    window, limit = SlidingWindow(lambda: time), RateLimit(requests=2, seconds=30)

    assert window.wait("a", limit) is None
    time = 20.0
    assert window.wait("a", limit) is None
    assert window.wait("a", limit) == 10
    time = 30.0
    assert window.wait("a", limit) is None
    assert window.wait("a", limit) == 20


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"ServiceId": AN_ID}, "Invalid ServiceId"),
        ({"Metrics": None}, "Invalid Metrics"),
        ({"Metrics": ["Occupied", "Weather"]}, "Invalid Metrics"),
        ({"FirstTimeUnitStartUtc": "2024-04-20T00:00:00Z"}, "Invalid FirstTimeUnitStartUtc"),
        ({"LastTimeUnitStartUtc": "2024-04-19T04:00:00Z"}, "Invalid LastTimeUnitStartUtc"),
        ({"LastTimeUnitStartUtc": "2025-04-22T04:00:00Z"}, "The interval must not exceed 367"),
    ],
)
def test_availability_requires_time_units_of_a_bookable_service(
    client: SandboxClient, body: dict[str, Any], message: str
) -> None:
    prop = client.world.properties[0]
    fields = {
        "ServiceId": prop.stay.id,
        "FirstTimeUnitStartUtc": "2024-04-20T04:00:00Z",
        "LastTimeUnitStartUtc": "2024-04-22T04:00:00Z",
        "Metrics": ["Occupied"],
    }
    path = "services/getAvailability/2024-01-22"

    assert client.post(path, **fields).status_code == 200
    refused = client.post(path, **{**fields, **body})
    assert refused.status_code == 400
    assert refused.json()["Message"].startswith(message)
    assert client.post(path, **{**fields, "ServiceId": prop.spa.id}).status_code == 400


def test_a_request_for_orders_has_limits_of_its_own(client: SandboxClient) -> None:
    spa = client.world.properties[0].spa.id
    bodies: list[dict[str, Any]] = [
        {"States": ["Sold"]},
        {"ProductServiceOrderIds": []},
        {"UpdatedUtc": TOO_LONG},
        {"ServiceIds": ids(1001)},
    ]
    for body in bodies:
        assert client.post(ORDERS_PATH, **{"ServiceIds": [spa], **body}).status_code == 400


def test_no_refusal_repeats_a_token(client: SandboxClient) -> None:
    refused = client.post(RESERVATIONS_PATH, Numbers=[TOKENS["AccessToken"]] * 1001)

    assert refused.status_code == 400
    assert TOKENS["AccessToken"] not in refused.text
