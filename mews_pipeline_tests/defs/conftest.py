"""The definitions that the tests of their names and their graph share."""

import dagster as dg
import pytest

from mews_pipeline.definitions import defs


@pytest.fixture(scope="session")
def definitions() -> dg.Definitions:
    """Load this installation's definitions once, without settings; loading takes seconds."""
    return defs()
