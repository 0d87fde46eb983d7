"""A copy that was brought up to date holds what a copy made in full does, whatever happened."""

import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from mews_pipeline.publish import Published, made_from, publish
from mews_pipeline.publish.touched import POSTED
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.support.dbt import DBT_PROJECT

# Versions of reservations, from which every mart follows
_CREATE = """
    create schema raw; create schema marts; create schema intermediate;
    create table raw.versions (id varchar, version int, service varchar, basis varchar);
    create table marts.fct_reservations (reservation_id varchar, versions_seen int, account_id int);
    create table marts.fct_reservation_state_transitions (reservation_id varchar, number int);
    create table marts.fct_reservation_modifications (reservation_id varchar, number int);
    create table marts.fct_product_service_order_state_transitions (order_id varchar, number int);
    create table marts.fct_room_night_ledger (
        reservation_id varchar, posted_at timestamptz, known_at timestamptz, stay_date date,
        service_id varchar, resource_category_id varchar, bucket varchar, basis varchar, rooms int,
        guests int
    );
    create table marts.fct_revenue_ledger (
        order_item_id varchar, posted_at timestamptz, known_at timestamptz, revenue_date date,
        service_id varchar, stream varchar, currency varchar, bucket varchar, net decimal(38, 6),
        gross decimal(38, 6)
    );
    create table marts.fct_revenue_daily (revenue_date date, net decimal(38, 6));
    create table marts.rpt_performance_daily (
        enterprise_id varchar, stay_date date, room_revenue decimal(38, 6), adr double
    );
    create table marts.rpt_months (reservations bigint);
    create table marts.fct_occupancy_daily (service_id varchar, stay_date date, rooms hugeint);
    create table marts.rpt_freshness as select 'all' as enterprise_id,
        'All properties' as enterprise_name, timestamptz '2026-01-01 00:00:00+00' as as_of_utc;
    create view marts.fct_pickup_daily as select posted_at, rooms from marts.fct_room_night_ledger;
    create macro marts.on_the_books(as_of, known_at := null) as table
        select cast(service_id as varchar) as service_id,
            cast(resource_category_id as varchar) as resource_category_id, stay_date,
            cast(sum(rooms) as bigint) as rooms, cast(sum(guests) as bigint) as guests
        from marts.fct_room_night_ledger as ledger
        where bucket = 'definite' and posted_at <= cast(as_of as timestamptz)
            and (known_at is null or ledger.known_at <= cast(known_at as timestamptz))
        group by service_id, resource_category_id, stay_date
        having sum(rooms) != 0 or sum(guests) != 0;
    create macro marts.revenue_on_the_books(as_of, known_at := null) as table
        select service_id, revenue_date, stream, currency, sum(net) as net, sum(gross) as gross
        from marts.fct_revenue_ledger as ledger
        where bucket = 'definite' and posted_at <= cast(as_of as timestamptz)
            and (known_at is null or ledger.known_at <= cast(known_at as timestamptz))
        group by service_id, revenue_date, stream, currency
        having sum(net) != 0 or sum(gross) != 0;
"""
# A version takes off what the one before it held
_POST = """
    delete from marts.fct_room_night_ledger where reservation_id in (from touched);
    insert into marts.fct_room_night_ledger by name
    select id as reservation_id,
        timestamptz '2026-01-01 00:00:00+00' + to_hours(cast(hash(id) % 500 + 9 * v as int))
            as posted_at,
        posted_at + to_hours(version) as known_at,
        if(hash(id, v) % 9 = 0, null, date '2026-01-05' + cast(hash(id, v) % 20 as int))
            as stay_date,
        service as service_id, 'category ' || hash(id) % 3 as resource_category_id,
        if(hash(id) % 7 = 0, 'optional', 'definite') as bucket, basis,
        sign as rooms, 2 * sign as guests
    from raw.versions, (values (0, 1), (-1, -1)) signs(back, sign),
        lateral (select version + back) own(v)
    where v > 0 and id in (from touched);
    delete from marts.fct_revenue_ledger
    where order_item_id in (select 'item of ' || id from touched);
    insert into marts.fct_revenue_ledger by name
    select 'item of ' || reservation_id as order_item_id, posted_at, known_at,
        stay_date as revenue_date, if(hash(reservation_id) % 5 = 0, null, service_id) as service_id,
        'stream ' || resource_category_id as stream, if(guests > 0, 'EUR', 'CZK') as currency,
        bucket, 10.5 * rooms as net, 11.5 * rooms as gross
    from marts.fct_room_night_ledger where reservation_id in (from touched);
"""
_COUNT = """
    delete from marts.{0} where reservation_id in (from touched);
    insert into marts.{0} by name select id as reservation_id, {1} from raw.versions
    where id in (from touched) group by id;
"""
_LOG = """
    create table if not exists intermediate.touched_log (
        build_number bigint, build_id varchar, entity varchar, touched_id varchar
    );
"""
_REPORTS = """
    create or replace table marts.fct_occupancy_daily as
    select service_id, stay_date, sum(rooms) as rooms from marts.fct_room_night_ledger group by all;
    create or replace table marts.fct_revenue_daily as
    select revenue_date, cast(sum(net) as decimal(38, 6)) as net
    from marts.fct_revenue_ledger group by all;
    create or replace table marts.rpt_performance_daily as
    select 'hotel' as enterprise_id, revenue_date as stay_date, net as room_revenue,
        cast(net as double) / 3 as adr
    from marts.fct_revenue_daily;
    create or replace table marts.rpt_months as
    select count(*) as reservations from marts.fct_reservations;
"""


