"""How long an API that is down is asked again before a step fails, which is when an alert comes."""

import asyncio
import random
from collections.abc import AsyncIterator

import httpx
import pytest
import stamina

from mews_pipeline.defs.assets import RETRIES
from mews_pipeline.mews import RESERVATIONS_GET_ALL
from mews_pipeline.mews import client as client_module
from mews_pipeline.mews.errors import MewsError, ServerError, UnreachableError
from mews_pipeline.mews.retry import SECONDS_AFTER_GIVING_UP, TOTAL_SECONDS
from mews_pipeline_tests.support.fake_mews import (
    CONNECTION,
    SOME_DAY,
    FakeMews,
    collected,
    failed,
    refusal,
)

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


class Dripping(httpx.AsyncByteStream):
    """A body that comes a byte a second, and never ends."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Give a byte a second."""
        while True:
            await asyncio.sleep(1)
            yield b" "


async def silent(_: httpx.Request) -> httpx.Response:
    await asyncio.Event().wait()
    raise AssertionError


async def dripping(_: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=Dripping())


async def never_again(_: httpx.Request) -> httpx.Response:
    return refusal(429, **{"Retry-After": "99999999"})


class HurriedLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock jumps to the next timer when nothing else is to be done."""

    passed = 0.0

    def time(self) -> float:
        """Return the seconds that have passed."""
        return self.passed

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]
            self.passed = max(self.passed, self._scheduled[0]._when)  # type: ignore[attr-defined]
        super()._run_once()  # type: ignore[misc]


@pytest.mark.parametrize("peer", [silent, dripping, never_again])
def test_a_peer_that_only_looks_alive_is_given_up_as_early_as_one_that_is_down(
    peer: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = HurriedLoop()
    monkeypatch.setattr("mews_pipeline.mews.retry.monotonic", loop.time)
    ended: list[float] = []

    async def fetch() -> None:
        transport = httpx.MockTransport(peer)  # type: ignore[arg-type]
        async with client_module.MewsClient(CONNECTION, transport) as client:
            for _ in range(3):
                with pytest.raises(MewsError) as caught:
                    await collected(client.pages(RESERVATIONS_GET_ALL, SOME_DAY))
                ended.append(loop.time())
                assert peer is never_again or isinstance(caught.value, UnreachableError)

    with stamina.set_testing(False), asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(fetch())

    first, *later = ended
    assert first <= TOTAL_SECONDS
    assert later[-1] - first <= 2 * SECONDS_AFTER_GIVING_UP
    assert first * 2 + RETRIES.calculate_delay(1) <= UNTIL_THE_ALERT
