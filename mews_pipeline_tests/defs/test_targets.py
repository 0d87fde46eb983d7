"""The asset of the targets: only where they are named; one that is down fails no run."""

import random
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from mews_pipeline.component import MewsPipelineComponent
from mews_pipeline.defs import targets
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline_tests.publish.test_touched import Hotel
from mews_pipeline_tests.support.brought import as_published, in_folder
from mews_pipeline_tests.support.chat import Channels, channels


@pytest.fixture
def hotel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hotel:
    made = Hotel(tmp_path, random.Random(1))  # noqa: S311
    made.begin()
    monkeypatch.setenv("MEWS_ANALYTICS", str(made.analytics))
    return made


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[Channels]:
    with channels() as served:
        monkeypatch.setenv("MEWS_ALERT_WEBHOOK", served.webhook("alerts"))
        yield served


def blocked(tmp_path: Path) -> Path:
    """Return a folder that cannot be made, since a file has its name."""
    file = tmp_path / "file"
    file.write_text("")
    return file / "bi"


def run(instance: dg.DagsterInstance) -> tuple[dg.AssetCheckEvaluation, dg.AssetMaterialization]:
    result = dg.materialize([targets.targets(Pipeline())], instance=instance)
    assert result.success
    [check] = result.get_asset_check_evaluations()
    [event] = result.get_asset_materialization_events()
    return check, event.materialization


def test_the_copy_is_brought_to_each_target(
    hotel: Hotel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEWS_PUBLISH", f"{tmp_path}/bi")
    with dg.DagsterInstance.ephemeral() as instance:
        check, _ = run(instance)
    assert check.passed
    assert in_folder(tmp_path / "bi") == as_published(hotel.analytics)


@pytest.mark.usefixtures("hotel")
def test_a_target_that_is_down_fails_its_check_and_is_posted_once(
    chat: Channels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MEWS_PUBLISH", f"{blocked(tmp_path)},{tmp_path}/bi")
    with dg.DagsterInstance.ephemeral() as instance:
        for _ in range(2):
            check, _ = run(instance)
            assert not check.passed
            assert check.severity == dg.AssetCheckSeverity.WARN
        [(_, posted)] = chat.accepted
        assert str(tmp_path / "file" / "bi") in str(posted)
        (tmp_path / "file").unlink()
        assert run(instance)[0].passed
    assert (tmp_path / "file" / "bi" / "latest.json").exists()
    assert len(chat.accepted) == 1


@pytest.mark.usefixtures("hotel")
def test_an_alert_that_cannot_be_sent_fails_no_run(
    chat: Channels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.down.add("alerts")
    monkeypatch.setenv("MEWS_PUBLISH", str(blocked(tmp_path)))
    with dg.DagsterInstance.ephemeral() as instance:
        check, _ = run(instance)
    assert not check.passed


def keys(component: MewsPipelineComponent, root: Path) -> set[dg.AssetKey]:
    graph = component.definitions(root).resolve_asset_graph()
    return {key for key in graph.get_all_asset_keys() if key.path[-1] == "targets"}


def test_an_instance_has_targets_where_its_own_variable_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NORTH_PUBLISH", f"{tmp_path}/bi")
    monkeypatch.setenv("NORTH_STATE", str(Pipeline().settings.state))
    monkeypatch.setenv("SOUTH_STATE", str(Pipeline().settings.state))
    north = MewsPipelineComponent(env_prefix="NORTH_", key_prefix=["north"])
    south = MewsPipelineComponent(env_prefix="SOUTH_", key_prefix=["south"])
    assert keys(north, tmp_path) == {dg.AssetKey(["north", "publish", "targets"])}
    assert keys(south, tmp_path) == set()
    job = north.definitions(tmp_path).resolve_job_def("north__refresh")
    assert "north__publish__targets" in {node.name for node in job.nodes}


def test_targets_that_cannot_be_read_fail_their_own_step_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MEWS_PUBLISH", "postgres:password=guess-me")
    assert targets.are_named(Pipeline())
    result = dg.materialize([targets.targets(Pipeline())], raise_on_error=False)
    [failure] = result.get_step_failure_events()
    data = failure.step_failure_data.user_failure_data
    assert data
    assert "MEWS_PUBLISH cannot be used" in str(data.description)
    assert "guess-me" not in str(data.description)
