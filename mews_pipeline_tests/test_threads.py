"""Work in a thread ends what awaits it, whatever it raises."""

import asyncio

import pytest

from mews_pipeline.threads import in_thread


def _enough() -> None:
    raise StopIteration("enough")


def test_a_stop_iteration_in_a_thread_is_raised_and_not_waited_for() -> None:
    async def awaited() -> None:
        # Without the conversion Python 3.11 never wakes up
        await asyncio.wait_for(in_thread(_enough), timeout=60)

    with pytest.raises(RuntimeError, match="enough"):
        asyncio.run(awaited())


def test_work_in_a_thread_returns_its_result() -> None:
    assert asyncio.run(in_thread(divmod, 7, 2)) == (3, 1)
