"""Compute the true figures of the simulation by brute force, to compare the pipeline's with them.

Nothing here is shared with the pipeline. Each night is checked on its own, on the local clock.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple

from mews_pipeline.sandbox.hotels.inventory import Category, Property
from mews_pipeline.sandbox.hotels.reservations import ReservationVersion
from mews_pipeline.sandbox.hotels.table import ReferenceRecord, ReferenceVersion, Table

_DAY = timedelta(days=1)
# Sold, held for the time being, or only requested: docs/mews-api.md, "States".
BUCKETS = {
    "Confirmed": "definite",
    "Started": "definite",
    "Processed": "definite",
    "Optional": "optional",
    "Inquired": "pipeline",
    "Requested": "pipeline",
}


class OccupiedNight(NamedTuple):
    """One reservation on one local night. `persons` is adults plus children."""

    reservation_id: str
    service_id: str
    stay_date: date
    requested_category_id: str
    assigned_category_id: str | None
    assigned_resource_id: str | None
    bucket: str
    persons: int
    adults: int
    children: int


class Spaces(NamedTuple):
    """The spaces of a category on one night; those out of order or in house use are also active."""

    active: int
    out_of_order: int
    house_use: int


def touches(start: datetime, end: datetime, opens: datetime, closes: datetime) -> bool:
    """Tell whether an interval overlaps an occupancy period by more than a point.

    Source: docs/mews-api.md, "The night rule".
    """
    return start < end and start < closes and end > opens


def nights(
    prop: Property, occupancy: tuple[int, int], start: datetime, end: datetime
) -> list[date]:
    """Return the local nights that an interval of instants occupies.

    Source: docs/mews-api.md, "The night rule".
    """
    start, end = _wall_clock(prop, start), _wall_clock(prop, end)
    day, found = start.date() - 2 * _DAY, []
    while day <= end.date() + _DAY:
        if touches(start, end, *_period(day, occupancy)):
            found.append(day)
        day += _DAY
    return found


def occupied_nights(versions: Iterator[ReservationVersion]) -> Iterator[OccupiedNight]:
    """Yield the nights that each version occupies; canceled reservations occupy none."""
    for version in versions:
        bucket = BUCKETS.get(version.state)
        if bucket is None:
            continue
        life = version.record
        for day in nights(life.prop, life.service.occupancy, version.start, version.end):
            yield OccupiedNight(
                life.id,
                life.service.id,
                day,
                version.category.id,
                version.space.category.id if version.space else None,
                version.space.id if version.space else None,
                bucket,
                sum(version.persons),
                *version.persons,
            )


class Capacity:
    """The number of spaces of a category on a night, as of an instant.

    A resource counts by its version at the opening of the night's occupancy period, or at the given
    instant if that is earlier. A block counts by its version as of the instant. `observed` limits
    the knowledge to the instants at which reference data were fetched: the first version seen
    applies from the resource's creation, each later one from when it was seen.
    """

    def __init__(self, tables: dict[str, Table[Any]]) -> None:
        self._resources = tables["resources"].by_id
        self._blocks: dict[str, list[ReferenceRecord]] = {}
        for block in tables["resource_blocks"].records:
            resource_id = str(block.versions[0].fields["AssignedResourceId"])
            self._blocks.setdefault(resource_id, []).append(block)

    def spaces(
        self,
        prop: Property,
        category: Category,
        day: date,
        as_of: datetime,
        observed: Sequence[datetime] | None,
    ) -> Spaces:
        """Count the spaces of one category on one local night."""
        opens, _ = category.service.occupancy
        effective_at = min(as_of, prop.at(day, opens))
        observations = None if observed is None else sorted(at for at in observed if at <= as_of)
        active = out_of_order = house_use = 0
        for space in category.spaces:
            version = _known(self._resources[space.id], effective_at, observations)
            if version is None or not version.fields["IsActive"]:
                continue
            active += 1
            kinds = self._block_kinds(prop, category, space.id, day, observations, as_of)
            out_of_order += "OutOfOrder" in kinds
            house_use += "OutOfOrder" not in kinds and "InternalUse" in kinds
        return Spaces(active, out_of_order, house_use)

    def _block_kinds(  # noqa: PLR0913, PLR0917
        self,
        prop: Property,
        category: Category,
        resource_id: str,
        day: date,
        observations: Sequence[datetime] | None,
        as_of: datetime,
    ) -> set[str]:
        known_at = as_of if observations is None else max(observations, default=None)
        kinds = set()
        for block in self._blocks.get(resource_id, ()):
            version = None if known_at is None else block.current(known_at)
            if version is None or not version.fields["IsActive"]:
                continue
            fields, period = version.fields, _period(day, category.service.occupancy)
            start, end = fields["StartUtc"], fields["EndUtc"]
            if touches(_wall_clock(prop, start), _wall_clock(prop, end), *period):
                kinds.add(str(fields["Type"]))
        return kinds


def _known(
    record: ReferenceRecord, instant: datetime, observations: Sequence[datetime] | None
) -> ReferenceVersion | None:
    if observations is None:
        return record.current(instant)
    if instant < record.created:
        return None
    seen = [(at, record.current(at)) for at in observations if at >= record.created]
    before = [version for at, version in seen if at <= instant]
    return (before[-1:] or [version for _, version in seen[:1]] or [None])[0]


def _wall_clock(prop: Property, instant: datetime) -> datetime:
    return instant.astimezone(prop.zone).replace(tzinfo=None)


def _period(day: date, occupancy: tuple[int, int]) -> tuple[datetime, datetime]:
    midnight = datetime.combine(day, time.min)
    opens, closes = occupancy
    return midnight + timedelta(hours=opens), midnight + _DAY + timedelta(hours=closes)
