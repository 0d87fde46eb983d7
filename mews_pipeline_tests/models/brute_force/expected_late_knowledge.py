"""What the books say of earlier instants now and did not say then."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from mews_pipeline_tests.models.brute_force.expected_books import room_night_ledger
from mews_pipeline_tests.models.brute_force.facts import ZONES, Facts
from mews_pipeline_tests.models.brute_force.rows import Row
from mews_pipeline_tests.models.brute_force.services import Service, duration

# Through which instant a run knew the books, and when its last window had landed
Run = tuple[datetime, datetime]
Clock = tuple[str, timedelta, timedelta]


@dataclass(frozen=True)
class Change:
    """A night of a reservation of which the books say something else now."""

    enterprise_id: str
    service_id: str
    stay_date: date
    cause: str
    reservation_id: str
    rooms: int
    posted_at: datetime
    known_at: datetime


def _runs(facts: Facts, enterprise_id: str) -> list[Run]:
    """Return the runs that knew the books of a property further than any run before them."""
    rows = [row for row in facts.windows() if row["operation"] == "reservations"]
    tokens = {row["token_key"] for row in facts.windows() if enterprise_id in facts.opened(row)}
    together: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["token_key"] in tokens:
            together[row["token_key"], row.get("root_run_id") or row["fetch_id"]].append(row)
    known: list[Run] = []
    for several in together.values():
        through = max(row["fetched_through_utc"] for row in several)
        finished = max(row["finished_utc"] for row in several)
        is_cut = any(row["fetched_through_utc"] < row["window_end_utc"] for row in several)
        if is_cut or through >= finished - timedelta(days=1):
            known.append((through, max(row["_landed_at"] for row in several)))
    further: list[Run] = []
    for through, at in sorted(known, key=lambda run: (run[1], run[0])):
        if not further or through > further[-1][0]:
            further.append((through, at))
    return further


def _seen_late(facts: Facts) -> Iterator[Change]:
    """Yield the postings that landed after a run that knew the books through their instant."""
    runs: dict[str, list[Run]] = {}
    for row in room_night_ledger(facts):
        service = facts.services.get(row["service_id"])
        if row["bucket"] != "definite" or service is None:
            continue
        owner = service.enterprise_id
        if owner not in runs:
            runs[owner] = _runs(facts, owner)
        first = next((at for through, at in runs[owner] if through >= row["posted_at"]), None)
        if first and row["known_at"] > first:
            names = ("service_id", "stay_date", "reservation_id", "rooms", "posted_at", "known_at")
            yield Change(owner, cause="seen_late", **{name: row[name] for name in names})


def _clock(facts: Facts, service: Service, at: datetime) -> Clock | None:
    """Return the zone and offsets that a service had after a landing, None if one was not known."""
    before = [row for row in facts.histories("services")[service.id] if row["_landed_at"] <= at]
    if not before:
        return None
    hotel = facts.histories("enterprises").get(before[-1]["enterprise_id"], [])
    settings = [row for row in hotel if row["_landed_at"] <= at]
    zone = settings[-1]["time_zone_identifier"] if settings else None
    opens, closes = (
        duration(before[-1][f"data_value_occupancy_{edge}_offset"]) for edge in ("start", "end")
    )
    if zone not in ZONES or opens is None or closes is None:
        return None
    return zone, opens, closes


def _former(facts: Facts, service: Service) -> Iterator[tuple[datetime, Service]]:
    """Yield the service as it was before each change of its zone or offsets, and when it landed."""
    rows = facts.histories("services")[service.id]
    hotel = facts.histories("enterprises").get(service.enterprise_id, [])
    landings = sorted({row["_landed_at"] for row in (*rows, *hotel)})
    clocks = [(at, clock) for at in landings if (clock := _clock(facts, service, at))]
    for (_, (zone, opens, closes)), (changed_at, clock) in pairwise(clocks):
        if clock != (zone, opens, closes):
            yield changed_at, replace(service, zone=ZoneInfo(zone), opens=opens, closes=closes)


def _rewritten(facts: Facts) -> Iterator[Change]:
    """Yield the nights that a change of the zone or the offsets took or gave."""
    former = {
        key: list(_former(facts, service))
        for key, service in facts.services.items()
        if service.unit != "Hour"
    }
    for reservation_id, versions in facts.reservations.items():
        last = versions[-1]
        if last.bucket != "definite" or not last.is_placed or last.service is None:
            continue
        start, end = last.row["scheduled_start_utc"], last.row["scheduled_end_utc"]
        for changed_at, service in former.get(last.service_id, ()):
            if versions[0].at >= changed_at:
                continue
            now = set(facts.within_window(last.nights))
            then = set(facts.within_window(service.nights(start, end)))
            for night in now ^ then:
                yield Change(
                    last.enterprise_id,
                    last.service_id,
                    night,
                    "zone_or_offsets",
                    reservation_id,
                    1 if night in now else -1,
                    versions[0].at,
                    changed_at,
                )


def late_knowledge(facts: Facts) -> list[Row]:
    """Expect rpt_late_knowledge."""
    found: defaultdict[tuple[str, str, date, str], list[Change]] = defaultdict(list)
    for change in (*_seen_late(facts), *_rewritten(facts)):
        key = change.enterprise_id, change.service_id, change.stay_date, change.cause
        found[key].append(change)
    return [
        {
            **dict(zip(("enterprise_id", "service_id", "stay_date", "cause"), key, strict=True)),
            "reservations": len({change.reservation_id for change in changes}),
            "rooms": sum(change.rooms for change in changes),
            "changed_from_utc": min(change.posted_at for change in changes),
            "last_known_at": max(change.known_at for change in changes),
        }
        for key, changes in found.items()
    ]
