"""A sensor fetches missing days: newest first, bounded, one run at a time."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
import time_machine

from mews_pipeline.defs import missing_days
from mews_pipeline.defs.location import definitions_of
from mews_pipeline.defs.missing_days import DAYS_PER_TICK, SETTLED, TABLES, newest_stretch
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN
from mews_pipeline.settings import LocalSettings

NOW = datetime(2026, 8, 12, 9, 30, tzinfo=UTC)
TODAY = NOW.date()
SERVICES = dg.AssetKey(["mews", "services"])
KEYS = [dg.AssetKey(["mews", table]) for table in TABLES]


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    """Stop the clock at one morning, for the sensor and for Dagster's records."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", "http://127.0.0.1:9")
    monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
    monkeypatch.setenv("MEWS_ACCESS_TOKENS", PORTFOLIO_TOKEN)
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def days(first: int, last: int) -> list[date]:
    """From so many days ago to so many days ago."""
    return [TODAY - timedelta(n) for n in range(first, last - 1, -1)]


def fetch(instance: dg.DagsterInstance, days: Iterable[date], keys: Iterable[dg.AssetKey]) -> None:
    """Record those days of updates as fetched, at this moment."""
    for key in keys:
        for day in days:
            event = dg.AssetMaterialization(key, partition=day.isoformat())
            instance.report_runless_asset_event(event)


def tick(instance: dg.DagsterInstance) -> dg.RunRequest | str | None:
    """Give what the sensor requests, or why it requests nothing."""
    sensor = definitions_of(Pipeline()).resolve_sensor_def("missing_days")
    found = sensor(dg.build_sensor_context(instance=instance))
    if isinstance(found, dg.SkipReason):
        return found.skip_message
    assert isinstance(found, list)
    [asked] = found
    assert isinstance(asked, dg.RunRequest)
    return asked


def request(instance: dg.DagsterInstance) -> dg.RunRequest:
    """Give the run that the sensor requests."""
    found = tick(instance)
    assert isinstance(found, dg.RunRequest)
    return found


def missing(instance: dg.DagsterInstance, days: list[date], now: datetime) -> list[date]:
    """List the missing days of a pipeline without groups of tokens."""
    return missing_days.missing(Pipeline(), instance, days, now)


def test_a_gap_is_missing_and_today_is_not(instance: dg.DagsterInstance) -> None:
    fetch(instance, days(9, 6) + days(3, 1), KEYS)
    assert missing(instance, days(9, 0), NOW) == days(5, 4)


def test_a_day_that_one_of_the_entities_lacks_is_missing(instance: dg.DagsterInstance) -> None:
    fetch(instance, days(5, 1), KEYS[:1])
    fetch(instance, days(5, 3), KEYS[1:])
    assert missing(instance, days(5, 0), NOW) == days(2, 1)


def test_a_day_fetched_only_before_it_ended_is_missing(
    instance: dg.DagsterInstance,
) -> None:
    fetch(instance, days(3, 0), KEYS)
    assert missing(instance, days(3, 0), NOW + timedelta(days=1)) == days(0, 0)


def test_a_day_settles_before_it_is_missing(instance: dg.DagsterInstance) -> None:
    fetch(instance, days(3, 2), KEYS)
    midnight = NOW.replace(hour=0, minute=0)
    assert missing(instance, days(3, 0), midnight + SETTLED) == []
    assert missing(instance, days(3, 0), midnight + SETTLED + timedelta(seconds=1)) == days(1, 1)


def test_the_newest_stretch_is_bounded_and_ends_at_the_first_gap() -> None:
    assert newest_stretch(days(200, 1)) == days(DAYS_PER_TICK, 1)
    assert newest_stretch(days(20, 10) + days(8, 5)) == days(8, 5)
    assert newest_stretch([]) == []


def test_reference_data_come_before_days(instance: dg.DagsterInstance) -> None:
    assert request(instance).job_name == "reference_data"


def test_the_newest_missing_days_become_one_run_that_comes_after_the_refresh(
    instance: dg.DagsterInstance,
) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(SERVICES))
    asked = request(instance)
    last = max(missing(instance, days(9, 0), NOW))
    assert asked.job_name == "fetch_days"
    assert asked.tags["dagster/asset_partition_range_end"] == last.isoformat()
    first = last - timedelta(days=DAYS_PER_TICK - 1)
    assert asked.tags["dagster/asset_partition_range_start"] == first.isoformat()
    assert int(asked.tags["dagster/priority"]) < 0


def test_only_the_tables_that_lack_a_day_are_fetched(instance: dg.DagsterInstance) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(SERVICES))
    start = LocalSettings().start_date
    everything = days((TODAY - start).days, 0)
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        fetch(instance, everything, KEYS[:-1])
    asked = request(instance)
    assert asked.asset_selection == KEYS[-1:]
    assert asked.tags["dagster/asset_partition_range_end"] == days(1, 1)[0].isoformat()


def test_while_days_are_being_fetched_no_more_are_launched(instance: dg.DagsterInstance) -> None:
    instance.report_runless_asset_event(dg.AssetMaterialization(SERVICES))
    fetch_days = definitions_of(Pipeline()).resolve_job_def("fetch_days")
    instance.create_run_for_job(fetch_days, status=dg.DagsterRunStatus.STARTED)
    assert tick(instance) == "What was missing is being fetched."


def test_without_tokens_nothing_is_launched(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MEWS_ACCESS_TOKENS")
    assert "MEWS_ACCESS_TOKENS is missing" in str(tick(instance))
