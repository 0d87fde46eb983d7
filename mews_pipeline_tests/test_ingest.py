"""Days brought from the sandbox into a DuckDB file: once, whole, in few requests."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from math import ceil
from pathlib import Path
from typing import Any, get_args

import duckdb
import pytest
import stamina

from mews_pipeline.extract.entities import PRODUCT_SERVICE_ORDERS, REFERENCE, RESERVATIONS, Entity
from mews_pipeline.ingest import Ingest, Ingested
from mews_pipeline.sandbox import (
    PORTFOLIO_TOKEN,
    Clock,
    Fault,
    FaultPlan,
    SandboxOptions,
    SchemaDrift,
    World,
    access_tokens,
    create_app,
    running_app,
    simulate,
    token_key,
)
from mews_pipeline.sandbox.hotels.table import Table
from mews_pipeline.sandbox.server.options import Bounds
from mews_pipeline.sandbox.server.request_log import LoggedRequest
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.landing import Run
from mews_pipeline_tests.conftest import settings_for

START, END = date(2024, 12, 1), date(2025, 4, 15)
# The first quarter of 2025, then a few days more: two windows.
QUARTER = [date(2025, 1, 1) + timedelta(n) for n in range(90)]
DAYS = [*QUARTER, *(date(2025, 4, 1) + timedelta(n) for n in range(10))]
NOW = datetime(2025, 4, 12, 12, tzinfo=UTC)
BOTH = (RESERVATIONS, PRODUCT_SERVICE_ORDERS)
PATHS = {"reservations/getAll/2023-06-06", "productServiceOrders/getAll"}

Version = tuple[str, str]


@pytest.fixture(scope="session")
def world() -> World:
    return two_hotels()


@cache
def two_hotels() -> World:
    """Simulate two small hotels; many of their records were last updated at the very midnight.

    Once for all modules that import the fixture.
    """
    world = simulate(5, START, END, properties=2, scale=0.5)
    for name in ("reservations", "product_service_orders"):
        records = world.tables[name].records
        for record in records[::5]:
            *before, last = record.versions
            midnight = last.at.replace(hour=0, minute=0, second=0, microsecond=0)
            if before and before[-1].at < midnight:
                last.at = before[-1].superseded = midnight
        world.tables[name] = Table(records)
    return world


@dataclass
class Hotels:
    """A sandbox that is being served, a warehouse, and the runs that bring one into the other."""

    world: World
    address: str
    sandbox: Any
    clock: Clock
    warehouse: Path
    settings: dict[str, Any] = field(default_factory=dict)
    kept_in: type[DuckDBFile] = DuckDBFile
    said: list[str] = field(default_factory=list)

    @property
    def options(self) -> SandboxOptions:
        """What the sandbox is told to do; may be changed."""
        return self.sandbox.options  # type: ignore[no-any-return]

    @property
    def requests(self) -> list[LoggedRequest]:
        """What was asked of the two operations."""
        return [request for request in self.sandbox.log.requests if request.operation in PATHS]

    def update(self, run: str = "a run") -> Ingest:
        """Return a run's work, not yet done."""
        return Ingest(
            settings_for(self.address, START, **self.settings),
            self.kept_in(self.warehouse),
            Run(run_id=run, root_run_id=run),
            self.said.append,
        )

    def days(
        self,
        days: Iterable[date],
        entities: Iterable[Entity] = BOTH,
        run: str = "a run",
        **how: bool,
    ) -> dict[str, Ingested]:
        """Bring those days; nothing fails."""
        reports = self.update(run).updates(entities, days, **how)
        assert [report.errors for report in reports.values()] == [[]] * len(reports)
        return reports

    def read(self, query: str) -> list[Any]:
        """Ask the warehouse."""
        with duckdb.connect(str(self.warehouse)) as connection:
            return connection.execute(query).fetchall()

    def landed(self, table: str = "reservations") -> list[Version]:
        """Return the versions in the table, duplicates included."""
        return [
            (found, f"{updated.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}")
            for found, updated in self.read(f"select id, updated_utc from raw.{table}")
        ]

    def truth(
        self, days: Iterable[date] = DAYS, table: str = "reservations", at: datetime | None = None
    ) -> list[Version]:
        """Return the versions that hold at an instant and were updated on one of those days."""
        wanted = set(days)
        return [
            (version.record.id, f"{version.updated:%Y-%m-%dT%H:%M:%SZ}")
            for version in self.world.tables[table].current(at or self.clock.now())
            if version.updated.date() in wanted
        ]


