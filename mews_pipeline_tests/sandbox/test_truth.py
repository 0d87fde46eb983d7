"""Test the sandbox's true figures against the plainest reading of the rules."""

from datetime import UTC, date, datetime, timedelta

import pytest

from mews_pipeline.sandbox import World, simulate
from mews_pipeline.sandbox.hotels.inventory import PLANS, Property
from mews_pipeline.sandbox.hotels.truth import nights
from mews_pipeline_tests.support.sandbox_client import NOW

DAY = timedelta(days=1)
FRIDAY = date(2024, 1, 5)


@pytest.fixture(scope="module")
def prague(world: World) -> Property:
    return world.properties[1]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ((0, 15), (2, 9), [0, 1]),
        ((0, 9), (2, 13), [0, 1]),
        ((0, 4.5), (2, 17), [-1, 0, 1]),
        ((0, 14), (0, 18), []),
        ((0, 14), (0, 18 + 1 / 60), [0]),
        ((0, 20), (0, 20), []),
        ((0, 20), (0, 19), []),
    ],
    ids=["evening", "morning", "before dawn", "until 18:00", "until 18:01", "empty", "backwards"],
)
def test_nights_agree_with_the_examples_of_the_help_centre(
    prague: Property, start: tuple[int, float], end: tuple[int, float], expected: list[int]
) -> None:
    first, last = (prague.at(FRIDAY + day * DAY, hour) for day, hour in (start, end))

    assert nights(prague, (18, 8), first, last) == [FRIDAY + day * DAY for day in expected]


@pytest.mark.parametrize(
    ("number", "arrival"),
    [(0, date(2024, 3, 9)), (0, date(2024, 11, 2)), (1, date(2024, 3, 30)), (2, date(2024, 3, 9))],
)
def test_a_night_of_23_or_25_hours_is_one_night(world: World, number: int, arrival: date) -> None:
    prop = world.properties[number]
    start, end = prop.at(arrival, 15), prop.at(arrival + DAY, 11)

    assert nights(prop, prop.stay.occupancy, start, end) == [arrival]


def test_a_world_as_of_an_instant_has_the_newest_versions_by_then(world: World) -> None:
    newest: dict[str, dict[str, object]] = {}
    for version in world.versions("reservations"):
        if datetime.fromisoformat(version["UpdatedUtc"]) <= NOW:
            newest[version["Id"]] = version

    known = world.as_of("reservations", NOW)

    assert {record["Id"]: record for record in known} == newest
    created = [record["CreatedUtc"] for record in known]
    assert created == sorted(created, reverse=True)


def test_nothing_is_known_before_anything_happened(world: World) -> None:
    assert world.as_of("reservations", datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert world.occupied_nights(datetime(2020, 1, 1, tzinfo=UTC)) == []


def test_occupied_nights_agree_with_the_records_as_of_the_instant(world: World) -> None:
    known = {record["Id"]: record for record in world.as_of("reservations", NOW)}
    buckets = {
        "Confirmed": "definite", "Started": "definite", "Processed": "definite",
        "Optional": "optional", "Inquired": "pipeline", "Requested": "pipeline",
    }  # fmt: skip

    found = world.occupied_nights(NOW)

    assert {night.bucket for night in found} == set(buckets.values())
    for night in found:
        record = known[night.reservation_id]
        assert night.bucket == buckets[record["State"]]
        assert night.persons == sum(count["Count"] for count in record["PersonCounts"])
        assert night.persons == night.adults + night.children
        assert night.requested_category_id == record["RequestedResourceCategoryId"]
        assert night.assigned_resource_id == record["AssignedResourceId"]
    assert len({(night.reservation_id, night.stay_date) for night in found}) == len(found)


def test_most_stays_occupy_as_many_nights_as_they_have_dates(
    world: World, prague: Property
) -> None:
    held: dict[str, int] = {}
    for night in world.occupied_nights(NOW):
        held[night.reservation_id] = held.get(night.reservation_id, 0) + 1
    stays = [
        record
        for record in world.as_of("reservations", NOW)
        if record["ServiceId"] == prague.stay.id and record["State"] != "Canceled"
    ]

    def dates(record: dict[str, str]) -> int:
        start, end = (
            prague.day_of(datetime.fromisoformat(record[key]))
            for key in ("ScheduledStartUtc", "ScheduledEndUtc")
        )
        return (end - start).days

    agreeing = sum(held.get(record["Id"], 0) == dates(record) for record in stays)

    assert 0.97 * len(stays) < agreeing < len(stays)


def _changed_room(world: World, is_added: bool) -> tuple[Property, str, date]:
    prop = world.properties[0]
    for category in prop.categories:
        for space in category.spaces:
            changed = space.opened if is_added else space.closed
            if changed is not None and changed > prop.opened:
                return prop, category.id, prop.day_of(changed)
    raise AssertionError


@pytest.mark.parametrize(("is_added", "difference"), [(True, 1), (False, -1)])
def test_spaces_are_counted_as_of_the_night_not_as_of_today(
    world: World, is_added: bool, difference: int
) -> None:
    prop, category, day = _changed_room(world, is_added)
    end = datetime(2024, 5, 15, tzinfo=UTC)
    before = world.spaces(prop.stay.id, category, day - DAY, end).active

    assert world.spaces(prop.stay.id, category, day, end).active == before + difference
    # The day before, the change is not known yet
    known = world.spaces(prop.stay.id, category, day, prop.at(day - DAY, 20)).active
    assert known == before


def test_the_first_version_observed_applies_to_the_whole_past(world: World) -> None:
    prop, category, day = _changed_room(world, is_added=False)
    end = datetime(2024, 5, 15, tzinfo=UTC)
    after = world.spaces(prop.stay.id, category, day, end).active

    late = [end]
    both = [prop.at(day - 3 * DAY), end]

    assert world.spaces(prop.stay.id, category, day - DAY, end, late).active == after
    assert world.spaces(prop.stay.id, category, day - DAY, end, both).active == after + 1
    assert world.spaces(prop.stay.id, category, day - DAY, end, []).active == 0


def test_a_block_counts_on_its_nights_until_it_is_deleted(world: World) -> None:
    block = next(
        record
        for record in world.tables["resource_blocks"].records
        if record.versions[-1].fields["DeletedUtc"]
        and record.versions[0].fields["Type"] == "OutOfOrder"
    )
    fields = block.versions[0].fields
    deleted = block.versions[-1].at
    prop, category = next(
        (prop, space.category)
        for prop in world.properties
        for space in prop.spaces
        if space.id == fields["AssignedResourceId"]
    )
    night = prop.day_of(fields["StartUtc"])

    def out_of_order(instant: datetime) -> int:
        return world.spaces(category.service.id, category.id, night, instant).out_of_order

    assert out_of_order(deleted - timedelta(seconds=1)) == out_of_order(deleted) + 1


def test_a_category_of_another_service_has_no_spaces_here(world: World) -> None:
    prop = world.properties[0]
    with pytest.raises(KeyError):
        world.spaces(prop.parking.id, prop.categories[0].id, FRIDAY, NOW)


def test_many_properties_cycle_through_the_plans() -> None:
    world = simulate(1, FRIDAY, FRIDAY, properties=len(PLANS) + 1, scale=0.05)

    names = [record["Name"] for record in world.as_of("enterprises", NOW)]

    assert len(set(names)) == len(PLANS) + 1
    zones = {record["TimeZoneIdentifier"] for record in world.as_of("enterprises", NOW)}
    assert zones == {plan.zone for plan in PLANS}
