"""The reports derived from the ledger: pickup, pace, restatements."""

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

from mews_pipeline_tests.models.brute_force.expected_books import room_night_ledger
from mews_pipeline_tests.models.brute_force.facts import Facts
from mews_pipeline_tests.models.brute_force.rows import Row
from mews_pipeline_tests.models.brute_force.services import DAY, Service

STEPS = (0, 1, 3, 7, 14, 30, 60, 90, 180, 365)
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
    """Return the postings of known services and nights, with their enterprises."""
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
            booked: Row = {"rooms_last_year": None, "guests_last_year": None}
            for name in ("rooms", "guests"):
                booked[name] = _booked(rows, name, day)
                if earlier is not None:
                    booked[f"{name}_last_year"] = _booked(earlier, name, day - 364 * DAY)
            cell = {"enterprise_id": service.enterprise_id, "service_id": service_id}
            expected.append({**cell, "stay_date": night, "days_before": step, **booked})
    return expected


def _booked(rows: list[Row], name: str, day: date) -> int:
    return sum(row[name] for row in rows if row["posting_date"] <= day)


def _closed_at(service: Service, night: date) -> datetime:
    """Return the instant at which the business day of a night closes, the first if shown twice."""
    wall = datetime.combine(night + DAY, time()) + service.day_closing
    return wall.replace(tzinfo=service.zone, fold=0).astimezone(UTC)


def restatements(facts: Facts) -> list[Row]:
    """Expect rpt_restatements."""
    definite = [row for row in _placed(facts) if row["bucket"] == "definite"]
    expected = []
    for key, rows in _grouped(definite, lambda row: tuple(row[name] for name in CELL)).items():
        cell = dict(zip(CELL, key, strict=True))
        night = rows[0]["stay_date"]
        closed = _closed_at(facts.services[rows[0]["service_id"]], night)
        late = [row for row in rows if row["posted_at"] > closed]
        now = sum(row["rooms"] for row in rows)
        at_close = sum(row["rooms"] for row in rows if row not in late)
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
