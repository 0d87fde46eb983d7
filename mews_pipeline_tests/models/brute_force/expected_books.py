"""The ledger and what is read off it: pickup, pace, restatements."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from mews_pipeline_tests.models.brute_force import expected_occupancy as occupancy
from mews_pipeline_tests.models.brute_force.facts import DAY, Facts, Service, Version
from mews_pipeline_tests.models.brute_force.rows import Row

# A held cell, without persons: night, service, category, bucket
Cell = tuple[date | None, str, str, str]
Held = dict[Cell, tuple[int, int, int, int]]
STEPS = (0, 1, 3, 7, 14, 30, 60, 90, 180, 365)


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
        """The service that it is booked with."""
        return self.version.service


def _held(facts: Facts, version: Version, bucket: str | None) -> Held:
    """Give what a version holds in a bucket: a night each, one without a date if not placed."""
    if bucket is None:
        return {}
    nights: list[date | None] = [*facts.within_window(version.nights)]
    if not version.is_placed:
        nights, bucket = [None], "unknown"
    counts = (1, *version.persons)
    return {(n, version.service_id, version.category_id, bucket): counts for n in nights}


def _birth_bucket(version: Version) -> str | None:
    """Give what a reservation held when it came, by what its first known version says."""
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
        if facts.rules.stamps_one_by_one and not opened <= cancelled <= first.at:
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
    """Give what each entry took and gave, cell by cell, before equal postings cancel."""
    rows = []
    older: Entry | None = None
    for newer in _entries(facts, versions):
        before = older.held if older else {}
        for sign, entry, held in ((-1, older, before), (1, newer, newer.held)):
            if before == newer.held or entry is None:
                continue
            side = entry if facts.rules.zone_of_each_side else newer
            for cell, counts in held.items():
                rows.append(
                    {
                        "key": (reservation_id, newer.at, *cell, newer.basis),
                        "posting_date": _local(side.service, newer.at),
                        "reason": _why(older, newer),
                        "known_at": newer.version.row["_landed_at"],
                        "counts": [sign * count for count in counts],
                    }
                )
        older = newer
    return rows


@lru_cache(maxsize=4)
def room_night_ledger(facts: Facts) -> list[Row]:
    """Expect fct_room_night_ledger."""
    names = ("reservation_id", "posted_at", "stay_date", "service_id", "resource_category_id")
    kept = ("posting_date", "reason", *(["known_at"] if facts.rules.postings_known_at else []))
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
                told = dict(zip((*names, "bucket", "basis"), key, strict=True))
                rows.append({**told, **{name: row[name] for name in kept}, **dict(counts)})
    return rows


REASONS = ("new", "converted", "reinstated", "cancelled", "no_show", "moved")


def _pickup(rows: list[Row]) -> Row:
    definite = [row for row in rows if row["bucket"] == "definite"]
    parts = {
        f"rooms_{reason}": sum(row["rooms"] for row in definite if row["reason"] == reason)
        for reason in REASONS
    }
    sums = {name: sum(row[name] for row in definite) for name in ("rooms", "guests")}
    return {**sums, **parts}


def _grouped(
    rows: list[Row], key: Callable[[Row], tuple[object, ...]]
) -> dict[tuple[object, ...], list[Row]]:
    found: defaultdict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def _placed(facts: Facts) -> list[Row]:
    """Give the postings of known services and nights, with their enterprises."""
    services = facts.services
    return [
        {**row, "enterprise_id": services[row["service_id"]].enterprise_id}
        for row in room_night_ledger(facts)
        if row["stay_date"] and row["service_id"] in services
    ]


CELL = ("enterprise_id", "service_id", "resource_category_id", "stay_date")


def pickup_daily(facts: Facts) -> list[Row]:
    """Expect fct_pickup_daily."""
    names = ("posting_date", *CELL)
    shown = [row for row in _placed(facts) if row["bucket"] in {"definite", "optional"}]
    found = _grouped(shown, lambda row: tuple(row[name] for name in names))
    return [
        {
            **dict(zip(names, key, strict=True)),
            **_pickup(rows),
            "rooms_optional": sum(row["rooms"] for row in rows if row["bucket"] == "optional"),
        }
        for key, rows in found.items()
    ]


def pickup(facts: Facts) -> list[Row]:
    """Expect rpt_pickup."""
    placed = [row for row in _placed(facts) if row["bucket"] == "definite"]
    expected = []
    for days in (1, 7, 30):
        for key, rows in _grouped(placed, lambda row: tuple(row[name] for name in CELL)).items():
            until = facts.now_of(str(key[0]))
            since = until - timedelta(hours=24 * days)
            within = [row for row in rows if since < row["posted_at"] <= until]
            if within:
                window = {"window_days": days, "from_utc": since, "to_utc": until}
                expected.append({**window, **dict(zip(CELL, key, strict=True)), **_pickup(within)})
    return expected


def booking_pace(facts: Facts) -> list[Row]:
    """Expect rpt_booking_pace."""
    booked_by_then = [
        row
        for row in _placed(facts)
        if row["bucket"] == "definite" and row["posting_date"] <= row["stay_date"]
    ]
    nights = _grouped(booked_by_then, lambda row: (row["service_id"], row["stay_date"]))
    if facts.rules.pace_spine:
        for service_id, night in list(nights):
            assert isinstance(night, date)
            nights.setdefault((service_id, night + 364 * DAY), [])
    expected = []
    for (service_id, night), rows in nights.items():
        assert isinstance(night, date)
        service = facts.services[str(service_id)]
        today = service.local(facts.now_of(service.enterprise_id)).date()
        earlier = nights.get((service_id, night - 364 * DAY))
        for step in STEPS:
            day = night - step * DAY
            if day > today:
                continue
            told: Row = {"rooms_last_year": None, "guests_last_year": None}
            for name in ("rooms", "guests"):
                told[name] = _booked(rows, name, day)
                if earlier is not None:
                    told[f"{name}_last_year"] = _booked(earlier, name, day - 364 * DAY)
            cell = {"enterprise_id": service.enterprise_id, "service_id": service_id}
            expected.append({**cell, "stay_date": night, "days_before": step, **told})
    return expected


def _booked(rows: list[Row], name: str, day: date) -> int:
    return sum(row[name] for row in rows if row["posting_date"] <= day)


def _closed_at(service: Service, night: date) -> datetime:
    wall = datetime.combine(night + DAY, time()) + service.day_closing
    return wall.replace(tzinfo=service.zone).astimezone(UTC)


def restatements(facts: Facts) -> list[Row]:
    """Expect rpt_restatements."""
    definite = [row for row in _placed(facts) if row["bucket"] == "definite"]
    expected = []
    for key, rows in _grouped(definite, lambda row: tuple(row[name] for name in CELL)).items():
        cell = dict(zip(CELL, key, strict=True))
        night = rows[0]["stay_date"]
        closed = _closed_at(facts.services[rows[0]["service_id"]], night)
        late = [row for row in rows if row["posted_at"] > closed]
        if not facts.rules.zone_of_each_side:
            late = [row for row in late if row["posting_date"] > night]
        now: int | None = sum(row["rooms"] for row in rows)
        at_close: int | None = sum(row["rooms"] for row in rows if row not in late)
        if not facts.rules.restated_from_ledger and not occupancy.has_row(facts, key):
            now = at_close = None
        for (reservation_id, at), posted in _grouped(
            late, lambda row: (row["reservation_id"], row["posted_at"])
        ).items():
            observed = [row for row in posted if row["basis"] == "observed"]
            expected.append(
                {
                    **cell,
                    "closed_at": closed,
                    "reservation_id": reservation_id,
                    "posted_at": at,
                    "reason": (observed or posted)[-1]["reason"],
                    "is_inferred": len(observed) < len(posted),
                    **{name: sum(row[name] for row in posted) for name in ("rooms", "guests")},
                    "rooms_at_close": at_close,
                    "rooms_now": now,
                }
            )
    return expected
