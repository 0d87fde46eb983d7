"""Ids of persons are found in Dagster's records, and the runs that hold them are deleted."""

from pathlib import Path

import dagster as dg
import pytest

from mews_pipeline.defs.run_records import RunRecordsError, delete_runs, find_runs

GUEST = "fadd5bb6-b428-45d5-94f8-fd0d89fece6d"


@dg.op(config_schema={"who": str})
def noted(context: dg.OpExecutionContext) -> None:
    context.log.info("about %s", context.op_config["who"])


@dg.job
def notes() -> None:
    noted()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    return tmp_path


def run(home: Path, who: str) -> str:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        config = {"ops": {"noted": {"config": {"who": who}}}}
        return notes.execute_in_process(run_config=config, instance=instance).run_id


def files_with_the_guest(home: Path) -> list[str]:
    files = (path for path in home.rglob("*") if path.is_file())
    return [path.name for path in files if GUEST.encode() in path.read_bytes().lower()]


def test_the_runs_that_name_a_person_go_with_every_byte(home: Path) -> None:
    named, other = run(home, GUEST.upper()), run(home, "nobody")
    log = home / "storage" / other / "compute_logs" / "step.err"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text(f"an error about {GUEST}")
    assert find_runs(home, [GUEST]).run_ids == {named, other}
    assert delete_runs(home, [named, other]) == (2, 0)
    left = find_runs(home, [GUEST])
    assert not left.run_ids
    assert not left.others
    assert not files_with_the_guest(home)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        assert instance.get_runs_count() == 0


def test_an_id_across_two_pieces_of_a_log_is_found(home: Path) -> None:
    with_logs = run(home, "nobody")
    log = home / "storage" / with_logs / "compute_logs" / "step.out"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(b"x" * ((1 << 20) - 10) + GUEST.encode())
    assert find_runs(home, [GUEST]).run_ids == {with_logs}


def test_a_run_that_is_not_over_is_left(home: Path) -> None:
    with dg.DagsterInstance.from_config(str(home)) as instance:
        going_on = instance.create_run_for_job(
            notes,
            run_config={"ops": {"noted": {"config": {"who": "nobody"}}}},
            tags={"about": GUEST},
            status=dg.DagsterRunStatus.STARTED,
        ).run_id
    assert find_runs(home, [GUEST]).run_ids == {going_on}
    assert delete_runs(home, [going_on]) == (0, 1)


def test_records_that_cannot_be_read_are_named(home: Path) -> None:
    (home / "history").mkdir()
    (home / "history" / "runs.db").write_bytes(b"no database" * 1000)
    with pytest.raises(RunRecordsError, match="cannot be searched"):
        find_runs(home, [GUEST])
