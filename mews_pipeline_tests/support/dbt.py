"""Run dbt on a test's warehouse, with its target and logs in the same folder."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

DBT_PROJECT = Path(__file__).parents[2] / "dbt_project"
# Where all tests keep one manifest; parsing the project takes seconds
STATE = DBT_PROJECT.parent / "data"
WITHOUT_UNIT_TESTS = ("build", "--exclude-resource-type", "unit_test")


def share_manifest(state: Path) -> None:
    """Let a state folder be the one of all tests, where settings choose it themselves."""
    STATE.mkdir(exist_ok=True)
    state.parent.mkdir(exist_ok=True)
    state.symlink_to(STATE)


def dbt(warehouse: Path, start: date | None, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run dbt with the project's own profile; `start` is MEWS_START_DATE."""
    environment = os.environ | {
        "MEWS_WAREHOUSE": str(warehouse),
        "DBT_TARGET_PATH": str(warehouse.parent / "target"),
        "DBT_LOG_PATH": str(warehouse.parent / "logs"),
        "DO_NOT_TRACK": "1",
    }
    if start:
        environment["MEWS_START_DATE"] = start.isoformat()
    return subprocess.run(
        [Path(sys.executable).with_name("dbt"), "--quiet", *arguments],
        cwd=DBT_PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def built(warehouse: Path, start: date | None, *arguments: str) -> None:
    """Run dbt and fail with its output if it fails."""
    done = dbt(warehouse, start, *arguments)
    assert done.returncode == 0, done.stdout