@pytest.fixture
def hotels(world: World, tmp_path: Path) -> Iterator[Hotels]:
    clock = Clock(NOW)
    app = create_app(world, clock, SandboxOptions())
    with running_app(app) as address, stamina.set_testing(True, attempts=8):
        yield Hotels(world, address, app.state.sandbox, clock, tmp_path / "warehouse.duckdb")


@pytest.mark.parametrize("bounds", get_args(Bounds))
def test_every_version_lands_once_and_in_its_day_whatever_the_servers_bounds(
    hotels: Hotels, bounds: Bounds
) -> None:
    hotels.options.bounds = bounds

    reports = hotels.days(DAYS)

    for table, report in reports.items():
        truth = hotels.truth(DAYS, table)
        assert sorted(hotels.landed(table)) == sorted(truth)
        by_day = Counter(date.fromisoformat(updated[:10]) for _, updated in truth)
        assert report.rows_by_day == report.new_versions_by_day == by_day
        windows = hotels.read(
            f"select rows from raw.fetches where operation = '{table}' order by window_start_utc"
        )
        first = sum(by_day[day] for day in QUARTER)
        assert windows == [(first,), (by_day.total() - first,)]
    at_midnight = {u[:10] for _, u in hotels.truth() if u.endswith("T00:00:00Z")}
    assert {"2025-01-01", "2025-04-01"} < at_midnight


def test_person_counts_land_with_their_versions(hotels: Hotels) -> None:
    hotels.days(DAYS, [RESERVATIONS])

    expected = sum(
        len(record["PersonCounts"])
        for record in hotels.world.as_of("reservations", NOW)
        if "2025-01-01" <= record["UpdatedUtc"] < "2025-04-11"
    )
    assert hotels.read("select count(*) from raw.reservation_person_counts") == [(expected,)]


@pytest.mark.parametrize("page_size", [1000, 100])
def test_a_quarter_costs_hardly_more_requests_than_it_has_pages(
    hotels: Hotels, page_size: int
) -> None:
    hotels.settings = {"page_size": page_size}

    reports = hotels.days(QUARTER)

    for path, report in zip(sorted(PATHS, reverse=True), reports.values(), strict=True):
        answered = [r for r in hotels.requests if r.operation == path and r.status < 400]
        pages = ceil(report.rows / page_size)
        assert report.rows > 100
        # the last page is an empty one; a row in a margin may cost one more
        assert pages <= len(answered) <= 1.1 * report.rows / page_size + 2
    refused = [r for r in hotels.requests if r.status >= 400]
    # the bookable services, which no order may be asked of: bisected once
    assert len(refused) <= 2 * sum(
        service.is_bookable for p in hotels.world.properties for service in p.services
    )
    listed = [r for r in hotels.sandbox.log.requests if r.operation == "services/getAll"]
    assert len(listed) <= 2


def test_a_day_alone_costs_no_more_than_its_page_and_an_empty_one(hotels: Hotels) -> None:
    hotels.days([date(2025, 3, 1)], [RESERVATIONS])

    assert len(hotels.requests) == 2


