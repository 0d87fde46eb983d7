"""Published files are read-only, for all or for one group, whatever the umask."""

import grp
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from mews_pipeline.publish import export, publish
from mews_pipeline.publish.report.write import write_report
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.conftest import Lived


@pytest.fixture(params=[0o000, 0o077], ids=["open", "strict"], autouse=True)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    assert os.umask(before) == request.param


@pytest.mark.parametrize("shared", ["all", "group"])
def test_everything_published_has_the_mode_of_the_settings(
    lived: Lived, tmp_path: Path, shared: str
) -> None:
    group = grp.getgrgid(os.getgid()).gr_name if shared == "group" else None
    folder = tmp_path / "published"
    copy = publish(DuckDBFile(lived.warehouse), folder / "analytics.duckdb", group).path
    write_report(copy, folder / "report.html", group)
    export(copy, folder / "export", group)
    files = {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in (folder, folder / "export")}
    assert (files, folders) == (({0o440}, {0o750}) if group else ({0o444}, {0o755}))
