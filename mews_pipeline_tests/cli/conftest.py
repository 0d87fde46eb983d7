"""The published copy that the tests of reports share."""

from pathlib import Path

import pytest

from mews_pipeline.publish import publish
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.conftest import Lived


@pytest.fixture(scope="session")
def copy(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Publish the lived warehouse, once for all tests of the command line."""
    return publish(
        DuckDBFile(lived.warehouse), tmp_path_factory.mktemp("cli") / "analytics.duckdb"
    ).path
