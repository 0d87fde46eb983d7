"""The real daemon and webserver: ticks, backfills, killed runs, gaps, a Mews that is away."""

import os
import signal
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Event, Thread

import duckdb
import pytest
from filelock import FileLock

from mews_pipeline.sandbox import (
    Clock,
    SandboxOptions,
    World,
    running_sandbox,
    simulate,
)
from mews_pipeline_tests.dagster_service import Service, asks, service, until
from mews_pipeline_tests.test_alerting import Chat

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("daemon")]

TODAY = datetime.now(UTC).date()
START = TODAY - timedelta(days=45)
TABLES = ("reservations", "product_service_orders")


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(11, START, TODAY + timedelta(days=2), scale=0.3)


@pytest.fixture(scope="module")
def options() -> SandboxOptions:
    return SandboxOptions()


@pytest.fixture(scope="module")
def chat() -> Iterator[Chat]:
    listening = Chat()
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def address(world: World, options: SandboxOptions) -> Iterator[str]:
    with running_sandbox(world, Clock(), options) as served:
        yield served


@pytest.fixture(scope="module")
def running(
    address: str, chat: Chat, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("daemon")
    with service(folder, address, START, MEWS_ALERT_WEBHOOK=chat.url) as started:
        yield started


def warehouse(running: Service) -> Path:
    return Path(running.environment["MEWS_WAREHOUSE"])


def assert_holds_the_truth(running: Service, world: World, before: date) -> None:
    """Every reservation last updated before that day is there as the sandbox has it."""
    now = datetime.now(UTC)
    path = warehouse(running)
    with FileLock(f"{path}.lock"), duckdb.connect(str(path), read_only=True) as connection:
        landed = {
            (id_, state)
            for id_, state in connection.execute(
                "select id, arg_max(state, updated_utc) from raw.reservations"
                " where updated_utc < ? group by id",
                [datetime.combine(before, datetime.min.time(), UTC)],
            ).fetchall()
        }
        twins = connection.execute(
            "select count(*) - count(distinct (id, updated_utc, _hash)) from raw.reservations"
        ).fetchone()
    true = {
        (record["Id"], record["State"])
        for record in world.as_of("reservations", now)
        if START.isoformat() <= record["UpdatedUtc"] < before.isoformat()
    }
    assert true
    assert true <= landed
    assert twins == (0,)


def test_a_new_instance_fetches_reference_data_and_then_all_days_by_itself_as_one_run(
    running: Service, world: World
) -> None:
    def run_of(job: str) -> str | None:
        runs = [run.run_id for run in running.runs() if run.job_name == job]
        return runs[0] if runs else None

    reference = until("reference data are launched", lambda: run_of("reference_data"))
    assert running.ended(reference) == "SUCCESS"
    running.made_due("missing_days", minutes_ago=60)
    days = until("the missing days are launched", lambda: run_of("fetch_days"))
    assert running.ended(days) == "SUCCESS"
    assert "45 of 45 days landed" in running.log(days)
    assert_holds_the_truth(running, world, TODAY)


def test_a_tick_of_the_schedule_makes_a_run_of_the_whole_chain(running: Service) -> None:
    running.made_due("every_half_hour", minutes_ago=35)
    until(
        "a refresh is launched",
        lambda: running.runs(**{"dagster/schedule_name": "every_half_hour"}),
    )
    [run, *_] = running.runs(**{"dagster/schedule_name": "every_half_hour"})
    assert running.ended(run.run_id) == "SUCCESS"
    assert (warehouse(running).parent / "analytics.duckdb").exists()


def test_thirty_days_are_one_run(running: Service) -> None:
    first, last = TODAY - timedelta(days=40), TODAY - timedelta(days=11)
    backfill = running.backfill(first, last, *TABLES)
    assert running.ended(running.run_of(backfill)) == "SUCCESS"
    assert len(running.runs(**{"dagster/backfill": backfill})) == 1


def test_twelve_backfills_a_refresh_and_an_analyst_do_not_disturb_each_other(
    running: Service,
) -> None:
    days = [TODAY - timedelta(days=n) for n in range(2, 14)]
    over, read = Event(), []

    def analyse() -> None:
        published = warehouse(running).parent / "analytics.duckdb"
        while not over.wait(0.2):
            with duckdb.connect(str(published), read_only=True) as connection:
                read.append(
                    connection.execute("select count(*) from marts.fct_occupancy_daily").fetchone()
                )

    analyst = Thread(target=analyse)
    analyst.start()
    try:
        backfills = [running.backfill(day, day, *TABLES) for day in days]
        tag = {"dagster/partition": TODAY.isoformat(), "dagster/priority": "10"}
        refreshed = running.ended(running.launch("refresh", **tag), 400)
        assert {running.ended(run, 400) for run in map(running.run_of, backfills)} == {"SUCCESS"}
    finally:
        over.set()
        analyst.join()
    assert refreshed == "SUCCESS"
    assert read


def killed(running: Service, run_id: str) -> str:
    """Kill a run's process; gives the run that does it again."""
    os.kill(running.pid_of(run_id), signal.SIGKILL)
    assert running.ended(run_id) == "FAILURE"
    again = until(
        "the run is done again", lambda: running.runs(**{"dagster/parent_run_id": run_id})
    )
    return str(again[0].run_id)


def test_a_run_that_is_killed_while_it_fetches_is_done_again(
    running: Service, world: World, options: SandboxOptions, chat: Chat
) -> None:
    options.latency_seconds = 5.0
    tags = {
        "dagster/asset_partition_range_start": (TODAY - timedelta(days=20)).isoformat(),
        "dagster/asset_partition_range_end": (TODAY - timedelta(days=1)).isoformat(),
    }
    run = running.launch("fetch_days", **tags)
    until("it fetches", lambda: 'Started execution of step "updates"' in running.log(run))
    again = killed(running, run)
    options.latency_seconds = 0.0
    assert running.ended(again) == "SUCCESS"
    assert_holds_the_truth(running, world, TODAY)
    assert chat.texts == []


def test_a_run_that_is_killed_while_it_lands_is_done_again(
    running: Service, world: World, chat: Chat
) -> None:
    tags = {
        "dagster/asset_partition_range_start": (TODAY - timedelta(days=20)).isoformat(),
        "dagster/asset_partition_range_end": (TODAY - timedelta(days=1)).isoformat(),
    }
    with FileLock(f"{warehouse(running)}.lock"):
        run = running.launch("fetch_days", **tags)
        until("it waits to land", lambda: "Waiting for warehouse.duckdb" in running.log(run))
        again = killed(running, run)
    assert running.ended(again) == "SUCCESS"
    assert_holds_the_truth(running, world, TODAY)
    assert chat.texts == []


def test_a_mews_that_is_away_is_told_once_and_what_it_missed_is_fetched_afterwards(
    running: Service, world: World, address: str, chat: Chat
) -> None:
    today = {"dagster/partition": TODAY.isoformat()}
    folder = warehouse(running).parent
    asks(folder, "http://127.0.0.1:9")
    failing = [running.launch("refresh", **today), running.launch("refresh", **today)]
    assert {running.ended(run, 400) for run in failing} == {"FAILURE"}
    incident = {"mews_pipeline/incident": "Mews does not answer as it should"}
    until("both were looked at", lambda: len(running.runs(**incident)) == len(failing))
    asks(folder, address)
    assert running.ended(running.launch("refresh", **today), 400) == "SUCCESS"
    assert_holds_the_truth(running, world, TODAY)
    [text] = chat.texts
    assert "Check MEWS_PLATFORM_ADDRESS" in text
