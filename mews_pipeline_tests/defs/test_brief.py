"""After a refresh the brief is sent once a morning, and what was accepted is recorded."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import time_machine

from mews_pipeline.brief import delivery
from mews_pipeline.brief.content import Limits, mornings
from mews_pipeline.defs.location import definitions_of
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline_tests.support.chat import Channels, channels

# Nine in Prague and three in New York; in Tokyo it is four in the afternoon
NOW = datetime(2026, 4, 25, 7, 0, tzinfo=UTC)
TOKYO, PRAGUE = "Asia/Tokyo", "Europe/Prague"
BRIEF = dg.AssetKey(["publish", "brief"])


@pytest.fixture
def served() -> Iterator[Channels]:
    with channels() as served:
        yield served


class Code:
    """The code location on an instance of its own, whose clock is moved by hand."""

    def __init__(self, instance: dg.DagsterInstance, pipeline: Pipeline) -> None:
        self.instance = instance
        self.pipeline = pipeline
        self.defs = definitions_of(pipeline)

    def after_refresh(self) -> dg.RunRequest | str | None:
        """Give what the sensor requests after a refresh that did nothing, or why nothing."""

        @dg.job(name=self.pipeline.name("refresh"))
        def refresh() -> None:
            """Find nothing new."""

        result = refresh.execute_in_process(instance=self.instance)
        context = dg.build_run_status_sensor_context(
            sensor_name=self.pipeline.name("morning_brief"),
            dagster_instance=self.instance,
            dagster_run=result.dagster_run,
            dagster_event=result.get_run_success_event(),
        )
        sensor = self.defs.resolve_sensor_def(self.pipeline.name("morning_brief"))
        found = sensor(context)
        if isinstance(found, dg.SkipReason):
            return found.skip_message
        assert isinstance(found, dg.RunRequest)
        return found

    def send(self) -> dict[str, object]:
        """Run the job of the brief; gives its metadata."""
        job = self.defs.resolve_job_def(self.pipeline.name("brief"))
        result = job.execute_in_process(instance=self.instance)
        [event] = result.get_asset_materialization_events()
        return {key: value.value for key, value in event.materialization.metadata.items()}


@pytest.fixture
def code(copy: Path, served: Channels, monkeypatch: pytest.MonkeyPatch) -> Iterator[Code]:
    monkeypatch.setenv("MEWS_ANALYTICS", str(copy))
    monkeypatch.setenv("MEWS_BRIEF_TO", f"{served.json('one')}, {served.json('two')}")
    with (
        time_machine.travel(NOW, tick=True),
        dg.DagsterInstance.ephemeral() as instance,
    ):
        yield Code(instance, Pipeline())


def test_a_refresh_that_found_nothing_new_has_its_brief_once(code: Code, served: Channels) -> None:
    found = code.after_refresh()
    assert isinstance(found, dg.RunRequest)
    sent = code.send()
    assert sent["messages_sent"] == len(served.accepted) == 4
    assert {body["title"] for _, body in served.accepted} == {
        "Morning brief, Sat 25 Apr 2026: Sumida Inn",
        "Morning brief, Sat 25 Apr 2026: Vltava Palace",
    }
    assert code.after_refresh() == "No brief is due that was not sent."
    assert code.send()["messages_sent"] == 0
    assert len(served.accepted) == 4


def test_a_channel_that_is_down_fails_no_run_and_is_tried_after_the_next_refresh(
    code: Code, served: Channels
) -> None:
    served.down = {"one"}
    sent = code.send()
    assert (sent["messages_sent"], sent["messages_refused"]) == (2, 2)
    served.down = set()
    assert isinstance(code.after_refresh(), dg.RunRequest)
    code.send()
    assert served.paths == ["two", "two", "one", "one"]


def test_a_run_that_dies_has_recorded_what_was_accepted(
    code: Code, served: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    class DeadError(BaseException):
        pass

    real = delivery.deliver

    def dies(*arguments: object) -> list[str]:
        first, *_ = arguments
        assert isinstance(first, list)
        real(first[:1], *arguments[1:])  # type: ignore[arg-type]
        raise DeadError

    monkeypatch.setattr("mews_pipeline.defs.brief.deliver", dies)
    with pytest.raises(DeadError):
        code.send()
    monkeypatch.setattr("mews_pipeline.defs.brief.deliver", real)
    code.send()
    assert sorted(served.paths) == ["one", "one", "two", "two"]


def test_each_morning_and_each_zone_has_its_own_brief(code: Code, served: Channels) -> None:
    code.send()
    with time_machine.travel(datetime(2026, 4, 25, 11, 0, tzinfo=UTC)):
        assert code.send()["messages_sent"] == 2
    assert served.accepted[-1][1]["title"].endswith("Hudson House")
    with time_machine.travel(datetime(2026, 4, 26, 5, 0, tzinfo=UTC)):
        assert code.send()["messages_sent"] == 4


def test_a_quiet_night_has_the_brief_of_its_own_morning(
    code: Code, served: Channels, copy: Path
) -> None:
    [before] = [each for each in mornings(copy, Limits(0, 0)) if each.time_zone == PRAGUE]
    with time_machine.travel(datetime(2026, 4, 26, 5, 0, tzinfo=UTC)):
        code.send()
    body = served.accepted[-1][1]
    assert body["title"] == "Morning brief, Sun 26 Apr 2026: Vltava Palace"
    assert "Changes up to Sat 25 Apr, 11:30" in body["message"]
    tomorrow = before.nights[1]
    parts = f"{tomorrow['spaces_occupied']} of {tomorrow['spaces_usable']}"
    assert (
        f"tonight {tomorrow['spaces_occupied'] / tomorrow['spaces_usable']:.1%} ({parts}"
        in (body["message"])
    )


def test_no_record_and_no_metadata_shows_an_address(code: Code, served: Channels) -> None:
    served.down = {"two"}
    code.send()
    events = str(code.instance.all_logs(code.instance.get_runs()[0].run_id))
    assert "number 1 of MEWS_BRIEF_TO (json)" in events
    assert f"{served.port}" not in events


def test_a_sensor_says_why_it_launches_nothing(
    code: Code, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEWS_ANALYTICS", str(copy.with_name("none.duckdb")))
    assert "There is no published copy" in str(code.after_refresh())
    monkeypatch.setenv("MEWS_BRIEF_TO", "slack")
    assert "MEWS_BRIEF_TO cannot be used" in str(code.after_refresh())
    monkeypatch.setenv("MEWS_BRIEF_TO", "")
    assert code.after_refresh() == "MEWS_BRIEF_TO is not set."
    assert code.send()["messages_sent"] == 0


def test_texts_name_the_variables_of_the_pipeline_that_is_mounted(
    copy: Path, served: Channels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTH_ANALYTICS", str(copy))
    with time_machine.travel(NOW, tick=True), dg.DagsterInstance.ephemeral() as instance:
        north = Code(instance, Pipeline(key_prefix=("north",), env_prefix="NORTH_"))
        assert north.after_refresh() == "NORTH_BRIEF_TO is not set."
        monkeypatch.setenv("NORTH_BRIEF_TO", f"{served.json('one')}, {served.json('two')}")
        served.down = {"two"}
        sent = north.send()
    assert "number 1 of NORTH_BRIEF_TO" in str(sent["sent"])
    assert "number 2 of NORTH_BRIEF_TO" in str(sent["refused"])
    described = [str(sensor.description) for sensor in north.defs.sensors or []]
    described += [str(spec.description) for spec in north.defs.resolve_all_asset_specs()
                  if spec.key.path[-1] == "brief"]  # fmt: skip
    assert sum("NORTH_" in text for text in described) == 3
    assert not [text for text in described if " MEWS_BRIEF" in text or " MEWS_ALERT" in text]


@pytest.mark.parametrize("prefix", ["", "north"])
def test_the_sensor_watches_the_refresh_of_its_own_pipeline(prefix: str) -> None:
    pipeline = Pipeline(key_prefix=(prefix,) if prefix else ())
    sensor = definitions_of(pipeline).resolve_sensor_def(pipeline.name("morning_brief"))
    assert isinstance(sensor, dg.RunStatusSensorDefinition)
    watched = [getattr(job, "name", "") for job in sensor._monitored_jobs or []]
    assert watched == [pipeline.name("refresh")]
    assert [job.name for job in sensor.jobs] == [pipeline.name("brief")]


def test_a_pipeline_that_publishes_nothing_or_has_no_schedules_sends_nothing() -> None:
    for defs in (
        definitions_of(Pipeline(build="models")),
        definitions_of(Pipeline(), is_scheduled=False),
    ):
        names = [sensor.name for sensor in defs.sensors or []]
        assert "morning_brief" not in names
