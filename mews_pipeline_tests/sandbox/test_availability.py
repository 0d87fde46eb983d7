"""Test that availability agrees with the world's nights and spaces."""

from collections import Counter
from datetime import datetime, timedelta

import pytest

from mews_pipeline.sandbox import World
from mews_pipeline_tests.support.sandbox_client import NOW, SandboxClient

DAY = timedelta(days=1)
METRICS = [
    "ActiveResources", "UsableResources", "OutOfOrderBlocks", "HouseUse", "Occupied",
    "ConfirmedReservations", "OptionalReservations", "BlockAvailability",
]  # fmt: skip


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.parametrize("first_day", [-30, 0], ids=["the past", "the future"])
def test_availability_is_as_of_the_clock_per_category_and_local_day(
    client: SandboxClient, world: World, number: int, first_day: int
) -> None:
    prop = world.properties[number]
    first = prop.day_of(NOW) + first_day * DAY
    days = [first + index * DAY for index in range(31)]
    reserved = Counter(
        (night.requested_category_id, night.stay_date, night.bucket)
        for night in world.occupied_nights(NOW)
    )

    response = client.post(
        "services/getAvailability/2024-01-22",
        ServiceId=prop.stay.id,
        FirstTimeUnitStartUtc=prop.at(days[0]).isoformat(),
        LastTimeUnitStartUtc=prop.at(days[-1]).isoformat(),
        Metrics=METRICS,
    ).json()

    starts = [datetime.fromisoformat(text) for text in response["TimeUnitStartsUtc"]]
    assert starts == [prop.at(day) for day in days]
    by_category = {
        c["ResourceCategoryId"]: c["Metrics"] for c in response["ResourceCategoryAvailabilities"]
    }
    assert set(by_category) == {c.id for c in prop.categories if c.service is prop.stay}
    for category, metrics in by_category.items():
        assert set(metrics) == set(METRICS)
        for index, day in enumerate(days):
            spaces = world.spaces(prop.stay.id, category, day, NOW)
            definite, optional = (reserved[category, day, b] for b in ("definite", "optional"))
            assert metrics["ActiveResources"][index] == spaces.active
            assert metrics["UsableResources"][index] == spaces.active - spaces.out_of_order
            assert metrics["ConfirmedReservations"][index] == definite
            assert metrics["OptionalReservations"][index] == optional
            assert metrics["Occupied"][index] == definite + optional
    assert sum(sum(metrics["ConfirmedReservations"]) for metrics in by_category.values()) > 0
