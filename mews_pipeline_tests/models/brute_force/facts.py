"""The raw rows of a world as Python objects, from which every expected mart is computed."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo, available_timezones

from mews_pipeline_tests.models.brute_force import worlds
from mews_pipeline_tests.models.brute_force.rows import Landing, Row
from mews_pipeline_tests.models.brute_force.services import DAY, Service, duration

ZONES = available_timezones()
FOREVER = datetime(2300, 1, 1, tzinfo=UTC)
EVER = datetime(1900, 1, 1, tzinfo=UTC)
LODGING = frozenset(
    {
        "Room", "Bed", "Dorm", "Apartment", "Suite", "Villa", "Site", "Tent", "CaravanOrRV",
        "UnequippedCampsite", "Cabin", "Pod",
    }
)  # fmt: skip
BUCKETS = {
    **dict.fromkeys(("Confirmed", "Started", "Processed"), "definite"),
    "Optional": "optional",
    **dict.fromkeys(("Inquired", "Requested"), "pipeline"),
    "Canceled": None,
}


@dataclass
class Version:
    """One version of a reservation, in order, and what it holds."""

    number: int
    row: Row
    service: Service | None
    nights: list[date]
    is_placed: bool
    persons: tuple[int, int, int]

    @property
    def state(self) -> str:
        """Return the state in this version."""
        return str(self.row["state"])

    @property
    def bucket(self) -> str | None:
        """Return what the state counts as."""
        return BUCKETS.get(self.state, "unknown")

    @property
    def at(self) -> datetime:
        """Return UpdatedUtc."""
        at: datetime = self.row["updated_utc"]
        return at

    @property
    def service_id(self) -> str:
        """Return the service, `unknown` where none is given."""
        return self.row["service_id"] or "unknown"

    @property
    def category_id(self) -> str:
        """Return the category booked, `unknown` where none is given."""
        return self.row["requested_resource_category_id"] or "unknown"

    @property
    def enterprise_id(self) -> str:
        """Return the enterprise, `unknown` where the service is not known."""
        return self.service.enterprise_id if self.service else "unknown"

    def local_date(self, instant: datetime | None) -> date | None:
        """Return the local date of an instant, None where the zone is not known."""
        if instant is None or self.service is None or self.service.zone is None:
            return None
        return self.service.local(instant).date()


class Facts:
    """The raw rows of some landings, as they are now and as they were."""

    def __init__(self, world: worlds.World, landings: tuple[Landing, ...]) -> None:
        self.start, self.levels = world.start, world.counting_levels
        self._landings = landings
        self._known_until: dict[str, datetime] = {}

    def rows(self, table: str) -> list[Row]:
        """Return all rows of a raw table, in the order in which they landed."""
        found = worlds.rows(self._landings, table)
        if table in {"reservations", "product_service_orders"}:
            return [{**row, "state": row["state"] or "unknown"} for row in found]
        return found

    def opened(self, fetch: Row) -> list[str]:
        """Return the properties that a fetch opened, or that its token listed next, or last."""
        named: list[str] = json.loads(fetch["enterprise_ids"] or "[]")
        listings = [
            row
            for row in self.rows("fetches")
            if row["operation"] == "enterprises"
            and row["token_key"] == fetch["token_key"]
            and not row["refused"]
        ]
        later = [row for row in listings if row["_landed_at"] >= fetch["_landed_at"]]
        if named or not listings:
            return named
        listed: list[str] = json.loads((later or listings[-1:])[0]["enterprise_ids"])
        return listed

    def histories(self, table: str) -> dict[str, list[Row]]:
        """Return the versions of each record of a reference table, the latest one last."""
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in sorted(self.rows(table), key=lambda row: (row["_landed_at"], row["_hash"])):
            found[row["id"]].append(row)
        return found

    def latest(self, table: str) -> dict[str, Row]:
        """Return each record of a reference table as it is now."""
        return {key: versions[-1] for key, versions in self.histories(table).items()}

    def periods(self, table: str) -> Iterator[tuple[datetime, datetime, Row]]:
        """Yield each version of every reference record with the period in which it was in force."""
        for versions in self.histories(table).values():
            begins = [row["_fetched_utc"] for row in versions]
            # What was fetched before its creation, by some wrong clock, existed then
            begins[0] = min(versions[0].get("created_utc") or EVER, begins[0])
            yield from zip(begins, [*begins[1:], FOREVER], versions, strict=True)

    @cached_property
    def now(self) -> datetime:
        """Return how far updates are known, of whichever property is known furthest."""
        latest: datetime = max(row["fetched_through_utc"] for row in self.windows())
        return latest

    def now_of(self, enterprise_id: str) -> datetime:
        """Return how far updates of a property are known, which is asked for each posting."""
        if enterprise_id not in self._known_until:
            self._known_until[enterprise_id] = self._now_of(enterprise_id)
        return self._known_until[enterprise_id]

    def _now_of(self, enterprise_id: str) -> datetime:
        known: defaultdict[str, list[datetime]] = defaultdict(list)
        for row in self.windows():
            if enterprise_id in self.opened(row):
                known[row["operation"]].append(row["fetched_through_utc"])
        return min((max(through) for through in known.values()), default=self.now)

    def windows(self) -> list[Row]:
        """Return the fetched windows of reservations and of orders."""
        rows = self.rows("fetches")
        return [row for row in rows if row.get("window_start_utc") and not row["refused"]]

    @cached_property
    def start_utc(self) -> datetime:
        """Return the first midnight that reports cover, by UTC."""
        return datetime.combine(self.start, time(), UTC)

    @cached_property
    def days(self) -> list[date]:
        """Return the dates that reports cover."""
        many = (self.now.date() + 730 * DAY - self.start).days
        return [self.start + number * DAY for number in range(many + 1)]

    def within_window(self, nights: list[date]) -> list[date]:
        """Return the nights that are posted: from a year before the start to some years ahead."""
        last = date(self.now.year + 3, 12, 31)
        return [night for night in nights if self.start - 366 * DAY <= night <= last]

    @cached_property
    def services(self) -> dict[str, Service]:
        """Return services as they are now."""
        enterprises = self.latest("enterprises")
        slept_in: defaultdict[str, set[str]] = defaultdict(set)
        for row in self.latest("resource_categories").values():
            if row["is_active"] and row["type"] in LODGING:
                slept_in[row["service_id"]].add(row["type"])
        found = {}
        for key, row in self.latest("services").items():
            enterprise = enterprises.get(row["enterprise_id"], {})
            unit = row["data_value_time_unit_period"] or row["data_value_time_unit"] or "Day"
            zone = enterprise.get("time_zone_identifier")
            sold = row["data_discriminator"] == "Bookable" and unit in {"Day", "Month"}
            found[key] = Service(
                key,
                row["enterprise_id"],
                row,
                unit,
                duration(row["data_value_occupancy_start_offset"]),
                duration(row["data_value_occupancy_end_offset"]),
                ZoneInfo(zone) if zone in ZONES else None,
                duration(enterprise.get("business_day_closing_offset")) or timedelta(),
                sold and key in slept_in,
                self.levels.get(key, "sellable_units"),
                frozenset(slept_in.get(key, ())),
            )
        return found

    @cached_property
    def reservations(self) -> dict[str, list[Version]]:
        """Return the versions of each reservation, by UpdatedUtc, then by when they landed."""
        classes = {k: r["classification"] for k, r in self.latest("age_categories").items()}
        persons: defaultdict[tuple[str, str], list[tuple[str | None, int]]] = defaultdict(list)
        for row in self.rows("reservation_person_counts"):
            key = row["reservation_id"], row["_hash"]
            persons[key].append((classes.get(row["age_category_id"]), row["count"]))
        found: defaultdict[str, list[Version]] = defaultdict(list)
        rows = self.rows("reservations")
        for row in sorted(rows, key=lambda r: (r["updated_utc"], r["_landed_at"], r["_hash"])):
            versions = found[row["id"]]
            counted = persons[row["id"], row["_hash"]]
            versions.append(self._version(len(versions) + 1, row, counted))
        return found

    def _version(self, number: int, row: Row, counted: list[tuple[str | None, int]]) -> Version:
        service = self.services.get(row["service_id"])
        start, end = row["scheduled_start_utc"], row["scheduled_end_utc"]
        is_placed = bool(service and service.is_placeable and start and end)
        nights = []
        if is_placed and service and service.unit != "Hour":
            nights = service.nights(start, end)
        everybody, adults, children = (
            sum(many for kind, many in counted if wanted in {None, kind})
            for wanted in (None, "Adult", "Child")
        )
        return Version(number, row, service, nights, is_placed, (everybody, adults, children))
