"""Published files are read-only, for all or for one group, whatever the umask."""

import grp
import os
from pathlib import Path

import pytest

from mews_pipeline.publish import export, publish
from mews_pipeline.publish.report.write import write_report
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.conftest import Lived


# Each umask against the setting that it would break
@pytest.mark.parametrize(
    ("umask", "shared"),
    [
        pytest.param(0o077, "all", id="strict"),
        pytest.param(0o000, "group", id="open", marks=pytest.mark.slow),
    ],
)
def test_everything_published_has_the_mode_of_the_settings(
    lived: Lived, tmp_path: Path, umask: int, shared: str
) -> None:
    before = os.umask(umask)
    try:
        assert_modes(lived, tmp_path / "published", shared)
    finally:
        assert os.umask(before) == umask


def assert_modes(lived: Lived, folder: Path, shared: str) -> None:
    """Publish everything into the folder and look at its modes."""
    group = grp.getgrgid(os.getgid()).gr_name if shared == "group" else None
    copy = publish(DuckDBFile(lived.warehouse), folder / "analytics.duckdb", group).path
    write_report(copy, folder / "report.html", group)
    export(copy, folder / "export", group)
    files = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (folder, folder / "export")}
    assert (files, folders) == (({0o440}, {0o750}) if group else ({0o444}, {0o755}))