def test_tokens_and_operations_are_asked_side_by_side(hotels: Hotels) -> None:
    tokens = access_tokens(hotels.world)
    hotels.settings = {"access_tokens": list(tokens.values()), "page_size": 50}
    hotels.options.latency_seconds = 0.005

    hotels.days(DAYS)

    assert sorted(hotels.landed()) == sorted(hotels.truth())
    asked = [(r.operation, r.token_key) for r in hotels.requests]
    streams = len(set(asked))
    assert streams == 4
    turns = sum(one != other for one, other in pairwise(asked))
    assert turns > 2 * streams
    keys = {token_key(token) for token in tokens.values()}
    assert {key for (key,) in hotels.read("select token_key from raw.fetches")} == keys


def test_what_two_tokens_both_see_lands_once(hotels: Hotels) -> None:
    tokens = [PORTFOLIO_TOKEN, *access_tokens(hotels.world).values()]
    hotels.settings = {"access_tokens": tokens}

    hotels.days(DAYS, [RESERVATIONS])

    assert sorted(hotels.landed()) == sorted(hotels.truth())


def test_a_token_that_fails_holds_no_other_back_and_its_error_names_it(hotels: Hotels) -> None:
    one, other = access_tokens(hotels.world).values()
    hotels.settings = {"access_tokens": [one, other]}
    hotels.options.revoked_tokens = {token_key(one)}

    reports = hotels.update().updates(BOTH, DAYS)

    for table, report in reports.items():
        assert {type(error).__name__ for error in report.errors} == {"UnauthorizedError"}
        assert all(token_key(one) in str(error) for error in report.errors)
        assert one not in "".join(map(str, report.errors))
        of_the_other = {
            p.id
            for p in hotels.world.properties
            if token_key(other) == token_key(access_tokens(hotels.world)[p.id])
        }
        services = {
            s.id for p in hotels.world.properties if p.id in of_the_other for s in p.services
        }
        assert {s for (s,) in hotels.read(f"select service_id from raw.{table}")} <= services
        assert report.rows == len(hotels.landed(table)) > 0
    assert {key for (key,) in hotels.read("select token_key from raw.fetches")} == {
        token_key(other)
    }


def test_a_retry_of_a_run_asks_only_for_what_the_first_try_did_not_land(hotels: Hotels) -> None:
    # the second window has two requests only: one of these three is the first window's
    hotels.options.faults = FaultPlan(dict.fromkeys((3, 4, 5), Fault.REPEATED_CURSOR))
    hotels.settings = {"page_size": 500}
    first = hotels.update("root").updates([RESERVATIONS], DAYS)["reservations"]
    (error,) = first.errors
    landed = hotels.landed()
    hotels.sandbox.log.requests.clear()

    retried = hotels.days(DAYS, [RESERVATIONS], run="root")["reservations"]

    assert "circle" in str(error)
    assert (first.windows, retried.windows) == (1, 1)
    assert 0 < len(landed) < len(hotels.truth())
    assert sorted(hotels.landed()) == sorted(hotels.truth())
    assert len({r.interval for r in hotels.requests}) == 1
    hotels.sandbox.log.requests.clear()
    assert hotels.days(DAYS, [RESERVATIONS], run="root")["reservations"].windows == 0
    assert hotels.requests == []


def test_a_new_run_asks_for_everything_again_and_lands_nothing_twice(hotels: Hotels) -> None:
    hotels.days(DAYS, run="one")
    before = sorted(hotels.landed())
    asked = len(hotels.requests)
    refused = sum(request.status == 400 for request in hotels.requests)

    again = hotels.days(DAYS, run="another")

    assert len(hotels.requests) == 2 * asked - refused
    assert sorted(hotels.landed()) == before
    assert [report.new_versions for report in again.values()] == [0, 0]
    assert all(report.rows for report in again.values())


def test_a_window_that_fails_in_the_middle_leaves_nothing_of_it_behind(hotels: Hotels) -> None:
    hotels.options.faults = FaultPlan({4: Fault.REPEATED_CURSOR})
    hotels.settings = {"page_size": 200}

    report = hotels.update().updates([RESERVATIONS], QUARTER)["reservations"]

    assert len(report.errors) == 1
    assert [r.status for r in hotels.requests] == [200] * 4
    with duckdb.connect(str(hotels.warehouse)) as connection:
        tables = ("reservations", "reservation_person_counts", "fetches")
        counts = [connection.table(f"raw.{name}").shape[0] for name in tables]
    assert counts == [0, 0, 0]


