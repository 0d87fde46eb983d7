"""Test that the simulation is deterministic, realistic and complete."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from mews_pipeline.extract.entities import REFERENCE, RESERVATIONS, UPDATED
from mews_pipeline.sandbox import World, simulate
from mews_pipeline_tests.sandbox.conftest import END, START

DAY = timedelta(days=1)
ENUMS = RESERVATIONS.enums or {}


def test_the_same_arguments_give_the_same_world() -> None:
    one, two = (simulate(3, date(2024, 1, 1), date(2024, 1, 6), scale=0.3) for _ in range(2))

    for table in one.tables:
        assert one.versions(table) == two.versions(table)


def test_another_seed_gives_another_world() -> None:
    one, two = (simulate(seed, date(2024, 1, 1), date(2024, 1, 3), scale=0.2) for seed in (1, 2))

    assert one.versions("reservations") != two.versions("reservations")


def test_a_world_without_days_or_properties_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        simulate(1, date(2024, 1, 2), date(2024, 1, 1))
    with pytest.raises(ValueError, match="positive"):
        simulate(1, date(2024, 1, 1), date(2024, 1, 2), properties=0)


def test_every_documented_value_occurs(full_world: World) -> None:
    versions = [version.payload() for version in full_world.tables["reservations"].timeline]

    for field, values in ENUMS.items():
        assert {version[field] for version in versions} - {None} == values


def test_every_field_of_every_entity_is_present(world: World) -> None:
    for entity in (*UPDATED, *REFERENCE):
        dropped = {path.split(".")[0] for path in entity.dropped}
        top = {path.split(".")[0] for path in entity.fields}
        versions = world.tables[entity.table].timeline[:50]
        assert versions, entity.table
        for version in versions:
            assert top - dropped <= set(version.payload()), entity.table


def test_nothing_happens_outside_the_days(full_world: World) -> None:
    for table in full_world.tables.values():
        for version in table.timeline:
            assert version.at < datetime(2024, 5, 15, tzinfo=UTC)
    earliest = min(life.created for life in full_world.tables["reservations"].records)
    assert earliest.date() >= START - 201 * DAY


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_hotel_has_a_realistic_occupancy(full_world: World, number: int) -> None:
    prop = full_world.properties[number]
    now = datetime(2024, 5, 14, tzinfo=UTC)
    rooms = {category.id for category in prop.categories if category.type in {"Room", "Suite"}}
    sold = Counter(
        night.stay_date
        for night in full_world.occupied_nights(now)
        if night.requested_category_id in rooms and night.bucket == "definite"
    )
    days = [START + number * DAY for number in range((END - START).days)]

    def spaces(day: date) -> int:
        return sum(full_world.spaces(prop.stay.id, room, day, now).active for room in rooms)

    shares = [sold[day] / spaces(day) for day in days]

    assert 0.6 <= sum(shares) / len(shares) <= 0.88
    assert min(shares) >= 0.4
    assert max(shares) <= 1.1


def test_orders_reach_a_final_state_and_some_belong_to_a_stay(full_world: World) -> None:
    now = datetime(2024, 5, 15, tzinfo=UTC)
    orders = full_world.as_of("product_service_orders", now)
    stays = {stay.record.id for stay in full_world.tables["reservations"].current(now)}
    services = {service["Id"]: service for service in full_world.versions("services")}

    assert {order["State"] for order in orders} == {"Confirmed", "Processed", "Canceled"}
    assert {order["LinkedReservationId"] for order in orders} & stays
    assert None in {order["LinkedReservationId"] for order in orders}
    assert any(not services[order["ServiceId"]]["IsActive"] for order in orders)


def test_blocks_are_of_both_kinds_and_some_are_deleted_or_shortened(full_world: World) -> None:
    blocks = full_world.tables["resource_blocks"].records
    last = [block.versions[-1].fields for block in blocks]

    assert {fields["Type"] for fields in last} == {"OutOfOrder", "InternalUse"}
    assert any(fields["DeletedUtc"] and not fields["IsActive"] for fields in last)
    assert any(
        block.versions[0].fields["EndUtc"] > block.versions[-1].fields["EndUtc"] for block in blocks
    )


def test_rooms_are_added_and_closed_within_the_days(full_world: World) -> None:
    resources = full_world.tables["resources"].records

    assert any(resource.created.date() >= START for resource in resources)
    assert any(not resource.versions[-1].fields["IsActive"] for resource in resources)
    assert any(resource.versions[0].fields["ParentResourceId"] for resource in resources)
