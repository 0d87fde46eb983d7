"""How long an API that is down is asked again before a step fails, which is when an alert comes."""

import asyncio
import random

import pytest
import stamina

from mews_pipeline.defs.assets import RETRIES
from mews_pipeline.mews.errors import ServerError
from mews_pipeline_tests.support.fake_mews import FakeMews, failed, refusal

AN_OUTAGE_TO_SIT_OUT, UNTIL_THE_ALERT = 90, 150


@pytest.mark.parametrize("seed", range(3))
def test_an_api_that_only_answers_503_is_told_of_within_two_and_a_half_minutes_not_at_once(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    waited: list[float] = []
    sleep = asyncio.sleep

    async def at_once(seconds: float) -> None:
        waited.append(seconds)
        await sleep(0)

    monkeypatch.setattr(asyncio, "sleep", at_once)
    random.seed(seed)
    with stamina.set_testing(False):
        error = failed(FakeMews(by=lambda *_: refusal(503)))

    assert isinstance(error, ServerError)
    between = [RETRIES.calculate_delay(number + 1) for number in range(RETRIES.max_retries)]
    in_all = sum(waited) * (RETRIES.max_retries + 1) + sum(between)
    assert AN_OUTAGE_TO_SIT_OUT < in_all < UNTIL_THE_ALERT