def test_a_window_is_fetched_whole_before_its_turn_in_the_warehouse_is_asked_for(
    hotels: Hotels,
) -> None:
    asked = list[int]()

    class Watched(DuckDBFile):
        @contextmanager
        def landings(self, *how: Any) -> Iterator[Any]:
            with super().landings(*how) as lock_table:

                def noted(table: str) -> Any:
                    asked.append(len(hotels.requests))
                    return lock_table(table)

                yield noted

    hotels.kept_in = Watched
    hotels.settings["page_size"] = 100
    hotels.days(QUARTER, [RESERVATIONS])
    assert len(hotels.requests) > 1
    assert asked == [len(hotels.requests)]


def test_a_disk_that_fills_up_while_landing_leaves_nothing_behind(hotels: Hotels) -> None:
    class Full:
        """A connection whose last statement before the commit finds no room."""

        def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
            self.connection = connection

        def execute(self, statement: str, *values: Any) -> Any:
            if statement.startswith("insert into raw.fetches"):
                raise OSError("No space left on device")
            return self.connection.execute(statement, *values)

    class FullDisk(DuckDBFile):
        @contextmanager
        def connect(self) -> Iterator[Any]:
            with super().connect() as connection:
                yield Full(connection)

    hotels.kept_in = FullDisk
    report = hotels.update().updates([RESERVATIONS], QUARTER)["reservations"]

    assert "No space left" in str(report.errors[0])
    assert hotels.landed() == []
    hotels.kept_in = DuckDBFile
    hotels.days(QUARTER)
    assert sorted(hotels.landed()) == sorted(hotels.truth(QUARTER))


def instants(request: LoggedRequest) -> tuple[datetime, datetime]:
    start, end = request.interval or (None, None)
    assert start
    assert end
    return datetime.fromisoformat(start), datetime.fromisoformat(end)


def test_today_goes_on_from_where_the_last_fetch_got_to_less_the_overlap(hotels: Hotels) -> None:
    today, second = date(2025, 3, 20), timedelta(seconds=1)
    midnight = datetime(2025, 3, 20, tzinfo=UTC)
    times = [midnight + timedelta(hours=h) for h in (9, 15, 24.5)]
    seen: set[Version] = set()
    for run, now in enumerate(times):
        hotels.clock.set(now)
        hotels.days([today], [RESERVATIONS], run=str(run))
        seen |= set(hotels.truth([today]))

    asked = [instants(request)[0] for request in hotels.requests if not request.has_cursor]
    overlap = timedelta(minutes=10)
    assert asked == [midnight - second, times[0] - overlap - second, times[1] - overlap - second]
    assert sorted(hotels.landed()) == sorted(seen)
    assert len(seen) > len(hotels.truth([today]))

    hotels.days([today], [RESERVATIONS], run="closed")
    assert instants(hotels.requests[-1])[0] == midnight - second


def test_a_full_refresh_asks_for_the_whole_of_today(hotels: Hotels) -> None:
    today = date(2025, 3, 20)
    midnight = datetime(2025, 3, 20, tzinfo=UTC)
    hotels.settings = {"refresh_overlap_minutes": 30}
    for hour in (9, 15):
        hotels.clock.set(midnight + timedelta(hours=hour))
        hotels.days([today], [RESERVATIONS], run=f"at {hour}", full_refresh=hour == 15)

    starts = [instants(request)[0] for request in hotels.requests if not request.has_cursor]
    assert starts == [midnight - timedelta(seconds=1)] * 2


