"""Old runs are deleted, but for those without which a partition would look missing."""

from pathlib import Path

import dagster as dg

from mews_pipeline.defs.pruning import prune_runs


@dg.asset(partitions_def=dg.StaticPartitionsDefinition(["a", "b"]))
def days() -> None:
    """Make nothing."""


def test_runs_with_the_latest_materialization_of_a_partition_stay(tmp_path: Path) -> None:
    job = dg.define_asset_job("ours", [days])
    others = dg.define_asset_job("theirs", [days])
    made = dg.Definitions([days], jobs=[job, others])
    with dg.DagsterInstance.local_temp(str(tmp_path)) as instance:
        runs = [
            made.resolve_job_def(name)
            .execute_in_process(instance=instance, partition_key=partition)
            .run_id
            for name, partition in (("theirs", "a"), ("ours", "a"), ("ours", "a"), ("ours", "b"))
        ]
        pruned = prune_runs(instance, {"ours"}, [days.key], None, -1)
        assert pruned == {"runs_deleted": 1, "old_runs_kept": 2}
        assert {run.run_id for run in instance.get_runs()} == {runs[0], *runs[2:]}
        assert instance.get_materialized_partitions(days.key) == {"a", "b"}
        assert not list(tmp_path.rglob(f"{runs[1]}.db"))
