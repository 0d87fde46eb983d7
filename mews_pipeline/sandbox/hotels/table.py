"""Records with all their versions, and tables that can be read as of any instant."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Generic, TypeVar

import orjson

JSON_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS
_A_SECOND = timedelta(seconds=1)
_AT = attrgetter("at")
_CREATED = attrgetter("created")


class Version:
    """The state of a record from `at` until `superseded` (None means that it is the latest).

    `at` has microseconds only if two versions fall within one second, because the API shows whole
    seconds.
    """

    __slots__ = ("at", "record", "superseded")

    record: Any
    at: datetime
    superseded: datetime | None

    @property
    def updated(self) -> datetime:
        """The instant as the API shows it, in whole seconds."""
        return self.at.replace(microsecond=0)

    def payload(self) -> dict[str, Any]:
        """Return the record as the API shows it, with instants as datetimes."""
        raise NotImplementedError


V = TypeVar("V", bound=Version)


class VersionedRecord(Generic[V]):
    """A record with its versions, oldest first."""

    __slots__ = ("created", "id", "versions")

    def __init__(self, record_id: str, created: datetime) -> None:
        self.id = record_id
        self.created = created
        self.versions: list[V] = []

    def append(self, version: V, at: datetime) -> None:
        """Add a version from `at` on, which must be after all others."""
        version.record, version.at, version.superseded = self, at, None
        if self.versions:
            self.versions[-1].superseded = at
        self.versions.append(version)

    def current(self, now: datetime) -> V | None:
        """Return the version at an instant, None before the record was created."""
        for version in reversed(self.versions):
            if version.at <= now:
                return version
        return None


R = TypeVar("R", bound=VersionedRecord[Any])


class Table(Generic[R]):
    """All records of one kind: `records` sorted by creation, `timeline` all versions by instant."""

    def __init__(self, records: Iterable[R]) -> None:
        self.records: list[R] = sorted(records, key=lambda record: (record.created, record.id))
        self.by_id: dict[str, R] = {record.id: record for record in self.records}
        self.timeline: list[Any] = sorted(
            (version for record in self.records for version in record.versions), key=_AT
        )

    def epoch(self, now: datetime) -> int:
        """Count the versions up to an instant. While the count is the same, so is all content."""
        return bisect_right(self.timeline, now, key=_AT)

    def current(self, now: datetime) -> Iterator[Any]:
        """Yield the version of every record at an instant, the most recently created first."""
        for record in reversed(self.records):
            version = record.current(now)
            if version is not None:
                yield version

    def updated_within(
        self, start: datetime | None, end: datetime | None, now: datetime
    ) -> Iterator[Any]:
        """Yield the versions current at `now` that began in the interval, give or take a second."""
        first = 0 if start is None else bisect_left(self.timeline, start - _A_SECOND, key=_AT)
        last = self.epoch(now if end is None else min(end + _A_SECOND, now))
        for version in self.timeline[first:last]:
            if version.superseded is None or version.superseded > now:
                yield version

    def created_within(
        self, start: datetime | None, end: datetime | None, now: datetime
    ) -> Iterator[Any]:
        """Yield the versions at `now` of records created from `start` to `end` inclusive."""
        first = 0 if start is None else bisect_left(self.records, start, key=_CREATED)
        last = len(self.records) if end is None else bisect_right(self.records, end, key=_CREATED)
        for record in self.records[first:last]:
            version = record.current(now)
            if version is not None:
                yield version


class ReferenceVersion(Version):
    """A version of a reference record, stored as its payload."""

    __slots__ = ("fields",)

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields

    def payload(self) -> dict[str, Any]:
        """Return the record as the API shows it."""
        return self.fields


class ReferenceRecord(VersionedRecord[ReferenceVersion]):
    """A reference record: an enterprise, a service, a resource and so on."""

    __slots__ = ("enterprise_id",)

    def __init__(self, enterprise_id: str, created: datetime, fields: dict[str, Any]) -> None:
        super().__init__(str(fields["Id"]), created)
        self.enterprise_id = enterprise_id
        self.append(ReferenceVersion(fields), created)

    def change(self, at: datetime, **fields: Any) -> None:
        """Add a version with some fields changed."""
        self.append(ReferenceVersion({**self.versions[-1].fields, **fields}), at)


def as_json(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a payload as a client of the API receives it, with instants as text."""
    decoded: dict[str, Any] = orjson.loads(orjson.dumps(payload, option=JSON_OPTIONS))
    return decoded


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """Return an instant in UTC."""
    return datetime(year, month, day, hour, minute, tzinfo=UTC)
