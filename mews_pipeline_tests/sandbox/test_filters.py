"""Test every filter of both operations against the world."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mews_pipeline.sandbox import SandboxOptions, World
from mews_pipeline_tests.support.sandbox_client import (
    NOW,
    ORDERS_PATH,
    RESERVATIONS_PATH,
    SandboxClient,
    api_text,
    between,
    instant,
    spas,
)

FIELDS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "ReservationIds": lambda record: record["Id"],
    "ServiceIds": lambda record: record["ServiceId"],
    "ReservationGroupIds": lambda record: record["GroupId"],
    "AccountIds": lambda record: record["AccountId"],
    "PartnerCompanyIds": lambda record: record["PartnerCompanyId"],
    "TravelAgencyIds": lambda record: record["TravelAgencyId"],
    "Numbers": lambda record: record["Number"],
    "ChannelNumbers": lambda record: record["ChannelNumber"],
    "AssignedResourceIds": lambda record: record["AssignedResourceId"],
    "AvailabilityBlockIds": lambda record: record["AvailabilityBlockId"],
    "States": lambda record: record["State"],
}


@pytest.mark.parametrize("name", FIELDS)
def test_reservations_are_filtered_by_each_list(
    client: SandboxClient, world: World, name: str
) -> None:
    get, known = FIELDS[name], world.as_of("reservations", NOW)
    values = sorted({get(record) for record in known} - {None})[:3]

    found = client.all(RESERVATIONS_PATH, "Reservations", **{name: values})

    assert found == [record for record in known if get(record) in values]
    assert 0 < len(found) < len(known)


CHECKED_IN = {"Started", "Processed"}


INTERVALS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "CreatedUtc": lambda record: record["CreatedUtc"],
    "UpdatedUtc": lambda record: record["UpdatedUtc"],
    "ScheduledStartUtc": lambda record: record["ScheduledStartUtc"],
    "ScheduledEndUtc": lambda record: record["ScheduledEndUtc"],
    "ActualStartUtc": lambda r: r["ActualStartUtc"] if r["State"] in CHECKED_IN else None,
    "ActualEndUtc": lambda r: r["ActualEndUtc"] if r["State"] in CHECKED_IN else None,
}


@pytest.mark.parametrize("name", INTERVALS)
def test_reservations_are_filtered_by_each_interval(
    client: SandboxClient, world: World, name: str
) -> None:
    get, known = INTERVALS[name], world.as_of("reservations", NOW)
    start, end = NOW - timedelta(days=9), NOW - timedelta(days=2)

    found = client.all(RESERVATIONS_PATH, "Reservations", **{name: between(start, end)})

    assert found == [r for r in known if (at := get(r)) and start <= instant(at) < end]
    assert 0 < len(found) < len(known)


def test_actual_times_only_match_started_and_processed_reservations(full_world: World) -> None:
    undone = next(
        version
        for version in full_world.tables["reservations"].timeline
        if version.state == "Confirmed" and version.actual_start is not None
    )
    client = SandboxClient(full_world, SandboxOptions(), undone.at)
    minute = timedelta(minutes=1)

    found = client.all(
        RESERVATIONS_PATH,
        "Reservations",
        ActualStartUtc=between(undone.actual_start - minute, undone.actual_start + minute),
    )

    assert undone.record.id not in {record["Id"] for record in found}


def test_colliding_reservations_overlap_the_interval(client: SandboxClient, world: World) -> None:
    start, end = NOW, NOW + timedelta(days=1)

    found = client.all(RESERVATIONS_PATH, "Reservations", CollidingUtc=between(start, end))

    assert found == [
        record
        for record in world.as_of("reservations", NOW)
        if instant(record["ScheduledStartUtc"]) < end and instant(record["EndUtc"]) > start
    ]
    assert found


def test_several_filters_must_all_match(client: SandboxClient, world: World) -> None:
    stay, start = world.properties[1].stay.id, NOW - timedelta(days=9)

    found = client.all(
        RESERVATIONS_PATH, "Reservations", ServiceIds=[stay], States=["Canceled"],
        UpdatedUtc=between(start, NOW), EnterpriseIds=[world.properties[1].id],
    )  # fmt: skip

    assert found == [
        record
        for record in world.as_of("reservations", NOW)
        if record["ServiceId"] == stay
        and record["State"] == "Canceled"
        and start <= instant(record["UpdatedUtc"]) < NOW
    ]
    assert found


def test_an_interval_may_be_open_at_one_end(client: SandboxClient, world: World) -> None:
    start = NOW - timedelta(days=2)
    found = client.all(RESERVATIONS_PATH, "Reservations", UpdatedUtc={"StartUtc": api_text(start)})

    known = world.as_of("reservations", NOW)
    assert found == [record for record in known if instant(record["UpdatedUtc"]) >= start]


@pytest.mark.parametrize(
    ("bounds", "has_first", "has_last"),
    [("halfopen", True, False), ("inclusive", True, True), ("exclusive-lower", False, False)],
)
def test_the_bounds_of_intervals_follow_the_option(
    client: SandboxClient, world: World, bounds: Any, has_first: bool, has_last: bool
) -> None:
    updates = sorted({r["UpdatedUtc"] for r in world.as_of("reservations", NOW)})
    first, last = updates[-40], updates[-20]
    client.options.bounds = bounds

    found = client.all(
        RESERVATIONS_PATH, "Reservations", UpdatedUtc={"StartUtc": first, "EndUtc": last}
    )

    seen = {record["UpdatedUtc"] for record in found}
    assert (first in seen, last in seen) == (has_first, has_last)
    assert set(updates[-39:-20]) <= seen


@pytest.mark.parametrize("bounds", ["halfopen", "inclusive", "exclusive-lower"])
def test_an_interval_that_ends_where_it_starts_means_equality(
    client: SandboxClient, world: World, bounds: Any
) -> None:
    one = world.as_of("reservations", NOW)[0]["UpdatedUtc"]
    client.options.bounds = bounds

    found = client.all(
        RESERVATIONS_PATH, "Reservations", UpdatedUtc={"StartUtc": one, "EndUtc": one}
    )

    assert {record["UpdatedUtc"] for record in found} == {one}


def test_orders_are_filtered_by_service_state_and_stay(client: SandboxClient, world: World) -> None:
    known = world.as_of("product_service_orders", NOW)
    spa = world.properties[0].spa.id
    stay = next(order["LinkedReservationId"] for order in known if order["LinkedReservationId"])

    def found(**body: Any) -> list[Any]:
        return client.all(ORDERS_PATH, "ProductServiceOrders", **body)

    everything = [service.id for p in world.properties for service in (p.spa, p.terrace)]
    assert found(ServiceIds=everything) == known
    assert found(ServiceIds=[spa]) == [o for o in known if o["ServiceId"] == spa]
    assert found(ServiceIds=everything, States=["Canceled"]) == [
        order for order in known if order["State"] == "Canceled"
    ]
    assert found(ServiceIds=everything, LinkedReservationIds=[stay]) == [
        order for order in known if order["LinkedReservationId"] == stay
    ]


def test_orders_require_services_unless_the_option_is_off(client: SandboxClient) -> None:
    assert client.post(ORDERS_PATH).status_code == 400
    client.options.order_service_ids_required = False
    assert client.post(ORDERS_PATH).status_code == 200


def test_one_bookable_service_fails_the_whole_request_for_orders(
    client: SandboxClient, world: World
) -> None:
    services = [*spas(world), world.properties[0].stay.id]

    refused = client.post(ORDERS_PATH, ServiceIds=services)

    assert (refused.status_code, refused.json()["Message"]) == (400, "Invalid ServiceIds")
    client.options.bookable_orders_refused = False
    assert client.post(ORDERS_PATH, ServiceIds=services).status_code == 200


def test_the_link_to_a_stay_can_be_left_out(client: SandboxClient, world: World) -> None:
    client.options.linked_reservation_id = False

    orders = client.all(ORDERS_PATH, "ProductServiceOrders", ServiceIds=spas(world))

    assert orders
    assert not any("LinkedReservationId" in order for order in orders)
