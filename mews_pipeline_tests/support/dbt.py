"""Run dbt on a test's warehouse, with its target and logs in the same folder."""

import hashlib
import multiprocessing
import os
import shutil
import subprocess
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from mews_pipeline.warehouse.fingerprint import project_files
from mews_pipeline_tests.support.dbt_process import IMPORTED, run

DBT_PROJECT = Path(__file__).parents[2] / "dbt_project"
# Where all tests keep one manifest; parsing the project takes seconds
STATE = DBT_PROJECT.parent / "data"
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([IMPORTED])


def share_manifest(state: Path) -> None:
    """Let a state folder be the one of all tests, where settings choose it themselves."""
    STATE.mkdir(exist_ok=True)
    state.parent.mkdir(exist_ok=True)
    state.symlink_to(STATE)


def dbt(
    warehouse: Path,
    start: date | None,
    *arguments: str,
    project: Path = DBT_PROJECT,
    address: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run dbt with the project's own profile; `start` is MEWS_START_DATE.

    A warehouse that is no file has an address, and `warehouse` a path in its folder. dbt parses the
    whole project again where the path of the database is another one. A file's is given relative
    to its folder, so that all tests share what the first of them parsed.
    """
    folder = warehouse.parent
    parsed, shared = folder / "target" / "partial_parse.msgpack", _shared(warehouse.stem)
    can_share = project == DBT_PROJECT and address is None and "--vars" not in arguments
    if can_share and shared.exists() and not parsed.exists():
        parsed.parent.mkdir(exist_ok=True)
        shutil.copyfile(shared, parsed)
    folders = ("--project-dir", project, "--profiles-dir", project)
    done = _forked(
        ["--quiet", *arguments, *map(str, folders)],
        folder,
        _environment(folder, start) | {"MEWS_WAREHOUSE": address or warehouse.name},
    )
    if can_share and parsed.exists() and not shared.exists():
        _share(parsed, shared)
    return done


def built(warehouse: Path, start: date | None, *arguments: str, address: str | None = None) -> None:
    """Run dbt and fail with its output if it fails."""
    done = dbt(warehouse, start, *arguments, address=address)
    assert done.returncode == 0, done.stdout


def _forked(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """Run dbt as `subprocess.run` would, in a process that has imported it already.

    The imports are two seconds of CPU. A process that did nothing but import can be forked: it has
    no threads. One in which dbt has run cannot.
    """
    with TemporaryDirectory() as outputs:
        output = (Path(outputs) / "stdout", Path(outputs) / "stderr")
        process = _FORKS.Process(target=run, args=(arguments, folder, environment, output))
        process.start()
        try:
            process.join()
        finally:
            process.kill()
            process.join()
        code, printed = process.exitcode, [path.read_text() for path in output]
        process.close()
    assert code is not None
    return subprocess.CompletedProcess(["dbt", *arguments], code, *printed)


def _environment(folder: Path, start: date | None) -> dict[str, str]:
    return (
        os.environ
        | {
            "DBT_TARGET_PATH": str(folder / "target"),
            "DBT_LOG_PATH": str(folder / "logs"),
            # No test reads the log or, but for those who ask for them, the artifacts
            "DBT_LOG_LEVEL_FILE": "none",
            "DBT_WRITE_JSON": "false",
            "DO_NOT_TRACK": "1",
        }
        | ({"MEWS_START_DATE": start.isoformat()} if start else {})
    )


@cache
def _shared(database: str) -> Path:
    """Give the place of what dbt parsed of the project, as it is now, for databases of a name."""
    hashed = hashlib.sha256(f"{version('dbt-core')} {version('dbt-duckdb')} {DBT_PROJECT}".encode())
    for path in project_files(DBT_PROJECT):
        hashed.update(path.read_bytes())
    return STATE / "parsed" / hashed.hexdigest() / f"{database}.msgpack"


def _share(parsed: Path, shared: Path) -> None:
    """Keep what was parsed for other tests, and nothing of another state of the project."""
    shared.parent.mkdir(parents=True, exist_ok=True)
    for other in shared.parent.parent.iterdir():
        if other != shared.parent:
            shutil.rmtree(other, ignore_errors=True)
    with NamedTemporaryFile(dir=shared.parent, delete=False) as partly:
        shutil.copyfile(parsed, partly.name)
    Path(partly.name).replace(shared)
