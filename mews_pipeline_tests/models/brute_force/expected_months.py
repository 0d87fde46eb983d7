"""Months of nights against the same months a year earlier."""

from collections import defaultdict
from datetime import UTC, date, datetime

from mews_pipeline_tests.models.brute_force.expected_books import room_night_ledger
from mews_pipeline_tests.models.brute_force.facts import Facts
from mews_pipeline_tests.models.brute_force.rows import Row
from mews_pipeline_tests.models.brute_force.services import Service

Month = tuple[str, date]


def _year_before(facts: Facts, service: Service) -> datetime:
    """Return the instant at which the hotel's clock showed the same a year before its now."""
    wall = service.local(facts.now_of(service.enterprise_id))
    return wall.replace(year=wall.year - 1, tzinfo=service.zone).astimezone(UTC)


def _year_later(month: date, years: int = 1) -> date:
    return month.replace(year=month.year + years)


def _booked(facts: Facts) -> tuple[dict[Month, int | None], dict[Month, int]]:
    """Return room nights of each month on the books: now, and a year before now."""
    now: dict[Month, int | None] = {}
    before: defaultdict[Month, int] = defaultdict(int)
    for row in room_night_ledger(facts):
        service = facts.services.get(row["service_id"])
        if row["bucket"] != "definite" or not row["stay_date"]:
            continue
        if service is None or not service.is_lodging or service.zone is None:
            continue
        key = service.enterprise_id, row["stay_date"].replace(day=1)
        now.setdefault(key, None)
        if row["posted_at"] <= facts.now_of(service.enterprise_id):
            now[key] = (now[key] or 0) + row["rooms"]
        if row["posted_at"] <= _year_before(facts, service):
            before[key] += row["rooms"]
    return now, before


def _sum(values: list[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def months(facts: Facts) -> list[Row]:
    """Expect rpt_months."""
    now, before = _booked(facts)
    names = ("room_nights", "room_nights_same_time_last_year", "room_nights_last_year")
    cells: dict[Month, tuple[int | None, ...]] = {}
    for owner, month in {*now, *((owner, _year_later(month)) for owner, month in now)}:
        last = owner, _year_later(month, -1)
        same_time = before[last] if last in now else None
        cells[owner, month] = (now.get((owner, month)) or 0, same_time, now.get(last))
    by_month: defaultdict[date, list[tuple[int | None, ...]]] = defaultdict(list)
    for (_, month), values in cells.items():
        by_month[month].append(values)
    for month, several in by_month.items():
        cells["all", month] = tuple(_sum(list(column)) for column in zip(*several, strict=True))
    return [
        {"enterprise_id": owner, "stay_month": month, **dict(zip(names, values, strict=True))}
        for (owner, month), values in cells.items()
        if facts.days[0].replace(day=1) <= month <= facts.days[-1]
    ]
