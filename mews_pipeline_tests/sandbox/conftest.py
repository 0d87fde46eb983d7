"""Two worlds for all tests of the sandbox: the same ten weeks, which include DST changes."""

from datetime import date

import pytest

from mews_pipeline.sandbox import SandboxOptions, World, simulate
from mews_pipeline_tests.support.sandbox_client import NOW, SandboxClient

START, END = date(2024, 3, 1), date(2024, 5, 14)


@pytest.fixture(scope="session")
def world() -> World:
    """Simulate a small world, for requests to the API."""
    return simulate(7, START, END, scale=0.3)


@pytest.fixture(scope="session")
def full_world() -> World:
    """Simulate a world of the default size, in which every kind of booking occurs."""
    return simulate(7, START, END)


@pytest.fixture
def client(world: World) -> SandboxClient:
    return SandboxClient(world, SandboxOptions(), NOW)
