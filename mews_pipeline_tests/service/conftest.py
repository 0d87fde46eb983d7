"""One daemon, one webserver and one sandbox for all tests of this folder."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from mews_pipeline.demo.cluster.webserver import until
from mews_pipeline.sandbox import Clock, SandboxOptions, World, running_sandbox, simulate
from mews_pipeline_tests.defs.test_failure_alert import Chat
from mews_pipeline_tests.support.running import Service, service

# The day may change during the tests: each looks at days of its own that ended long ago.
TODAY = datetime.now(UTC).date()
START = TODAY - timedelta(days=60)


def day(number: int) -> date:
    return START + timedelta(days=number)


def days(first: int, last: int) -> dict[str, str]:
    """Give the tags of a run of these days, as the UI sets them."""
    return {
        "dagster/asset_partition_range_start": day(first).isoformat(),
        "dagster/asset_partition_range_end": day(last).isoformat(),
    }


@pytest.fixture(scope="package")
def world() -> World:
    return simulate(11, START, TODAY + timedelta(days=2), scale=0.3)


@pytest.fixture(scope="package")
def options() -> SandboxOptions:
    return SandboxOptions()


@pytest.fixture(scope="package")
def chat() -> Iterator[Chat]:
    listening = Chat()
    yield listening
    listening.close()


@pytest.fixture(scope="package")
def briefs() -> Iterator[Chat]:
    listening = Chat()
    yield listening
    listening.close()


@pytest.fixture(scope="package")
def address(world: World, options: SandboxOptions) -> Iterator[str]:
    with running_sandbox(world, Clock(), options) as served:
        yield served


@pytest.fixture(scope="package")
def running(
    address: str, chat: Chat, briefs: Chat, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Start a new instance and wait until it has fetched its reference data, and no day yet."""
    folder = tmp_path_factory.mktemp("service")
    channels = {"MEWS_ALERT_WEBHOOK": chat.url, "MEWS_BRIEF_TO": briefs.url}
    # It is morning at any hour at which the tests run
    with service(folder, address, START, MEWS_BRIEF_AT="00:00", **channels) as started:
        [reference] = until("reference data are launched", started.instance.get_runs)
        started.stop_automation("sensors", "missing_days")
        assert reference.job_name == "reference_data"
        assert started.ended(reference.run_id) == "SUCCESS"
        # The scheduler ticks at the start of a minute; other tests run until then
        half_an_hour_ago = datetime.now(UTC) - timedelta(minutes=30)
        started.make_due(
            "every_half_hour",
            start_timestamp=half_an_hour_ago.timestamp(),
            last_iteration_timestamp=None,
        )
        yield started


@pytest.fixture(scope="package")
def published(running: Service) -> Service:
    """Wait until the schedule that was due has ticked."""
    by_tick = {"dagster/schedule_name": "every_half_hour"}
    [*_, run] = until("a tick launches a run", lambda: running.runs(**by_tick))
    assert run.job_name == "refresh"
    assert running.ended(run.run_id) == "SUCCESS"
    # Not at once: the daemon keeps a tick with the state of the schedule that it read before it
    running.stop_automation("schedules", "every_half_hour")
    return running
