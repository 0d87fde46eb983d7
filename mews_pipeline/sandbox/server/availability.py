"""The operation services/getAvailability/2024-01-22, computed from the simulation's own figures.

Source: docs/mews-api.md, "Availability".
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mews_pipeline.sandbox.hotels.inventory import Category, Property, Service
from mews_pipeline.sandbox.hotels.truth import OccupiedNight, Spaces, occupied_nights
from mews_pipeline.sandbox.hotels.world import World
from mews_pipeline.sandbox.server import validation
from mews_pipeline.sandbox.server.refusals import BAD_REQUEST, Refusal, invalid
from mews_pipeline.sandbox.server.validation import Body

_DAY = timedelta(days=1)
_MOST_DAYS = 367


class Night:
    """The figures of a category on one night."""

    def __init__(self, spaces: Spaces, definite: int, optional: int) -> None:
        self.spaces, self.definite, self.optional = spaces, definite, optional


METRICS: dict[str, Callable[[Night], int]] = {
    "OutOfOrderBlocks": lambda night: night.spaces.out_of_order,
    "PublicAvailabilityAdjustment": lambda _: 0,
    "OtherServiceReservationCount": lambda _: 0,
    "Occupied": lambda night: night.definite + night.optional,
    "ConfirmedReservations": lambda night: night.definite,
    "OptionalReservations": lambda night: night.optional,
    "BlockAvailability": lambda _: 0,
    "AllocatedBlockAvailability": lambda _: 0,
    "UsableResources": lambda night: night.spaces.active - night.spaces.out_of_order,
    "ActiveResources": lambda night: night.spaces.active,
    "HouseUse": lambda night: night.spaces.house_use,
}


def availability(world: World, body: Body, scope: frozenset[str], now: datetime) -> dict[str, Any]:
    """Return the metrics of each category of one bookable service, per day.

    Reservations count in the category that was booked. Raises Refusal.
    """
    prop, service = _service(world, body, scope)
    days = _days(prop, body)
    metrics = validation.choices(body, "Metrics", METRICS)
    if not metrics:
        raise invalid("Metrics")
    reserved = _reserved(world, service, days, now)
    categories = [category for category in prop.categories if category.service is service]
    return {
        "TimeUnitStartsUtc": [prop.at(day) for day in days],
        "ResourceCategoryAvailabilities": [
            {
                "ResourceCategoryId": category.id,
                "Metrics": _metrics(world, category, days, reserved, now, metrics),
            }
            for category in categories
        ],
    }


def _metrics(  # noqa: PLR0913, PLR0917
    world: World,
    category: Category,
    days: list[date],
    reserved: Counter[tuple[str, date, str]],
    now: datetime,
    metrics: frozenset[str],
) -> dict[str, list[int]]:
    nights = [
        Night(
            world.spaces(category.service.id, category.id, day, now),
            reserved[category.id, day, "definite"],
            reserved[category.id, day, "optional"],
        )
        for day in days
    ]
    return {
        name: [of(night) for night in nights] for name, of in METRICS.items() if name in metrics
    }


def _reserved(
    world: World, service: Service, days: list[date], now: datetime
) -> Counter[tuple[str, date, str]]:
    first, last = days[0], days[-1]
    earliest = datetime.combine(first - 2 * _DAY, datetime.min.time(), UTC)
    versions = (
        version
        for version in world.tables["reservations"].current(now)
        if version.record.service is service and version.end > earliest
    )

    def key(night: OccupiedNight) -> tuple[str, date, str]:
        return night.requested_category_id, night.stay_date, night.bucket

    return Counter(
        key(night) for night in occupied_nights(versions) if first <= night.stay_date <= last
    )


def _service(world: World, body: Body, scope: frozenset[str]) -> tuple[Property, Service]:
    service_id = validation.uuid(body.get("ServiceId"), "ServiceId")
    for prop in world.properties:
        for service in prop.services:
            if service.id == service_id and service.is_bookable and prop.id in scope:
                return prop, service
    raise invalid("ServiceId")


def _days(prop: Property, body: Body) -> list[date]:
    first, last = (
        _day(prop, body, name) for name in ("FirstTimeUnitStartUtc", "LastTimeUnitStartUtc")
    )
    count = (last - first).days + 1
    if count < 1:
        raise invalid("LastTimeUnitStartUtc")
    if count > _MOST_DAYS:
        raise Refusal(BAD_REQUEST, f"The interval must not exceed {_MOST_DAYS} time units.")
    return [first + number * _DAY for number in range(count)]


def _day(prop: Property, body: Body, name: str) -> date:
    instant = validation.instant(body.get(name), name)
    day = prop.day_of(instant)
    if prop.at(day) != instant:
        raise invalid(name, "It must be the start of a time unit of the service.")
    return day
