"""A service as it is now: its clock, and the night rule."""

import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from mews_pipeline_tests.models.brute_force.rows import Row

DAY = timedelta(days=1)


def duration(text: str | None) -> timedelta | None:
    """Read an ISO 8601 duration of days, hours, minutes and seconds."""
    found = re.fullmatch(
        r"(-?)P(?:0M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text or ""
    )
    if not found:
        return None
    sign, *parts = found.groups()
    days, hours, minutes, seconds = (int(part or 0) for part in parts)
    length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
    return -length if sign else length


def first_name(text: str | None) -> str | None:
    """Return the first of the translations of a name."""
    return next(iter(json.loads(text).values()), None) if text else None


@dataclass(frozen=True)
class Service:
    """A service as it is now, with the settings of its enterprise."""

    id: str
    enterprise_id: str
    row: Row
    unit: str
    opens: timedelta | None
    closes: timedelta | None
    zone: ZoneInfo | None
    day_closing: timedelta
    is_lodging: bool
    level: str
    # The types of its active lodging categories
    slept_in: frozenset[str]

    @property
    def is_placeable(self) -> bool:
        """Return whether nights can be computed."""
        return None not in {self.zone, self.opens, self.closes}

    @property
    def counting_unit(self) -> str:
        """Return whether its spaces are rooms, beds or both."""
        beds = {"Bed", "Dorm"}
        if self.level == "rooms" or not self.slept_in & beds:
            return "rooms"
        return "beds" if self.slept_in <= beds else "rooms and beds"

    def local(self, instant: datetime) -> datetime:
        """Return the time that the hotel's clock shows; UTC where the zone is not known."""
        return instant.astimezone(self.zone or UTC).replace(tzinfo=None)

    def opening(self, night: date) -> datetime:
        """Return the instant at which the occupancy period of a night opens."""
        assert self.opens is not None
        wall = datetime.combine(night, time()) + self.opens
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def nights(self, start: datetime, end: datetime) -> list[date]:
        """Return the nights whose occupancy period an interval overlaps, by the hotel's clock."""
        assert self.opens is not None
        assert self.closes is not None
        if end <= start:
            return []
        begins, ends = self.local(start), self.local(end)
        held = []
        night = begins.date() - 3 * DAY
        while night <= ends.date() + 3 * DAY:
            midnight = datetime.combine(night, time())
            if begins < midnight + DAY + self.closes and ends > midnight + self.opens:
                held.append(night)
            night += DAY
        return held
