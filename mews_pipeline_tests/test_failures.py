"""Whatever fails, only its window is missing, and the error says which and why."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
import stamina
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.exceptions import ComputeError, PanicException

from mews_pipeline.errors import PipelineError
from mews_pipeline.extract import failures, spool
from mews_pipeline.extract.entities import RESERVATIONS
from mews_pipeline.extract.failures import UnforeseenError
from mews_pipeline.extract.flatten import FlattenError, flatten
from mews_pipeline.mews import InProcessLimiter
from mews_pipeline.mews.errors import UnreadableRecordError
from mews_pipeline_tests.support.fake_mews import Body
from mews_pipeline_tests.support.in_memory import NOW, Properties, an_id
from mews_pipeline_tests.support.seeds import reservation

ONE, OTHER = "token-one", "token-other"
DAYS = [date(2025, 1, 1) + timedelta(n) for n in range(5)]
POISONED = DAYS[2]
AGE = "1f67644f-052d-4863-acdf-ae1600c60ca0"


@pytest.fixture(autouse=True)
def _no_waiting() -> Iterator[None]:
    with stamina.set_testing(True, attempts=8):
        yield


@pytest.fixture
def hotels(tmp_path: Path) -> Properties:
    return Properties(tmp_path / "warehouse.duckdb", [ONE, OTHER], DAYS)


def deep(levels: int) -> Any:
    """Return a list in a list, that many levels deep."""
    value: Any = "the bottom"
    for _ in range(levels):
        value = [value]
    return value


def test_an_unknown_field_nested_400_deep_lands_as_it_is(
    hotels: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    hotels.changes[ONE, POISONED] = {"Unknown": deep(400)}

    assert hotels.run(monkeypatch)["reservations"].errors == []
    assert hotels.landed() == hotels.all_but()
    [(extra,)] = hotels.read("select _extra from raw.reservations where _extra is not null")
    assert json.loads(extra) == {"Unknown": deep(400)}


@pytest.mark.parametrize(
    "poison",
    [
        {"PersonCounts": [{"AgeCategoryId": AGE, "Count": 2**62}] * 2},
        {"PersonCounts": [{"AgeCategoryId": a, "Count": 2**62} for a in ("a", "b")]},
        {"PersonCounts": [{"AgeCategoryId": AGE, "Count": 2**63}]},
        {"Number": 5},
        {"StartUtc": "tomorrow"},
        {"UpdatedUtc": None},
    ],
    ids=["sum", "sum of categories", "count", "type", "no instant", "null"],
)
def test_of_a_record_that_cannot_be_read_only_its_day_is_missing(
    hotels: Properties, poison: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    hotels.changes[ONE, POISONED] = poison

    report = hotels.run(monkeypatch)["reservations"]

    assert hotels.landed() >= hotels.all_but((ONE, POISONED), (ONE, DAYS[1]))
    if "UpdatedUtc" not in poison:
        assert hotels.landed() == hotels.all_but((ONE, POISONED))
        assert len(report.errors) == 1
    for error in report.errors:
        assert isinstance(error, FlattenError)
        assert an_id(ONE, POISONED) in str(error)
        assert error.token_key


def test_a_record_nested_deeper_than_can_be_written_is_named() -> None:
    records = [reservation(), reservation(Id="x", Unknown=deep(50_000))]

    with pytest.raises(FlattenError, match=r"record x cannot be read \(RecursionError\)") as caught:
        flatten(RESERVATIONS, records)

    assert caught.value.__context__ is None


def test_of_a_page_with_a_record_that_is_no_json_only_its_day_is_missing(
    hotels: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = hotels.mews.by

    def broken(path: str, body: Body) -> httpx.Response:
        assert answer
        whole = answer(path, body)
        assert isinstance(whole, httpx.Response)
        if body["AccessToken"] == ONE:
            poisoned = f'"{POISONED}T00:00:00Z"'.encode()
            content = whole.content.replace(poisoned, b"poison")
            return httpx.Response(200, content=content, headers={"Date": NOW})
        return whole

    hotels.mews.by = broken
    report = hotels.run(monkeypatch)["reservations"]

    # The margin of the day before has it, too
    assert hotels.landed() == hotels.all_but((ONE, POISONED), (ONE, DAYS[1]))
    assert {type(error) for error in report.errors} == {UnreadableRecordError}


def test_replaced_characters_land_and_are_counted(
    hotels: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = hotels.mews.by

    def broken(path: str, body: Body) -> httpx.Response:
        assert answer
        whole = answer(path, body)
        assert isinstance(whole, httpx.Response)
        content = b"\xef\xbb\xbf" + whole.content.replace(b'"52"', b'"5\\ud800\t2"', 1)
        return httpx.Response(200, content=content, headers={"Date": NOW})

    hotels.mews.by = broken
    assert hotels.run(monkeypatch)["reservations"].errors == []

    assert hotels.landed() == hotels.all_but()
    assert hotels.read("select sum(replaced_characters) from raw.fetches") == [(2,)]
    assert hotels.read("select count(*) from raw.reservations where number = '5\ufffd\t2'") == [
        (2,)
    ]


def test_a_folder_of_any_name_serves_as_temporary_folder(
    hotels: Properties, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "it's [a] f*o?"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))

    assert hotels.run(monkeypatch)["reservations"].errors == []
    assert hotels.landed() == hotels.all_but()


def test_a_full_temporary_folder_is_told_in_words(
    hotels: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_LEAST_FREE_BYTES", 2**80)

    report = hotels.run(monkeypatch)["reservations"]

    assert len(report.errors) == 2
    assert all("TMPDIR" in str(error) for error in report.errors)
    assert all(isinstance(error, PipelineError) for error in report.errors)


def test_a_temporary_folder_that_cannot_be_written_is_told_in_words(
    hotels: Properties, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "file" / "below"))
    (tmp_path / "file").touch()

    with pytest.raises(PipelineError, match="TMPDIR"):
        hotels.run(monkeypatch)


def test_a_redis_address_that_is_none_holds_no_window_back(
    hotels: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    hotels.settings = {"redis_url": "redis://host:no-port"}

    assert hotels.run(monkeypatch)["reservations"].errors == []
    assert hotels.landed() == hotels.all_but()


class _Strange(Exception):  # noqa: N818  somebody else's
    def __str__(self) -> str:
        """Fail."""
        raise RuntimeError("no text")


ERRORS: list[Any] = [
    ValueError, KeyError, OverflowError, RecursionError, MemoryError, OSError, EOFError,
    AssertionError, StopIteration, StopAsyncIteration, UnicodeError, ZeroDivisionError,
    TimeoutError, LookupError, NotImplementedError, ComputeError, PanicException, _Strange,
    lambda text: ExceptionGroup(text, [ValueError(text)]), httpx.InvalidURL, httpx.StreamError,
]  # fmt: skip
SEAMS = [
    "mews_pipeline.mews.client.MewsClient._envelope",
    "mews_pipeline.mews.bodies.read",
    "mews_pipeline.mews.responses.page",
    "mews_pipeline.mews.responses.server_time",
    "mews_pipeline.mews.retry.Patience.measured",
    "mews_pipeline.mews.paging.Trail.next_cursor",
    "mews_pipeline.extract.spool.flatten_page",
    "mews_pipeline.extract.flatten._flatten",
    "mews_pipeline.extract.flatten_documented._flatten",
    "mews_pipeline.extract.spool._write",
    "mews_pipeline.extract.spool.private_folder",
    "mews_pipeline.extract.updates.Updates.pages",
    "mews_pipeline.warehouse.landing.land",
    "mews_pipeline.mews.limiter.InProcessLimiter.take",
    "mews_pipeline.settings.Settings.limiter",
]


@contextmanager
def thrown(seam: str, error: BaseException, calls: set[int]) -> Iterator[None]:
    """Raise the error at these calls of a function, whatever thread they come from."""
    owner, _, name = seam.rpartition(".")
    target = pytest.MonkeyPatch()
    genuine: Any = None
    lock, count = threading.Lock(), 0

    def failing(*given: Any, **named: Any) -> Any:
        nonlocal count
        with lock:
            count += 1
            is_thrown = count in calls
        if is_thrown:
            raise error
        return genuine(*given, **named)

    from pkgutil import resolve_name  # noqa: PLC0415  only here

    module, _, attribute = owner.rpartition(".")
    try:
        holder = resolve_name(owner)
    except (ImportError, AttributeError):
        holder = getattr(resolve_name(module), attribute)
    genuine = getattr(holder, name)
    with target.context() as patch:
        patch.setattr(holder, name, failing)
        yield


def holds_nothing_else_back(
    monkeypatch: pytest.MonkeyPatch, seam: str, error: BaseException, calls: set[int]
) -> None:
    """Run two windows of two tokens where some calls of the seam fail, and look at all of it."""
    with TemporaryDirectory() as folder:
        # Not side by side: the windows of one token only
        hotels = Properties(Path(folder) / "warehouse.duckdb", [ONE, OTHER], [DAYS[0], DAYS[2]])
        with thrown(seam, error, calls):
            report = hotels.run(monkeypatch)["reservations"]

        assert all(isinstance(failure, PipelineError) for failure in report.errors)
        assert not any(ONE in str(failure) for failure in report.errors)
        assert all(failure.token_key for failure in report.errors)
        # A failure of a token costs two windows, one of a window itself
        assert len(hotels.landed()) >= 4 - (2 if seam.endswith("Settings.limiter") else 1) * len(
            calls
        )
        if not report.errors:
            assert hotels.landed() == hotels.all_but()


@pytest.mark.parametrize("seam", SEAMS)
def test_an_exception_of_a_seam_leaves_no_run_and_holds_no_other_window_back(
    monkeypatch: pytest.MonkeyPatch, seam: str
) -> None:
    kind = StopIteration if seam.endswith("land") else OSError
    holds_nothing_else_back(monkeypatch, seam, kind(ONE), {1})


@pytest.mark.slow
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seam=st.sampled_from(SEAMS),
    kind=st.sampled_from(ERRORS),
    calls=st.sets(st.integers(1, 4), min_size=1),
    text=st.text(max_size=20) | st.just(ONE),
)
def test_no_exception_of_any_seam_leaves_a_run_or_holds_another_window_back(
    monkeypatch: pytest.MonkeyPatch, seam: str, kind: Any, calls: set[int], text: str
) -> None:
    holds_nothing_else_back(monkeypatch, seam, kind(text), calls)


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
def test_who_ends_the_run_ends_it_with_nothing_left_and_no_group(
    hotels: Properties, tmp_path: Path, kind: type[BaseException], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))

    with (
        thrown("mews_pipeline.extract.spool.flatten_page", kind("enough"), {2}),
        pytest.raises(kind) as caught,
    ):
        hotels.run(monkeypatch)

    assert not isinstance(caught.value, BaseExceptionGroup)
    assert list((tmp_path / "temporary").glob("mews_pipeline-*/*-2025*")) == []


def test_a_run_that_is_cancelled_keeps_no_error_of_it(
    hotels: Properties, monkeypatch: pytest.MonkeyPatch
) -> None:
    cancelled = asyncio.CancelledError()

    with (
        thrown("mews_pipeline.extract.spool.flatten_page", cancelled, {1}),
        pytest.raises(asyncio.CancelledError),
    ):
        hotels.run(monkeypatch)


def test_an_error_that_nobody_foresaw_names_window_type_message_and_place() -> None:
    clocks: dict[str, int] = {}
    try:
        InProcessLimiter(now=lambda: clocks["the clock"]).take()
    except KeyError as error:
        found = failures.explained(error, "reservations 2025-01-01", "a token", ())

    assert isinstance(found, UnforeseenError)
    assert "reservations 2025-01-01: KeyError: 'the clock' (mews_pipeline/mews/limiter.py:" in str(
        found
    )
