"""Each group of tokens has partitions, runs and incidents of its own."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest
import time_machine

from mews_pipeline.defs import failure_alert, missing_days, partitions
from mews_pipeline.defs.location import definitions_of
from mews_pipeline.defs.partitions import Partitions
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.sandbox import CLIENT_TOKEN
from mews_pipeline_tests.conftest import settings_for

GROUPS = ("000-of-2", "001-of-2")
TOKENS = [f"token-{number}" for number in range(20)]
START = date(2026, 1, 1)
NOW = datetime(2026, 8, 12, 9, 30, tzinfo=UTC)
YESTERDAY = NOW.date() - timedelta(days=1)


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Iterator[dg.DagsterInstance]:
    """Give an instance with reference data, and settings that name a Mews and two groups."""
    monkeypatch.setenv("MEWS_TOKEN_GROUPS", "2")
    monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", "http://127.0.0.1:9")
    monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
    monkeypatch.setenv("MEWS_ACCESS_TOKENS", ",".join(TOKENS))
    with time_machine.travel(NOW, tick=False), dg.DagsterInstance.ephemeral() as ephemeral:
        services = dg.AssetMaterialization(dg.AssetKey(["mews", "services"]))
        ephemeral.report_runless_asset_event(services)
        yield ephemeral


def keys(count: int, groups: set[int], tokens: list[str] = TOKENS) -> set[str]:
    """List the tokens of these groups, of so many."""
    told = settings_for(
        "http://127.0.0.1:9", date(2026, 1, 1), access_tokens=tokens, token_groups=count
    )
    return {connection.token_key for connection in told.of_groups(groups).credentials()}


def test_each_token_is_in_one_group_whatever_other_tokens_there_are() -> None:
    each = [keys(3, {group}) for group in range(3)]
    assert all(each)
    assert sum(map(len, each)) == len(set().union(*each)) == len(TOKENS)
    assert keys(3, {0, 2}) == each[0] | each[2]
    assert keys(3, {1}, TOKENS[:10]) == each[1] & keys(1, {0}, TOKENS[:10])


def test_one_group_is_no_group() -> None:
    alone = Partitions(START)
    assert alone.groups == ()
    assert alone.updates is alone.daily
    assert partitions.key(START) == "2026-01-01"
    assert partitions.group_of("2026-01-01") == ""
    assert alone.numbers(["2026-01-01"]) == set()


def test_a_group_of_another_number_is_another_group() -> None:
    two, three = Partitions(START, 2), Partitions(START, 3)
    assert two.groups == GROUPS
    assert not set(three.groups) & set(GROUPS)
    assert [two.numbers([partitions.key(START, group)]) for group in GROUPS] == [{0}, {1}]


@pytest.mark.parametrize("kept_by_dagster", [False, True])
def test_a_partition_key_holds_its_day_and_its_group(*, kept_by_dagster: bool) -> None:
    key = partitions.key(START, GROUPS[1])
    # In tags and records it is plain text
    found = str.__str__(key) if kept_by_dagster else key
    assert (partitions.day_of(found), partitions.group_of(found)) == (START, GROUPS[1])
    assert partitions.group_of_run({"dagster/asset_partition_range_start": found}) == GROUPS[1]


def test_what_one_group_lacks_is_missing_for_it_alone(instance: dg.DagsterInstance) -> None:
    days = [NOW.date() - timedelta(days=n) for n in range(40, -1, -1)]
    for table in missing_days.TABLES:
        key = dg.AssetKey(["mews", table])
        for day in days:
            if day != YESTERDAY:
                record(instance, key, day, GROUPS[0])
            record(instance, key, day, GROUPS[1])
    pipeline = Pipeline()
    assert missing_days.missing(pipeline, instance, days, NOW, GROUPS[0]) == [YESTERDAY]
    assert missing_days.missing(pipeline, instance, days, NOW, GROUPS[1]) == []


def test_missing_days_of_each_group_become_a_run_of_its_own(instance: dg.DagsterInstance) -> None:
    sensor = definitions_of(Pipeline()).resolve_sensor_def("missing_days")
    found = sensor(dg.build_sensor_context(instance=instance))
    assert isinstance(found, list)
    starts = [r.tags["dagster/asset_partition_range_start"] for r in found]
    assert [partitions.group_of(start) for start in starts] == list(GROUPS)


def test_an_incident_of_a_group_is_not_over_when_another_group_succeeds() -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        failed = run_of(instance, GROUPS[0], fails=True)
        instance.add_run_tags(
            failed.run_id, {failure_alert.INCIDENT: "refused", failure_alert.ALERTED: "true"}
        )
        run_of(instance, GROUPS[1])
        assert failure_alert.alerted_by(instance, "refused", failed) == failed.run_id
        run_of(instance, GROUPS[0])
        assert failure_alert.alerted_by(instance, "refused", failed) is None


def run_of(instance: dg.DagsterInstance, group: str, *, fails: bool = False) -> dg.DagsterRun:
    """Run a job named fetch_days for a day of that group."""

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
