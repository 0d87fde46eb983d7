"""The sandbox in a process of its own: the same world, a clock, and an end with its starter."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from mews_pipeline.sandbox import SandboxProcess, sandbox_process, simulate
from mews_pipeline_tests.support.sandbox_client import RESERVATIONS_PATH, TOKENS

SEED, START, END = 7, date(2026, 2, 10), date(2026, 2, 12)
NOW = datetime(2026, 2, 12, 9, tzinfo=UTC)
_STARTER = """
import sys
from datetime import date
from mews_pipeline.sandbox import sandbox_process
with sandbox_process(7, date(2026, 2, 10), date(2026, 2, 12)) as sandbox:
    print(sandbox.address, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxProcess]:
    with sandbox_process(SEED, START, END) as started:
        yield started


def _reservations(sandbox: SandboxProcess) -> list[Any]:
    body = {**TOKENS, "Limitation": {"Count": 1000}}
    response = httpx.post(f"{sandbox.address}/api/connector/v1/{RESERVATIONS_PATH}", json=body)
    found: list[Any] = response.raise_for_status().json()["Reservations"]
    return found


@pytest.mark.parametrize("now", [NOW, NOW - timedelta(days=1)])
def test_the_process_serves_the_same_world_as_of_the_clock(
    sandbox: SandboxProcess, now: datetime
) -> None:
    sandbox.set_clock(now)

    expected = simulate(SEED, START, END).as_of("reservations", now)
    assert _reservations(sandbox) == expected[:1000]


def test_the_clock_of_the_process_cannot_be_set_ahead_of_real_time(sandbox: SandboxProcess) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        sandbox.set_clock(datetime(2999, 1, 1, tzinfo=UTC))


def test_the_process_ends_where_the_block_fails() -> None:
    addresses = []

    def interrupted() -> None:
        with sandbox_process(SEED, START, END) as sandbox:
            addresses.append(sandbox.address)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{addresses[0]}/sandbox/clock")


def test_the_process_ends_with_a_starter_that_is_killed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _STARTER],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as starter:  # fmt: skip
        assert starter.stdout
        address = starter.stdout.readline().decode().strip()
        starter.kill()
        # The sandbox has inherited the pipe of errors, which ends when both have ended
        starter.communicate(timeout=60)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address}/sandbox/clock")
