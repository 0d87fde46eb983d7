"""The event log whose files stay open is that of Dagster, to all others."""

from pathlib import Path

import dagster as dg
import pytest

from mews_pipeline.defs.event_log import OpenSqliteEventLogStorage, open_instance

DAYS = dg.DailyPartitionsDefinition("2026-01-01", end_date="2026-01-04")
KEY = dg.AssetKey("counted")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    monkeypatch.setenv("DAGSTER_HOME", str(tmp_path))
    return tmp_path


@dg.asset(key=KEY, partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def counted() -> None:
    """Materialize some days."""


def _materialize(instance: dg.DagsterInstance) -> str:
    tags = {
        "dagster/asset_partition_range_start": "2026-01-01",
        "dagster/asset_partition_range_end": "2026-01-03",
    }
    return dg.materialize([counted], instance=instance, tags=tags).run_id


@pytest.mark.usefixtures("home")
def test_dagster_reads_what_was_recorded_while_the_files_are_open() -> None:
    with open_instance() as instance:
        assert isinstance(instance.event_log_storage, OpenSqliteEventLogStorage)
        run_id = _materialize(instance)
        with dg.DagsterInstance.get() as reader:
            assert reader.get_materialized_partitions(KEY) == {
                "2026-01-01", "2026-01-02", "2026-01-03",
            }  # fmt: skip
            assert [entry.dagster_event_type for entry in reader.all_logs(run_id)] == [
                entry.dagster_event_type for entry in instance.all_logs(run_id)
            ]
            run = reader.get_run_by_id(run_id)
            assert run
            assert run.is_success


def test_no_file_stays_open_after_the_block(home: Path) -> None:
    with open_instance() as instance:
        _materialize(instance)
    # SQLite removes the log of a file with the last connection to it
    assert list((home / "history").rglob("*.db"))
    assert not list((home / "history").rglob("*.db-wal"))


def test_another_storage_is_left_as_it_is(home: Path) -> None:
    storage = f"storage: {{sqlite: {{base_dir: {home / 'elsewhere'}}}}}\n"
    (home / "dagster.yaml").write_text(storage)
    with open_instance() as instance:
        assert not isinstance(instance.event_log_storage, OpenSqliteEventLogStorage)
        assert _materialize(instance)
    assert list((home / "elsewhere").rglob("index.db"))
