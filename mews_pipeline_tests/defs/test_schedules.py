"""What the schedules launch at each tick, and why they launch nothing."""

from datetime import UTC, datetime

import dagster as dg
import pytest

from mews_pipeline.defs.jobs import FIRST
from mews_pipeline.defs.partitions import group_of
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.defs.schedules import for_each_group, schedules
from mews_pipeline.sandbox import CLIENT_TOKEN, PORTFOLIO_TOKEN
from mews_pipeline.settings import LocalSettings

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
NAMES = [each.name for each in schedules(Pipeline(LocalSettings()))]


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name a Mews in the settings."""
    monkeypatch.setenv("MEWS_PLATFORM_ADDRESS", "http://127.0.0.1:9")
    monkeypatch.setenv("MEWS_CLIENT_TOKEN", CLIENT_TOKEN)
    monkeypatch.setenv("MEWS_ACCESS_TOKENS", PORTFOLIO_TOKEN)


def tick(
    name: str, at: datetime, *, has_reference_data: bool = True
) -> list[dg.RunRequest] | str | None:
    """Give what a schedule requests at that time, or why it requests nothing."""
    pipeline = Pipeline()
    [schedule] = [each for each in schedules(pipeline) if each.name == name]
    with dg.DagsterInstance.ephemeral() as instance:
        if has_reference_data:
            services = dg.AssetMaterialization(dg.AssetKey(["mews", "services"]))
            instance.report_runless_asset_event(services)
        found = schedule.tick(pipeline, instance, at)
    return found.skip_message if isinstance(found, dg.SkipReason) else list(found)


def request(name: str, at: datetime) -> dg.RunRequest:
    """Give the one run that a schedule requests at that time."""
    found = tick(name, at)
    assert isinstance(found, list)
    [asked] = found
    return asked


@pytest.mark.parametrize(
    ("name", "at", "partition", "run_key"),
    [
        pytest.param(
            "every_half_hour",
            NOON,
            "2026-01-05",
            "2026-01-05T12:00",
            id="every half hour today is refreshed",
        ),
        pytest.param(
            "every_half_hour",
            datetime(2026, 1, 6, tzinfo=UTC),
            "2026-01-06",
            "2026-01-06T00:00",
            id="at midnight the new day is begun",
        ),
        pytest.param(
            "close_yesterday",
            datetime(2026, 1, 6, 0, 20, tzinfo=UTC),
            "2026-01-05",
            "2026-01-05",
            id="after midnight yesterday is closed",
        ),
        pytest.param(
            "read_again",
            datetime(2026, 1, 7, 1, 30, tzinfo=UTC),
            "2026-01-05",
            "2026-01-05",
            id="the night after that it is read again",
        ),
        pytest.param(
            "hourly_reference_data",
            datetime(2026, 1, 5, 12, 10, tzinfo=UTC),
            None,
            "2026-01-05T12",
            id="reference data every hour",
        ),
        pytest.param(
            "daily_availability",
            datetime(2026, 1, 5, 3, 40, tzinfo=UTC),
            None,
            "2026-01-05",
            id="availability once a day",
        ),
    ],
)
@pytest.mark.usefixtures("tokens")
def test_each_schedule_launches_its_day_once(
    name: str, at: datetime, partition: str | None, run_key: str
) -> None:
    asked = request(name, at)
    assert (asked.partition_key, asked.run_key) == (partition, run_key)


@pytest.mark.usefixtures("tokens")
def test_a_day_is_read_again_whole() -> None:
    asked = request("read_again", datetime(2026, 1, 7, 1, 30, tzinfo=UTC))
    assert asked.run_config["ops"]["updates"]["config"]["full_refresh"] is True


@pytest.mark.parametrize("name", NAMES)
def test_without_tokens_no_schedule_asks_mews(name: str) -> None:
    assert "is missing" in str(tick(name, NOON))


@pytest.mark.usefixtures("tokens")
def test_nothing_is_refreshed_before_there_are_reference_data() -> None:
    assert "Reference data come first" in str(
        tick("every_half_hour", NOON, has_reference_data=False)
    )


@pytest.mark.usefixtures("tokens")
def test_a_tick_requests_a_run_per_group_of_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MEWS_TOKEN_GROUPS", "2")
    found = tick("every_half_hour", NOON)
    assert isinstance(found, list)
    assert [group_of(str(each.partition_key)) for each in found] == ["000-of-2", "001-of-2"]
    assert len({each.run_key for each in found}) == 2
    assert all(FIRST.items() <= each.tags.items() for each in found)


def test_a_run_without_a_day_is_not_split_by_group() -> None:
    hourly = dg.RunRequest(run_key="hour")
    assert for_each_group(["000-of-2", "001-of-2"], hourly) == [hourly]