@dataclass
class Hotel:
    """A warehouse that is changed and built as the pipeline does it."""

    folder: Path
    draw: random.Random
    waiting: set[str] = field(default_factory=set)

    @property
    def warehouse(self) -> Path:
        """The file that is built."""
        return self.folder / "warehouse.duckdb"

    @property
    def analytics(self) -> Path:
        """The published copy."""
        return self.folder / "analytics.duckdb"

    def begin(self) -> None:
        """Build a first time, and publish."""
        with self.opened() as connection:
            connection.execute(_CREATE)
        self.change(60)
        self.build()
        self.publish()

    def opened(self) -> duckdb.DuckDBPyConnection:
        """Open the warehouse."""
        connection = duckdb.connect(str(self.warehouse))
        connection.execute("set TimeZone = 'UTC'")
        return connection

    def change(self, number: int = 5, service: str = "service", basis: str = "observed") -> None:
        """Land another version of some reservations."""
        ids = {f"reservation {self.draw.randrange(80)}" for _ in range(number)}
        with self.opened() as connection:
            connection.execute(
                """
                insert into raw.versions
                select changed.id, count(version) + 1, $service, $basis
                from (select unnest($ids) as id) as changed
                left join raw.versions using (id) group by changed.id
                """,
                {"ids": sorted(ids), "service": service, "basis": basis},
            )
        self.waiting |= ids

    def build(self, *, is_cut_short: bool = False) -> None:
        """Build what has changed; one that is cut short posts again next time."""
        with self.opened() as connection:
            connection.execute("create temp table touched (id varchar)")
            connection.execute("insert into touched select unnest($1)", [sorted(self.waiting)])
            connection.execute(_LOG)
            connection.execute(
                """
                insert into intermediate.touched_log
                select coalesce(max(build_number), 0) + 1, cast(uuid() as varchar),
                    unnest(
                        ['build'] || [if(true, 'reservation', id) for id in $ids]
                        || [if(true, 'order_item', id) for id in $ids]
                    ),
                    unnest([null] || $ids || ['item of ' || id for id in $ids])
                from intermediate.touched_log
                """,
                {"ids": sorted(self.waiting)},
            )
            connection.execute(_POST)
            if is_cut_short:
                return
            counted = "max(version) as versions_seen, 7 as account_id"
            connection.execute(_COUNT.format("fct_reservations", counted))
            for name in ("fct_reservation_state_transitions", "fct_reservation_modifications"):
                connection.execute(_COUNT.format(name, "count(*) as number"))
            connection.execute(_REPORTS)
        self.waiting = set()

    def build_in_full(self) -> None:
        """Build everything again, which begins a new log; the models may give other rows now."""
        with self.opened() as connection:
            connection.execute(_LOG + "delete from intermediate.touched_log;")
            connection.execute("update raw.versions set basis = 'inferred' where hash(id) % 5 = 0")
            ids = connection.execute("select distinct id from raw.versions").fetchall()
        self.waiting |= {reservation for (reservation,) in ids}
        self.build()
        with self.opened() as connection:
            connection.execute("delete from intermediate.touched_log where touched_id is not null")

    def delete_rows(self) -> None:
        """Delete a reservation everywhere, and empty the log, as code that deletes must."""
        with self.opened() as connection:
            chosen = connection.execute("select max(id) from raw.versions").fetchone()
            for table, key in (("raw.versions", "id"), *_KEYS):
                connection.execute(f"delete from {table} where {key} = ?", chosen)
            connection.execute(_LOG + "delete from intermediate.touched_log;" + _REPORTS)

    def publish(self) -> Published:
        """Publish as a refresh does."""
        return publish(DuckDBFile(self.warehouse), self.analytics)

    def published_in_full(self) -> Path:
        """Publish everything to another file."""
        target = self.folder / "full.duckdb"
        return publish(DuckDBFile(self.warehouse), target, in_full=True).path