def test_a_range_of_days_is_asked_for_whole_although_today_was_fetched(hotels: Hotels) -> None:
    days = [date(2025, 3, 19), date(2025, 3, 20)]
    hotels.clock.set(datetime(2025, 3, 20, 12, tzinfo=UTC))

    hotels.days(days, [RESERVATIONS], run="one")
    hotels.days(days, [RESERVATIONS], run="another")

    starts = {request.interval for request in hotels.requests}
    assert len(starts) == 1


def test_a_day_fetched_again_later_loses_nothing_although_the_server_shows_less(
    hotels: Hotels,
) -> None:
    day = date(2025, 2, 3)
    hotels.clock.set(datetime(2025, 2, 4, 0, 20, tzinfo=UTC))
    first = hotels.days([day], run="then")["reservations"]
    landed = sorted(hotels.landed())
    hotels.clock.set(NOW)

    later = hotels.days([day], run="now")["reservations"]

    assert 0 < later.rows < first.rows
    assert later.new_versions == 0
    assert sorted(hotels.landed()) == landed


def test_days_lived_one_by_one_hold_every_version_that_could_be_seen(hotels: Hotels) -> None:
    seen: set[Version] = set()
    days = [date(2025, 2, 1) + timedelta(n) for n in range(3)]
    for day in days:
        for hour in (10, 24.3):
            now = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=hour)
            hotels.clock.set(now)
            hotels.days([day], [RESERVATIONS], run=now.isoformat())
            seen |= set(hotels.truth(days))

    assert sorted(hotels.landed()) == sorted(seen)


def test_drift_is_counted_for_the_fetch_and_what_is_new_is_kept(hotels: Hotels) -> None:
    hotels.options.drift = SchemaDrift(extra_fields=True, unknown_values=True, unknown_states=True)

    report = hotels.days(DAYS, [RESERVATIONS])["reservations"]

    assert set(report.drift.fields) == {
        "LoyaltyTier", "Sustainability", "Options.DigitalKeyIssued",
    }  # fmt: skip
    assert {value.partition("=")[0] for value in report.drift.values} == {
        "CancellationReason", "CommanderOrigin", "State",
    }  # fmt: skip
    ((extra, number),) = hotels.read(
        "select any_value(_extra::varchar), count(*) from raw.reservations where _extra is not null"
    )
    assert '"LoyaltyTier":"Gold"' in extra
    # what lies in the margins of two windows is counted in both
    assert 0 < number <= report.drift.fields["LoyaltyTier"] < 1.1 * number
    ((told, states),) = hotels.read(
        """
        select sum((unknown_fields->>'LoyaltyTier')::int),
            sum((unknown_values->>'State=Waitlisted')::int)
        from raw.fetches"""
    )
    assert told == report.drift.fields["LoyaltyTier"]
    ((waitlisted,),) = hotels.read(
        "select count(*) from raw.reservations where state = 'Waitlisted'"
    )
    assert 0 < waitlisted <= states


def test_without_drift_nothing_is_counted(hotels: Hotels) -> None:
    hotels.days(DAYS, [RESERVATIONS])

    assert hotels.read(
        "select distinct unknown_fields::varchar, unknown_values::varchar from raw.fetches"
    ) == [("{}", "{}")]
    assert hotels.read("select count(_extra) from raw.reservations") == [(0,)]


def test_reference_data_land_once_and_again_only_where_they_changed(hotels: Hotels) -> None:
    hotels.update().reference()
    before = {e.table: len(hotels.read(f"select id from raw.{e.table}")) for e in REFERENCE}
    again = hotels.update("later").reference()

    assert before["services"] == len(hotels.world.as_of("services", NOW))
    assert before["resources"] == len(hotels.world.as_of("resources", NOW))
    assert [report.new_versions for report in again.values()] == [0] * len(REFERENCE)


