"""Pages are asked for one ahead, and nothing of them is left when one cannot be flattened."""

import asyncio
import threading
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.extract.flatten import Flat, FlattenError
from mews_pipeline.extract.flatten_documented import flatten_page
from mews_pipeline.extract.spool import Fetched, spool
from mews_pipeline.extract.windows import Window
from mews_pipeline.mews import Page
from mews_pipeline_tests.support.seeds import reservation

DAY = Window(datetime(2023, 4, 22, tzinfo=UTC), datetime(2023, 4, 23, tzinfo=UTC))
LATER = datetime(2023, 4, 25, tzinfo=UTC)


def page(**changes: Any) -> Page:
    return Page(b"", [reservation(**changes)], None, LATER)


def test_the_next_page_is_asked_for_while_one_is_flattened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    second_is_asked = threading.Event()

    def flattened(*given: Any) -> Flat:
        assert second_is_asked.wait(60)
        return flatten_page(*given)

    async def pages() -> AsyncGenerator[Page, None]:
        yield page(Id="a")
        second_is_asked.set()
        yield page(Id="b")

    monkeypatch.setattr("mews_pipeline.extract.spool.flatten_page", flattened)
    fetched = Fetched(RESERVATIONS, "token", DAY, tmp_path / "spool")
    asyncio.run(spool(fetched, pages()))

    assert pl.read_parquet(fetched.rows_file(0))["id"].to_list() == ["a", "b"]
    assert (fetched.pages, fetched.rows, fetched.parts) == (2, 2, 1)


def test_a_page_that_cannot_be_flattened_ends_the_request_for_the_next_one(
    tmp_path: Path,
) -> None:
    ended: list[str] = []

    async def pages() -> AsyncGenerator[Page, None]:
        yield page(Number=5)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("the request")

    async def run() -> None:
        with pytest.raises(FlattenError, match="Number"):
            await spool(Fetched(RESERVATIONS, "token", DAY, tmp_path / "spool"), pages())
        ended.append("the spool")

    asyncio.run(run())
    assert ended == ["the request", "the spool"]


def test_what_was_asked_for_before_an_answer_is_known_up_to_then_only(tmp_path: Path) -> None:
    begun = datetime.now(UTC)

    async def pages() -> AsyncGenerator[Page, None]:
        for _ in range(2):
            await asyncio.sleep(0)
            yield Page(b"", [reservation()], None, datetime(2100, 1, 1, tzinfo=UTC))

    fetched = Fetched(RESERVATIONS, "token", None, tmp_path / "spool")
    asyncio.run(spool(fetched, pages()))

    assert fetched.fetched_through
    assert fetched.finished
    assert begun <= fetched.fetched_through <= fetched.finished
    known = pl.read_parquet(fetched.rows_file(0))["_fetched_utc"]
    assert known.dtype == pl.Datetime("us", "UTC")
    assert known.is_between(begun, fetched.finished).all()