_KEYS = [
    (f"marts.{name}", key) for name, (entity, key) in POSTED.items() if entity == "reservation"
]


def contents(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Read every table and the books at some instants; what was published when is left out."""
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables()"
            " where table_name not in ('about', 'made_from')"
        ).fetchall()
        queries = [f"from {table} order by all" for (table,) in tables]
        for books in ("on_the_books", "revenue_on_the_books"):
            queries += [f"from {books}('2026-01-{day}') order by all" for day in (10, 20, 30)]
        return {query: connection.execute(query).fetchall() for query in queries}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Hotel(tmp_path_factory.mktemp("hotel"), random.Random(1))  # noqa: S311
    made.begin()
    return made.folder


@pytest.fixture
def hotel(begun: Path, tmp_path: Path) -> Hotel:
    """Return a hotel of this test alone, built and published."""
    shutil.copytree(begun, tmp_path, dirs_exist_ok=True)
    return Hotel(tmp_path, random.Random(2))  # noqa: S311


@pytest.mark.parametrize(
    "seed", [0, 1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))]
)
def test_after_any_sequence_of_builds_the_copy_is_as_one_made_in_full(
    tmp_path: Path, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311
    hotel = Hotel(tmp_path, draw)
    steps: list[tuple[Callable[[], object], int]] = [
        (hotel.change, 6),
        (hotel.build, 4),
        (lambda: hotel.build(is_cut_short=True), 2),
        (hotel.build_in_full, 1),
        (lambda: hotel.change(2, f"service {draw.randrange(9)}"), 1),
        (hotel.delete_rows, 1),
        (hotel.publish, 3),
    ]
    hotel.begin()
    for step in draw.choices([s for s, _ in steps], [weight for _, weight in steps], k=12):
        step()
    hotel.publish()
    assert contents(hotel.analytics) == contents(hotel.published_in_full())


def test_only_touched_rows_are_copied_if_nothing_stands_against_it(hotel: Hotel) -> None:
    hotel.change()
    hotel.build()
    assert hotel.publish().in_full_because is None


def test_builds_that_published_nothing_are_not_lost(hotel: Hotel) -> None:
    for _ in range(3):
        hotel.change()
        hotel.build()
    assert hotel.publish().in_full_because is None
    assert contents(hotel.analytics) == contents(hotel.published_in_full())


def _add_a_column(hotel: Hotel) -> None:
    with hotel.opened() as connection:
        connection.execute("alter table marts.fct_reservations add column nights int")


def _describe_a_column(hotel: Hotel) -> None:
    with hotel.opened() as connection:
        connection.execute("comment on column marts.fct_reservations.versions_seen is 'So many'")


def _change_a_zone(hotel: Hotel) -> None:
    with hotel.opened() as connection:
        connection.execute(
            "insert into intermediate.touched_log "
            "select max(build_number) + 1, null, 'service', 's' from intermediate.touched_log"
        )


def _bring_a_new_value(hotel: Hotel) -> None:
    hotel.change(basis="a new one")
    hotel.build()


def _make_the_copy_writable(hotel: Hotel) -> None:
    hotel.analytics.chmod(0o644)


def _restore_a_backup(hotel: Hotel) -> None:
    """Put back a warehouse of before the last publishing, and build it as often again."""
    shutil.copy(hotel.warehouse, hotel.folder / "backup")
    hotel.change(2)
    hotel.build()
    hotel.publish()
    shutil.copy(hotel.folder / "backup", hotel.warehouse)
    hotel.change(2)
    hotel.build()


@pytest.mark.parametrize(
    ("happen", "reason"),
    [
        (_add_a_column, "columns or versions have changed"),
        (_describe_a_column, "columns or versions have changed"),
        (_change_a_zone, "zone or offsets"),
        (_bring_a_new_value, "a new basis"),
        (Hotel.build_in_full, "everything was built again"),
        (Hotel.delete_rows, "builds since the last copy are not known"),
        (_make_the_copy_writable, "writable"),
        (_restore_a_backup, "everything was built again"),
    ],
)
def test_everything_is_copied_where_touched_rows_do_not_tell(
    hotel: Hotel, happen: Callable[[Hotel], None], reason: str
) -> None:
    happen(hotel)
    assert reason in str(hotel.publish().in_full_because)
    assert contents(hotel.analytics) == contents(hotel.published_in_full())


def test_everything_is_copied_when_most_was_touched(
    hotel: Hotel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(made_from, "_MANY", 1)
    hotel.change(30)
    hotel.build()
    assert "reservations were touched" in str(hotel.publish().in_full_because)


def test_a_warehouse_without_a_log_is_published_in_full_each_time(hotel: Hotel) -> None:
    with hotel.opened() as connection:
        connection.execute("drop table intermediate.touched_log")
    assert hotel.publish().in_full_because
    assert hotel.publish().in_full_because


def test_a_publish_that_is_killed_on_the_way_loses_nothing(hotel: Hotel) -> None:
    call = f"""
from pathlib import Path
from mews_pipeline.publish import analytics, touched
from mews_pipeline.warehouse.file import DuckDBFile
import os, signal
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
where = {{"replacing": (touched, "_replace_all"), "swapping": (analytics, "replace_database")}}
module, name = where["WHERE"]
setattr(module, name, die)
analytics.publish(DuckDBFile(Path({str(hotel.warehouse)!r})), Path({str(hotel.analytics)!r}))
"""
    before = contents(hotel.analytics)
    for where in ("replacing", "swapping"):
        hotel.change()
        hotel.build()
        killed = subprocess.run([sys.executable, "-c", call.replace("WHERE", where)], check=False)
        assert killed.returncode == -signal.SIGKILL
        assert contents(hotel.analytics) == before
    assert hotel.publish().in_full_because is None
    assert contents(hotel.analytics) == contents(hotel.published_in_full())
    assert not list(hotel.folder.glob(".*"))


@pytest.mark.parametrize("macro", ["on_the_books", "revenue_on_the_books"])
def test_the_books_are_those_of_the_warehouse_at_any_instant(hotel: Hotel, macro: str) -> None:
    draw = random.Random(macro)  # noqa: S311
    hotel.change(9)
    hotel.build()
    assert hotel.publish().in_full_because is None
    with (
        hotel.opened() as warehouse,
        duckdb.connect(str(hotel.analytics), read_only=True) as copy,
    ):
        copy.execute("set TimeZone = 'UTC'")
        posted = "select distinct posted_at from marts.fct_room_night_ledger order by all"
        postings = [at for (at,) in warehouse.execute(posted).fetchall()]
        arounds = [timedelta(0), timedelta(microseconds=-1), timedelta(hours=5)]
        instants = [str(draw.choice(postings) + draw.choice(arounds)) for _ in range(20)]
        for at in [*instants, "infinity", "-infinity"]:
            known = draw.choice(["", "", f", known_at := '{draw.choice(postings)}'"])
            books = f"{macro}('{at}'{known}) order by all"
            found = copy.execute(f"from {books}").fetchall()
            assert found == warehouse.execute(f"from marts.{books}").fetchall()
        now = f"from {macro}((select max(as_of_utc) from about)) order by all"
        as_of = copy.execute("select cast(max(as_of_utc) as varchar) from about").fetchone() or ()
        assert (
            copy.execute(now).fetchall()
            == copy.execute(f"from {macro}(?) order by all", as_of).fetchall()
        )


def test_the_facts_published_by_id_are_those_that_builds_post_by_id() -> None:
    """A fact that is missing in POSTED would not be wrong, only slow; a surplus one would be."""
    posted = {}
    for model in (DBT_PROJECT / "models" / "marts" / "core").glob("*.sql"):
        if found := re.search(r"delete_touched\('(\w+)', '(\w+)'\)", model.read_text()):
            posted[model.stem] = found.groups()
        elif "delete_touched_items()" in model.read_text():
            posted[model.stem] = ("order_item", "order_item_id")
    assert posted == POSTED
