"""The room-night ledger."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache

from mews_pipeline_tests.models.brute_force.facts import Facts, Version
from mews_pipeline_tests.models.brute_force.rows import Row
from mews_pipeline_tests.models.brute_force.services import Service

# A held cell, without persons: night, service, category, bucket
Cell = tuple[date | None, str, str, str]
Held = dict[Cell, tuple[int, int, int, int]]


@dataclass(frozen=True)
class Entry:
    """A moment in the life of a reservation: what it holds from then on."""

    at: datetime
    basis: str
    state: str
    reason: str | None
    held: Held
    version: Version

    @property
    def service(self) -> Service | None:
        """Return the service that it is booked with."""
        return self.version.service


def _held(facts: Facts, version: Version, bucket: str | None) -> Held:
    """Return what a version holds in a bucket: a night each, one without a date if not placed."""
    if bucket is None:
        return {}
    nights: list[date | None] = [*facts.within_window(version.nights)]
    if not version.is_placed:
        nights, bucket = [None], "unknown"
    counts = (1, *version.persons)
    return {(n, version.service_id, version.category_id, bucket): counts for n in nights}


def _birth_bucket(version: Version) -> str | None:
    """Return what a reservation held at its birth, as inferred from its first known version."""
    if version.state != "Canceled":
        return version.bucket
    reason = version.row.get("cancellation_reason")
    was_option = version.row["released_utc"] or reason in {"ConfirmationMissed", "BookingAbandoned"}
    return "optional" if was_option else "definite"


def _inferred(facts: Facts, first: Version) -> list[Entry]:
    """Open a reservation that was first seen after its birth, and close it if it was cancelled."""
    created = first.row["created_utc"]
    if created == first.at:
        return []
    opened = min(created or first.at, first.at)
    why = first.row.get("cancellation_reason")
    held = _held(facts, first, _birth_bucket(first))
    entries = [Entry(opened, "inferred", "born", why, held, first)]
    if first.state == "Canceled":
        cancelled = first.row.get("cancelled_utc") or first.at
        if not opened <= cancelled <= first.at:
            cancelled = first.at
        closed = max(opened, min(cancelled, first.at))
        entries.append(Entry(closed, "inferred", "Canceled", why, {}, first))
    return entries


def _entries(facts: Facts, versions: list[Version]) -> list[Entry]:
    return [
        *_inferred(facts, versions[0]),
        *(
            Entry(
                version.at,
                "observed",
                version.state,
                version.row.get("cancellation_reason"),
                _held(facts, version, version.bucket),
                version,
            )
            for version in versions
        ),
    ]


def _why(older: Entry | None, newer: Entry) -> str:
    if older is None:
        return "new"
    if newer.state == "Canceled":
        return "no_show" if newer.reason == "NoShow" else "cancelled"
    if older.state == "Canceled":
        return "reinstated"
    before, after = ({cell[3] for cell in entry.held} for entry in (older, newer))
    return "converted" if before and after and before != after else "moved"


def _local(service: Service | None, instant: datetime) -> date:
    return service.local(instant).date() if service else instant.astimezone(UTC).date()


def _changes(facts: Facts, reservation_id: str, versions: list[Version]) -> list[Row]:
    """Return what each entry took and gave, cell by cell, before equal postings cancel."""
    rows = []
    older: Entry | None = None
    known_at = versions[0].row["_landed_at"]
    for newer in _entries(facts, versions):
        # What is reversed was not known before it had landed itself
        known_at = max(known_at, newer.version.row["_landed_at"])
        before = older.held if older else {}
        for sign, entry, held in ((-1, older, before), (1, newer, newer.held)):
            if before == newer.held or entry is None:
                continue
            for cell, counts in held.items():
                rows.append(
                    {
                        "key": (reservation_id, newer.at, known_at, *cell, newer.basis),
                        "posting_date": _local(entry.service, newer.at),
                        "reason": _why(older, newer),
                        "counts": [sign * count for count in counts],
                    }
                )
        older = newer
    return rows


@lru_cache(maxsize=4)
def room_night_ledger(facts: Facts) -> list[Row]:
    """Expect fct_room_night_ledger."""
    names = (
        "reservation_id", "posted_at", "known_at", "stay_date", "service_id",
        "resource_category_id", "bucket", "basis",
    )  # fmt: skip
    kept = ("posting_date", "reason")
    rows = []
    for reservation_id, versions in facts.reservations.items():
        summed: dict[tuple[object, ...], Row] = {}
        for change in _changes(facts, reservation_id, versions):
            row = summed.setdefault(change["key"], {"counts": [0, 0, 0, 0]})
            row["counts"] = [a + b for a, b in zip(row["counts"], change["counts"], strict=True)]
            row |= {name: change[name] for name in kept}
        for key, row in summed.items():
            if any(row["counts"]):
                counts = zip(("rooms", "guests", "adults", "children"), row["counts"], strict=True)
                cell = dict(zip(names, key, strict=True))
                rows.append({**cell, **{name: row[name] for name in kept}, **dict(counts)})
    return rows
