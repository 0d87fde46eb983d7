"""What may be asked, and what is refused before any request."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mews_pipeline.mews import (
    PRODUCT_SERVICE_ORDERS_GET_ALL,
    RESERVATIONS_GET_ALL,
    RESOURCE_CATEGORIES_GET_ALL,
    SERVICES_GET_AVAILABILITY,
    Interval,
    InvalidRequestError,
    Operation,
    operations,
)
from mews_pipeline_tests.support import example_requests

ID = "0f515589-99b4-423d-b83a-b237009f0509"
# the reservations seed: items at most
RESERVATION_LISTS = {
    "EnterpriseIds": 1000,
    "ReservationIds": 1000,
    "ServiceIds": 1000,
    "ReservationGroupIds": 1000,
    "AccountIds": 1000,
    "PartnerCompanyIds": 100,
    "TravelAgencyIds": 100,
    "Numbers": 1000,
    "ChannelNumbers": 100,
    "AssignedResourceIds": 1000,
    "AvailabilityBlockIds": 100,
}
RESERVATION_INTERVALS = (
    "CreatedUtc",
    "UpdatedUtc",
    "CollidingUtc",
    "ScheduledStartUtc",
    "ActualStartUtc",
    "ActualEndUtc",
    "ScheduledEndUtc",
)
ORDER_LISTS = (
    "EnterpriseIds",
    "ProductServiceOrderIds",
    "ServiceIds",
    "AccountIds",
    "LinkedReservationIds",
)
APRIL = {"StartUtc": "2023-04-01T00:00:00Z", "EndUtc": "2023-05-01T00:00:00Z"}


def some_ids(count: int) -> list[str]:
    return [f"00000000-0000-0000-0000-{i:012}" for i in range(count)]


def aliases(operation: Operation[Any]) -> set[str]:
    return {str(field.alias) for field in operation.request.model_fields.values()}


@pytest.mark.parametrize(
    ("operation", "example"),
    [
        (RESERVATIONS_GET_ALL, example_requests.RESERVATIONS_REQUEST),
        (PRODUCT_SERVICE_ORDERS_GET_ALL, example_requests.PRODUCT_SERVICE_ORDERS_REQUEST),
    ],
    ids=["reservations", "orders"],
)
def test_the_seeds_example_is_read_and_written_back_as_it_was(
    operation: Operation[Any], example: dict[str, Any]
) -> None:
    filters = example_requests.without_tokens(example)

    assert operation.request.model_validate(filters).body() == filters


def test_every_documented_filter_is_there_and_no_other() -> None:
    assert aliases(RESERVATIONS_GET_ALL) == {
        *RESERVATION_LISTS,
        *RESERVATION_INTERVALS,
        "States",
        "Limitation",
    }
    assert aliases(PRODUCT_SERVICE_ORDERS_GET_ALL) == {
        *ORDER_LISTS,
        "UpdatedUtc",
        "States",
        "Limitation",
    }


OPERATIONS = {
    name: found for name, found in vars(operations).items() if isinstance(found, Operation)
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=list(OPERATIONS))
def test_every_filter_says_what_it_is_for(operation: Operation[Any]) -> None:
    assert all(field.description for field in operation.request.model_fields.values())


@pytest.mark.parametrize(("name", "most"), RESERVATION_LISTS.items())
def test_a_list_takes_as_many_items_as_the_seed_says(name: str, most: int) -> None:
    request = RESERVATIONS_GET_ALL.request.model_validate({name: some_ids(most)})

    assert request.body() == {name: some_ids(most)}
    with pytest.raises(InvalidRequestError, match=f" {name}: .*at most {most} items"):
        RESERVATIONS_GET_ALL.request.model_validate({name: some_ids(most + 1)})


@pytest.mark.parametrize("name", ORDER_LISTS)
def test_a_list_of_orders_takes_a_thousand_items(name: str) -> None:
    PRODUCT_SERVICE_ORDERS_GET_ALL.request.model_validate({name: some_ids(1000)})

    with pytest.raises(InvalidRequestError, match=f" {name}: "):
        PRODUCT_SERVICE_ORDERS_GET_ALL.request.model_validate({name: some_ids(1001)})


@pytest.mark.parametrize("name", [*RESERVATION_LISTS, "States"])
def test_an_empty_list_is_refused(name: str) -> None:
    with pytest.raises(InvalidRequestError, match=f" {name}: .*at least 1 item"):
        RESERVATIONS_GET_ALL.request.model_validate({name: []})


@pytest.mark.parametrize("name", RESERVATION_INTERVALS)
def test_an_interval_is_three_months_long_at_most(name: str) -> None:
    exactly = {"StartUtc": "2024-11-30T00:00:00Z", "EndUtc": "2025-02-28T00:00:00Z"}
    longer = {**exactly, "EndUtc": "2025-02-28T00:00:03Z"}

    assert RESERVATIONS_GET_ALL.request.model_validate({name: exactly}).body() == {name: exactly}
    with pytest.raises(InvalidRequestError, match=f" {name}: longer than 3 months"):
        RESERVATIONS_GET_ALL.request.model_validate({name: longer})


@pytest.mark.parametrize(
    "interval",
    [{"StartUtc": "2020-01-01T00:00:00Z"}, {"EndUtc": "2020-01-01T00:00:00Z"}],
    ids=["no end", "no start"],
)
def test_an_open_interval_is_sent_as_it_is(interval: dict[str, str]) -> None:
    request = RESERVATIONS_GET_ALL.request.model_validate({"UpdatedUtc": interval})

    assert request.body() == {"UpdatedUtc": interval}


@pytest.mark.parametrize(
    ("filters", "refused"),
    [
        ({"ReservationIds": ["52"]}, "ReservationIds.0: .*UUID"),
        ({"States": ["Checked in"]}, "States.0: .*'Inquired', 'Confirmed'"),
        ({"States": ["Started", "Started"]}, "States: each item may be given once"),
        ({"Numbers": [""]}, "Numbers.0: "),
        ({"GroupId": ID}, "GroupId: there is no such filter"),
        ({"ScheduledStartUtc": APRIL, "ActualStartUtc": APRIL}, "ScheduledStartUtc cannot be"),
        ({"ScheduledEndUtc": APRIL, "ActualEndUtc": APRIL}, "ScheduledEndUtc cannot be"),
        ({"Limitation": {"Count": 0}}, "Limitation.Count: "),
        ({"Limitation": {"Count": 1001}}, "Limitation.Count: "),
        ({"Limitation": {"Count": "10"}}, "Limitation.Count: "),
        ({"Limitation": {"Cursor": "next"}}, "Limitation.Cursor: .*UUID"),
        ({"UpdatedUtc": {}}, "UpdatedUtc: a start or an end is needed"),
        ({"UpdatedUtc": {"StartUtc": "2023-04-01T00:00:00"}}, "UpdatedUtc.StartUtc: .*timezone"),
        ({"UpdatedUtc": {"StartUtc": "5"}}, "UpdatedUtc.StartUtc: an instant such as"),
        ({"UpdatedUtc": {"StartUtc": "2023-13-01T00:00:00Z"}}, "UpdatedUtc.StartUtc: "),
        ({"UpdatedUtc": {"From": "2023-04-01T00:00:00Z"}}, "UpdatedUtc.From: "),
        (
            {"UpdatedUtc": {"StartUtc": APRIL["EndUtc"], "EndUtc": APRIL["StartUtc"]}},
            "UpdatedUtc: it ends .* before it starts",
        ),
        ({"updated_utc": {}, "reservation_ids": []}, "ReservationIds: .*; UpdatedUtc: "),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_mews_would_refuse_is_refused_with_the_field_named(
    filters: dict[str, Any], refused: str
) -> None:
    with pytest.raises(InvalidRequestError, match=refused) as caught:
        RESERVATIONS_GET_ALL.request.model_validate(filters)

    assert not caught.value.is_worth_retrying
    assert str(caught.value).startswith("reservations/getAll/2023-06-06: not sent.")


def test_a_required_filter_that_is_missing_is_named() -> None:
    with pytest.raises(InvalidRequestError, match=r"resourceCategories/getAll: .*ServiceIds: "):
        RESOURCE_CATEGORIES_GET_ALL.request.model_validate({})


def test_only_what_is_set_is_sent_in_the_apis_spelling() -> None:
    request = RESERVATIONS_GET_ALL.request.model_validate({"numbers": ["52"], "states": None})

    assert request.body() == {"Numbers": ["52"]}


@pytest.mark.parametrize(
    ("instant", "written"),
    [
        (datetime(2023, 4, 1, tzinfo=UTC), "2023-04-01T00:00:00Z"),
        (datetime(2023, 4, 1, 12, 0, 1, 250_000, tzinfo=UTC), "2023-04-01T12:00:01.250Z"),
        (datetime.fromisoformat("2023-04-01T02:00:00+02:00"), "2023-04-01T00:00:00Z"),
    ],
    ids=["whole seconds", "a fraction", "another offset"],
)
def test_instants_are_written_as_mews_writes_them(instant: datetime, written: str) -> None:
    request = RESERVATIONS_GET_ALL.request(updated_utc=Interval(instant))

    assert request.body() == {"UpdatedUtc": {"StartUtc": written}}


def test_availability_is_asked_for_all_metrics_forward_in_time() -> None:
    first = datetime(2024, 2, 1, 23, tzinfo=UTC)
    ask = {"service_id": ID, "first_time_unit_start_utc": first}
    request = SERVICES_GET_AVAILABILITY.request.model_validate(
        {**ask, "last_time_unit_start_utc": first}
    )

    assert request.body()["FirstTimeUnitStartUtc"] == "2024-02-01T23:00:00Z"
    assert "Occupied" in request.body()["Metrics"]
    with pytest.raises(InvalidRequestError, match="lies before"):
        SERVICES_GET_AVAILABILITY.request.model_validate(
            {**ask, "last_time_unit_start_utc": first - timedelta(days=1)}
        )