def test_a_refresh_with_nothing_new_costs_two_requests_per_token_and_entity(
    hotels: Hotels,
) -> None:
    tokens = access_tokens(hotels.world)
    hotels.settings = {"access_tokens": list(tokens.values())}
    hotels.clock.set(datetime(2025, 4, 16, 12, tzinfo=UTC))
    today = [date(2025, 4, 16)]
    hotels.days(today, run="first")
    before = len(hotels.sandbox.log.requests)
    hotels.days(today, run="again")

    # The second request of the services is for the empty page that ends every listing
    asked = list(hotels.sandbox.log.requests)[before:]
    wanted = dict.fromkeys(PATHS, 1) | {"services/getAll": 2}
    assert Counter((request.operation, request.token_key) for request in asked) == {
        (operation, token_key(token)): count
        for operation, count in wanted.items()
        for token in tokens.values()
    }
    assert all(request.status < 300 for request in asked)


def test_reference_data_with_nothing_new_cost_two_requests_per_token_and_entity(
    hotels: Hotels,
) -> None:
    tokens = access_tokens(hotels.world)
    hotels.settings = {"access_tokens": list(tokens.values())}
    hotels.update("first").reference()
    before = len(hotels.sandbox.log.requests)
    reports = hotels.update("again").reference()

    asked = Counter((r.operation, r.token_key) for r in list(hotels.sandbox.log.requests)[before:])
    assert [report.new_versions for report in reports.values()] == [0] * len(REFERENCE)
    assert {operation for operation, _ in asked} >= {"resourceBlocks/getAll", "services/getAll"}
    assert max(asked.values()) <= 2


# A day ago, of another enterprise, or refused
HOLDS_NO_MORE = [
    "update raw.fetches set _landed_at = _landed_at - interval 25 hours",
    "update raw.fetches set enterprise_ids = '[]' where operation = 'enterprises'",
    "update raw.fetches set refused = 'no' where operation = 'resource_blocks'",
]


def are_blocks_asked_by_update(hotels: Hotels) -> bool:
    """Return whether the last run asked for the blocks that were updated, not for all."""
    requests = [r for r in hotels.sandbox.log.requests if r.operation == "resourceBlocks/getAll"]
    hotels.sandbox.log.requests.clear()
    [by_update] = {request.interval is not None for request in requests}
    return by_update


def test_blocks_are_asked_for_by_their_update_only_while_the_last_whole_listing_holds(
    hotels: Hotels,
) -> None:
    hotels.settings = {"access_tokens": [PORTFOLIO_TOKEN]}
    hotels.clock.set(NOW - timedelta(days=3))
    hotels.update("first").reference()
    assert not are_blocks_asked_by_update(hotels)

    hotels.clock.set(NOW)
    hotels.update("second").reference()
    assert are_blocks_asked_by_update(hotels)
    holding = {
        block["Id"]
        for block in hotels.world.as_of("resource_blocks", NOW)
        if block["EndUtc"] >= f"{START}"
    }
    assert {found for (found,) in hotels.read("select id from raw.resource_blocks")} == holding

    # No window of updates, which would be a part of coverage
    assert hotels.read(
        "select operation, window_start_utc from raw.fetches"
        " where starts_with(operation, 'resource_blocks') order by _landed_at"
    ) == [("resource_blocks", None), ("resource_blocks_by_update", None)]

    holds = hotels.warehouse.read_bytes()
    for change in HOLDS_NO_MORE:
        hotels.warehouse.write_bytes(holds)
        hotels.read(change)
        hotels.update("third").reference()
        assert not are_blocks_asked_by_update(hotels), change


def test_a_token_to_which_nothing_is_open_is_an_error_of_the_reference_data(
    hotels: Hotels,
) -> None:
    hotels.settings = {"access_tokens": [PORTFOLIO_TOKEN, "C0FFEE"]}

    reports = hotels.update().reference()

    errors = [error for report in reports.values() for error in report.errors]
    assert len(errors) == 1
    assert "Invalid AccessToken" in str(errors[0])
    assert token_key("C0FFEE") in str(errors[0])
    assert len(hotels.read("select id from raw.services")) == len(
        hotels.world.as_of("services", NOW)
    )
