"""Temporary folders end with their process, however it ends."""

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from mews_pipeline.temporary import folder_of_process, temporary_folder

_HOLDS_ONE = """
import sys
from mews_pipeline.temporary import folder_of_process, temporary_folder
kept = folder_of_process()
with temporary_folder() as folder:
    (folder / "rows.parquet").write_text("a guest")
    kept.mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _a_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def holder() -> tuple[subprocess.Popen[str], Path]:
    """Start a process that holds a temporary folder until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDS_ONE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_is_swept_by_the_next_and_nothing_of_a_living_one(
    tmp_path: Path,
) -> None:
    killed, of_the_killed = holder()
    living, of_the_living = holder()
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert (of_the_killed / "rows.parquet").exists()

    with temporary_folder():
        assert not of_the_killed.exists()
        assert (of_the_living / "rows.parquet").exists()
    living.communicate("")

    assert living.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_for_its_user_alone_and_gone_at_the_end(tmp_path: Path) -> None:
    with temporary_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert folder.parent == tmp_path

    assert list(tmp_path.iterdir()) == []


def test_other_folders_of_the_pipeline_are_left(tmp_path: Path) -> None:
    (tmp_path / f"mews_pipeline-{os.getuid()}").mkdir()

    with temporary_folder():
        pass

    assert [path.name for path in tmp_path.iterdir()] == [f"mews_pipeline-{os.getuid()}"]


def test_each_folder_of_a_process_is_another() -> None:
    one, other = folder_of_process(), folder_of_process()

    assert one != other
    assert one.parent == other.parent
    assert not one.exists()
