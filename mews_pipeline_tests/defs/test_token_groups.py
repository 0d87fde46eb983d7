"""Tokens fall into groups, each with partitions, runs and incidents of its own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
import time_machine

from mews_pipeline.defs import failure_alert, jobs, missing_days, partitions
from mews_pipeline.sandbox import CLIENT_TOKEN
from mews_pipeline_tests.conftest import settings_for

GROUPS = ("000-of-2", "001-of-2")
TOKENS = [f"token {number}" for number in range(20)]
NOW = datetime(2026, 8, 12, 9, 30, tzinfo=UTC)
YESTERDAY = NOW.date() - timedelta(days=1)


@pytest.fixture
def grouped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partitions, "GROUPS", GROUPS)


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """One that knows reference data, and settings that name a Mews."""
    monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", "http://127.0.0.1:9")
    monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
    monkeypatch.setenv("MEWS_ACCESS_TOKENS", ",".join(TOKENS))
    with time_machine.travel(NOW, tick=False), dg.DagsterInstance.ephemeral() as ephemeral:
        services = dg.AssetMaterialization(dg.AssetKey(["mews", "services"]))
        ephemeral.report_runless_asset_event(services)
        yield ephemeral


def keys(count: int, groups: set[int], tokens: list[str] = TOKENS) -> set[str]:
    """Which tokens stand in these of so many groups."""
    told = settings_for(
        "http://127.0.0.1:9", date(2026, 1, 1), access_tokens=tokens, token_groups=count
    )
    return {connection.token_key for connection in told.of_groups(groups).credentials()}


def test_each_token_stands_in_just_one_group_whoever_else_there_is() -> None:
    each = [keys(3, {group}) for group in range(3)]
    assert all(each)
    assert sum(map(len, each)) == len(set().union(*each)) == len(TOKENS)
    assert keys(3, {0, 2}) == each[0] | each[2]
    assert keys(3, {1}, TOKENS[:10]) == each[1] & keys(1, {0}, TOKENS[:10])


def test_one_group_is_no_group() -> None:
    assert partitions.GROUPS == ()
    assert partitions.updates_by is partitions.daily
    assert partitions.key("2026-01-01") == "2026-01-01"
    assert partitions.group_of("2026-01-01") == ""


def test_a_group_of_another_number_is_another_group() -> None:
    assert partitions._groups(2) == GROUPS
    assert not set(partitions._groups(3)) & set(GROUPS)
    assert [partitions.number_of(group) for group in GROUPS] == [0, 1]


def test_a_day_of_a_group_tells_both() -> None:
    key = partitions.key("2026-01-01", GROUPS[1])
    assert (partitions.day_of(key), partitions.group_of(key)) == ("2026-01-01", GROUPS[1])
    assert partitions.group_of_run({"dagster/asset_partition_range_start": key}) == GROUPS[1]


def test_a_tick_asks_for_a_run_per_group_and_for_one_of_what_has_no_day() -> None:
    asked = dg.RunRequest(run_key="noon", partition_key="2026-01-05", tags=jobs.FIRST)
    each = jobs.for_each(GROUPS, asked)
    assert [r.partition_key for r in each] == [f"2026-01-05|{group}" for group in GROUPS]
    assert len({r.run_key for r in each}) == len(GROUPS)
    assert all(jobs.FIRST.items() <= r.tags.items() for r in each)
    whole = dg.RunRequest(run_key="hour")
    assert jobs.for_each(GROUPS, whole) == [whole]


@pytest.mark.usefixtures("grouped")
def test_what_one_group_lacks_is_fetched_for_it_alone(instance: dg.DagsterInstance) -> None:
    days = [NOW.date() - timedelta(days=n) for n in range(40, -1, -1)]
    for key in missing_days.KEYS:
        for day in days:
            if day != YESTERDAY:
                record(instance, key, day, GROUPS[0])
            record(instance, key, day, GROUPS[1])
    assert missing_days.missing(instance, days, NOW, GROUPS[0]) == [YESTERDAY]
    assert missing_days.missing(instance, days, NOW, GROUPS[1]) == []


@pytest.mark.usefixtures("grouped")
def test_missing_days_of_each_group_become_a_run_of_its_own(instance: dg.DagsterInstance) -> None:
    found = missing_days.missing_days(dg.build_sensor_context(instance=instance))
    assert isinstance(found, list)
    starts = [r.tags["dagster/asset_partition_range_start"] for r in found]
    assert [partitions.group_of(start) for start in starts] == list(GROUPS)


def test_an_incident_of_a_group_is_not_over_when_another_group_succeeds() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        failed = run_of(instance, GROUPS[0], fails=True)
        instance.add_run_tags(
            failed.run_id, {failure_alert.INCIDENT: "refused", failure_alert.TOLD: "true"}
        )
        run_of(instance, GROUPS[1])
        assert failure_alert._told(instance, "refused", failed) == failed.run_id
        run_of(instance, GROUPS[0])
        assert failure_alert._told(instance, "refused", failed) is None


def run_of(instance: dg.DagsterInstance, group: str, *, fails: bool = False) -> dg.DagsterRun:
    """A run that fetches a day of that group, in its name."""

    @dg.op
    def work() -> None:
        if fails:
            raise dg.Failure("refused")

    @dg.job(name="fetch_days")
    def fetch_days() -> None:
        work()

    tags = {"dagster/partition": partitions.key("2026-01-05", group)}
    return fetch_days.execute_in_process(
        instance=instance, tags=tags, raise_on_error=False
    ).dagster_run


def record(instance: dg.DagsterInstance, key: dg.AssetKey, day: date, group: str) -> None:
    partition = partitions.key(day.isoformat(), group)
    instance.report_runless_asset_event(dg.AssetMaterialization(key, partition=partition))
