"""No test waits between two attempts."""

from collections.abc import Iterator

import pytest
import stamina

from mews_pipeline.mews.retry import ATTEMPTS


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=ATTEMPTS):
        yield
