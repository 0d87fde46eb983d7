"""The daemon at work: ticks, backfills, killed runs, gaps, a Mews that does not answer."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time
from threading import Event, Thread

import duckdb
import pytest
from filelock import FileLock

from mews_pipeline.demo.cluster.webserver import until
from mews_pipeline.sandbox import SandboxOptions, World
from mews_pipeline_tests.defs.test_failure_alert import Chat
from mews_pipeline_tests.service.conftest import day, days
from mews_pipeline_tests.support.running import Service, asks

pytestmark = pytest.mark.slow

TABLES = ("reservations", "product_service_orders")


@contextmanager
def warehouse(running: Service) -> Iterator[duckdb.DuckDBPyConnection]:
    path = str(running.warehouse)
    with FileLock(f"{path}.lock"), duckdb.connect(path, read_only=True) as connection:
        yield connection


def assert_the_truth_has_landed(running: Service, world: World, first: int, last: int) -> None:
    """Check that each reservation last updated on those days landed once, as the sandbox has it."""
    start, end = (datetime.combine(day(n), time(), UTC) for n in (first, last + 1))
    true = {
        (record["Id"], record["State"], sum(each["Count"] for each in record["PersonCounts"]))
        for record in world.as_of("reservations", datetime.now(UTC))
        if start.isoformat() <= record["UpdatedUtc"] < end.isoformat()
    }
    with warehouse(running) as connection:
        landed = connection.execute(
            "select id, state, people from raw.reservations left join ("
            "  select reservation_id as id, updated_utc, _hash, sum(count)::bigint as people"
            "  from raw.reservation_person_counts group by all"
            ") using (id, updated_utc, _hash) where updated_utc >= ? and updated_utc < ?",
            [start, end],
        ).fetchall()
        doubled = connection.execute(
            "select count(*) - count(distinct (id, updated_utc, _hash)) from raw.reservations"
        ).fetchone()
    assert true
    assert true <= set(landed)
    assert doubled == (0,)


def test_thirty_days_are_one_run(running: Service, world: World) -> None:
    backfill = running.backfill(TABLES, [day(n).isoformat() for n in range(30)])
    assert running.ended(running.run_of(backfill)) == "SUCCESS"
    assert len(running.runs(**{"dagster/backfill": backfill})) == 1
    assert_the_truth_has_landed(running, world, 0, 29)


def test_a_tick_of_the_schedule_makes_a_run_of_the_whole_chain(published: Service) -> None:
    assert published.warehouse.with_name("analytics.duckdb").exists()


def test_twelve_backfills_a_refresh_and_an_analyst_do_not_disturb_each_other(
    published: Service, world: World
) -> None:
    over, read = Event(), []

    def analyse() -> None:
        copy = str(published.warehouse.with_name("analytics.duckdb"))
        while not over.wait(0.2):
            with duckdb.connect(copy, read_only=True) as connection:
                read.append(
                    connection.execute("select count(*) from marts.fct_occupancy_daily").fetchone()
                )

    analyst = Thread(target=analyse)
    analyst.start()
    try:
        backfills = [published.backfill(TABLES, [day(n).isoformat()]) for n in range(30, 42)]
        runs = [published.run_of(backfill) for backfill in backfills]
        today = {"dagster/partition": datetime.now(UTC).date().isoformat()}
        runs.append(published.launch("refresh", **today, **{"dagster/priority": "10"}))
        assert {published.ended(run) for run in runs} == {"SUCCESS"}
    finally:
        over.set()
        analyst.join()
    assert read
    assert_the_truth_has_landed(published, world, 30, 41)


def test_a_refresh_that_succeeds_is_followed_by_the_morning_brief(
    published: Service, briefs: Chat
) -> None:
    by_sensor = {"dagster/sensor_name": "morning_brief"}
    [*_, run] = until("the sensor launches the brief", lambda: published.runs(**by_sensor))
    assert run.job_name == "brief"
    assert published.ended(run.run_id) == "SUCCESS"
    titles = [text.partition("\n")[0] for text in briefs.texts]
    # One per time zone, and none twice
    assert len(set(titles)) == len(titles) >= 3
    assert all(title.startswith("Morning brief, ") for title in titles)


def kill(running: Service, run_id: str) -> None:
    os.kill(running.pid_of(run_id), signal.SIGKILL)


def done_again(running: Service, run_id: str) -> str:
    """Wait until the retry of a killed run succeeds, and give it."""
    assert running.ended(run_id) == "FAILURE"
    retry = {"dagster/parent_run_id": run_id}
    [again] = until("the run is done again", lambda: running.runs(**retry))
    assert running.ended(again.run_id) == "SUCCESS"
    return str(again.run_id)


def test_a_run_that_is_killed_while_it_fetches_is_done_again(
    running: Service, world: World, options: SandboxOptions, chat: Chat
) -> None:
    told = len(chat.texts)
    options.latency_seconds = 60.0
    try:
        run = running.launch("fetch_days", **days(0, 29))
        until("it fetches", lambda: 'Started execution of step "updates"' in running.log(run))
        kill(running, run)
    finally:
        options.latency_seconds = 0.0
    done_again(running, run)
    assert_the_truth_has_landed(running, world, 0, 29)
    assert len(chat.texts) == told


def test_a_run_that_is_killed_in_the_transaction_of_its_landing_leaves_nothing_of_it(
    running: Service, world: World, chat: Chat
) -> None:
    told = len(chat.texts)
    running.stop_file.touch()
    run = running.launch("fetch_days", **days(42, 48))
    until("it stops while it lands", lambda: not running.stop_file.exists())
    kill(running, run)
    assert landed_by(running, run) == 0
    again = done_again(running, run)
    assert landed_by(running, again) > 0
    assert_the_truth_has_landed(running, world, 42, 48)
    assert len(chat.texts) == told


def landed_by(running: Service, run_id: str) -> int:
    with warehouse(running) as connection:
        found = connection.execute(
            "select count(*) from (select _run_id from raw.reservations"
            " union all select _run_id from raw.reservation_person_counts"
            " union all select _run_id from raw.product_service_orders"
            " union all select _run_id from raw.fetches) where _run_id = ?",
            [run_id],
        ).fetchone()
    assert found
    return int(found[0])


def test_a_mews_that_is_away_is_told_once_and_what_it_missed_is_fetched_afterwards(
    running: Service, world: World, address: str, chat: Chat
) -> None:
    told = len(chat.texts)
    folder = running.warehouse.parent
    asks(folder, "http://127.0.0.1:9")
    try:
        failing = [running.launch("fetch_days", **days(49, 51)) for _ in range(2)]
        assert {running.ended(run) for run in failing} == {"FAILURE"}
        incident = {"mews_pipeline/incident": "Mews does not answer as it should"}
        until("both were looked at", lambda: len(running.runs(**incident)) == len(failing))
    finally:
        asks(folder, address)
    assert running.ended(running.launch("fetch_days", **days(49, 51))) == "SUCCESS"
    assert_the_truth_has_landed(running, world, 49, 51)
    [text] = chat.texts[told:]
    assert "Check MEWS_PLATFORM_ADDRESS" in text
