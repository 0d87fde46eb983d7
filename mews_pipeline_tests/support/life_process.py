"""A process that looks twice at a Mews with faults: it fetches, builds, publishes by Dagster."""

import os
from datetime import UTC, date, datetime, timedelta

import pytest
import stamina

from mews_pipeline.demo import in_process
from mews_pipeline.mews.retry import ATTEMPTS
from mews_pipeline.sandbox import Clock, FaultPlan, SandboxOptions, running_sandbox, simulate
from mews_pipeline_tests.support.lakes import configure_lakes_for_tests

START, LOOKS = date(2026, 2, 10), [date(2026, 2, 20), date(2026, 2, 22)]


def main() -> None:
    """Look into the warehouse of the settings, which name all but the address of Mews."""
    world = simulate(7, START, LOOKS[-1] + timedelta(days=2), properties=2, scale=0.2)
    # As often as ever, without the waits between
    stamina.set_testing(True, attempts=ATTEMPTS)
    clock, options = Clock(), SandboxOptions(faults=FaultPlan(seed=3, share=0.05))
    with (
        pytest.MonkeyPatch.context() as patch,
        running_sandbox(world, clock, options) as address,
        in_process.runs() as (materialize, _),
    ):
        configure_lakes_for_tests(patch)
        os.environ["MEWS_PLATFORM_ADDRESS"] = address
        for first, day in zip([START, *LOOKS], LOOKS, strict=False):
            clock.set(datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC))
            materialize(None, (first, day))


if __name__ == "__main__":
    main()
