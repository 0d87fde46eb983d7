"""Simulate resource blocks: rooms that are out of order or in house use."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from mews_pipeline.sandbox.hotels.chance import happens
from mews_pipeline.sandbox.hotels.inventory import Property, Space
from mews_pipeline.sandbox.hotels.table import ReferenceRecord

_DAY = timedelta(days=1)
_SHARE_PER_DAY = 0.006


class Blocks:
    """The blocks of one hotel, created day by day.

    A block is only deleted before it begins, and only shortened before the nights that this frees.
    So the blocks of a night are the same as of that night and as of any later instant.
    """

    def __init__(self, prop: Property, horizon: datetime, rng: Random) -> None:
        self._prop, self._horizon, self._rng = prop, horizon, rng
        self.records: list[ReferenceRecord] = []

    def begin(self, free: list[Space], day: date) -> None:
        """Begin a block on this day, with a small chance, and remove its space from `free`."""
        if not free or not happens(self._rng, _SHARE_PER_DAY * len(free)):
            return
        space = free[-1]
        nights = self._rng.choice((1, 2, 2, 3, 4, 6, 10))
        blocked_until = self._block(space, day, nights)
        if blocked_until > day:
            free.pop()
            space.free_from = blocked_until

    def _block(self, space: Space, day: date, nights: int) -> date:
        """Create the block; return the day from which the space is free again."""
        prop, rng = self._prop, self._rng
        created = prop.at(day - _DAY * rng.randint(0, 25), 8 + 2 * rng.random())
        # From midday to midday; a few from midnight, which includes the night before
        hour = 0 if happens(rng, 0.15) else 13
        fate = rng.choices(("kept", "deleted", "shortened"), (74, 14, 12))[0]
        kept = nights // 2 if fate == "shortened" and nights > 1 else nights
        record = self._record(
            space, created, prop.at(day, hour), prop.at(day + nights * _DAY, hour)
        )
        if fate == "deleted":
            deleted = created + (prop.at(day, -16) - created) / 2
            deleted = max(deleted.replace(microsecond=0), created + timedelta(minutes=2))
            self._change(record, deleted, IsActive=False, DeletedUtc=deleted)
            kept = 0
        elif kept < nights:
            ends = day + kept * _DAY
            self._change(record, prop.at(ends, -8), EndUtc=prop.at(ends, hour))
        return day + kept * _DAY

    def _record(
        self, space: Space, created: datetime, start: datetime, end: datetime
    ) -> ReferenceRecord:
        prop, number = self._prop, len(self.records)
        fields: dict[str, Any] = {
            "Id": prop.ids("block", (prop.number, number)),
            "EnterpriseId": prop.id,
            "AssignedResourceId": space.id,
            "IsActive": True,
            "Type": "InternalUse" if happens(self._rng, 0.25) else "OutOfOrder",
            "StartUtc": start,
            "EndUtc": end,
            "CreatedUtc": created,
            "UpdatedUtc": created,
            "DeletedUtc": None,
            "Name": f"Block {number}",
            "Notes": None,
        }
        record = ReferenceRecord(prop.id, created, fields)
        if created < self._horizon:
            self.records.append(record)
        return record

    def _change(self, record: ReferenceRecord, at: datetime, **fields: Any) -> None:
        if record.created < at < self._horizon:
            record.change(at, UpdatedUtc=at, **fields)
