"""Run one dbt command in a process forked from one that has imported dbt and done nothing else."""

import atexit
import gc
import os
import sys
import time
from pathlib import Path

IMPORTED = "mews_pipeline_tests.support.dbt_imported"


def run(
    arguments: list[str], folder: Path, environment: dict[str, str], output: tuple[Path, Path]
) -> None:
    """Be the command `dbt`, in a folder and with an environment, and exit with its code."""
    for descriptor, path in enumerate(output, start=1):
        with path.open("wb") as file:
            os.dup2(file.fileno(), descriptor)
    # It starts a thread, and a fork copies no threads
    assert "duckdb" not in sys.modules
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    sys.argv = ["dbt", *arguments]
    # What was imported before the fork stays: no garbage collection has to walk through it
    gc.freeze()
    # Not at the top of this file: test processes import it, and need no dbt
    from mews_pipeline_tests.support.dbt_imported import cli  # noqa: PLC0415

    try:
        cli()
    finally:
        # dbt closes the database here. Only an interpreter that ends by itself would call it
        atexit._run_exitfuncs()
