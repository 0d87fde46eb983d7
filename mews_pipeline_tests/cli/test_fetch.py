"""Live look-ups from the command line, against the sandbox."""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import stamina
from typer.testing import CliRunner, Result

from mews_pipeline.cli.filters import interval
from mews_pipeline.cli.main import app
from mews_pipeline.extract.entities import ENTITIES, personal_columns
from mews_pipeline.mews import Interval
from mews_pipeline.sandbox import (
    CLIENT_TOKEN,
    PORTFOLIO_TOKEN,
    Clock,
    SandboxOptions,
    World,
    access_tokens,
    running_sandbox,
    simulate,
)
from mews_pipeline_tests.conftest import variables_for

START, END = date(2025, 1, 1), date(2025, 1, 31)
NOW = datetime(2025, 1, 20, 12, tzinfo=UTC)
FIFTH = datetime(2025, 1, 25, tzinfo=UTC)

Fetch = Callable[..., Result]


@pytest.fixture(scope="module")
def world() -> World:
    return simulate(3, START, END, properties=2)


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[tuple[str, SandboxOptions]]:
    options = SandboxOptions()
    with running_sandbox(world, Clock(NOW), options) as address, stamina.set_testing(True):
        yield address, options


@pytest.fixture
def options(served: tuple[str, SandboxOptions]) -> Iterator[SandboxOptions]:
    """Yield the options of the running sandbox and restore them after the test."""
    options = served[1]
    before = dict(vars(options))
    yield options
    vars(options).update(before)


@pytest.fixture
def environment(served: tuple[str, SandboxOptions], tmp_path: Path) -> dict[str, str]:
    return variables_for(served[0]) | {
        "MEWS_WAREHOUSE": str(tmp_path / "warehouse" / "w.duckdb"),
    }


@pytest.fixture
def fetch(environment: dict[str, str]) -> Fetch:
    def run(*arguments: str | Path, **changed: str) -> Result:
        words = ["fetch", *map(str, arguments)]
        return CliRunner().invoke(app, words, env=environment | changed)

    return run


def rows(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def ids(result: Result) -> list[str]:
    return [row["id"] for row in rows(result)]


def test_which_reservation_is_number_52(fetch: Fetch, world: World) -> None:
    result = fetch("reservations", "--number", "52")

    numbered = [r for r in world.as_of("reservations", NOW) if r["Number"] == "52"]
    assert len(numbered) == 2
    assert all(r["Id"] in result.stdout and r["State"] in result.stdout for r in numbered)
    assert "2 reservations" in result.stderr


@pytest.mark.parametrize("bounds", ["halfopen", "inclusive", "exclusive-lower"])
def test_who_is_arriving_on_a_day(
    fetch: Fetch, world: World, options: SandboxOptions, bounds: Any
) -> None:
    options.bounds = bounds

    found = ids(fetch("reservations", "--scheduled-start", "2025-01-25", "--format", "jsonl"))

    day = FIFTH, FIFTH + timedelta(days=1)
    arriving = {
        r["Id"]
        for r in world.as_of("reservations", NOW)
        if day[0] <= datetime.fromisoformat(r["ScheduledStartUtc"]) < day[1]
    }
    assert sorted(found) == sorted(arriving)
    assert arriving


@pytest.mark.parametrize("bounds", ["halfopen", "inclusive", "exclusive-lower"])
def test_an_arrival_on_the_bound_belongs_to_the_interval_that_begins_there(
    fetch: Fetch, world: World, options: SandboxOptions, bounds: Any
) -> None:
    options.bounds = bounds
    known = world.as_of("reservations", NOW)
    bound = known[0]["ScheduledStartUtc"]
    on_it = {r["Id"] for r in known if r["ScheduledStartUtc"] == bound}

    def arriving(span: str) -> set[str]:
        return set(ids(fetch("reservations", "--scheduled-start", span, "--format", "jsonl")))

    assert on_it <= arriving(f"{bound}..")
    assert not on_it & arriving(f"2025-01-01..{bound}")
    assert arriving(bound) == on_it


def test_without_a_filter_everything_is_fetched_only_when_asked_for(
    fetch: Fetch, world: World
) -> None:
    refused = fetch("product-service-orders")
    assert refused.exit_code == 1
    assert "No filter is given: give one, or --all" in refused.stderr
    everything = fetch("product-service-orders", "--all", "--format", "jsonl")
    assert len(rows(everything)) == len(world.as_of("product_service_orders", NOW))


def test_each_row_names_its_property(fetch: Fetch, world: World) -> None:
    found = rows(fetch("reservations", "--number", "52", "--format", "jsonl"))
    enterprises = {r["Id"]: r["Name"] for r in world.as_of("enterprises", NOW)}
    named = {r["Id"]: enterprises[r["EnterpriseId"]] for r in world.as_of("services", NOW)}
    assert [row["property"] for row in found] == [named[row["service_id"]] for row in found]
    assert len({row["property"] for row in found}) == 2
    shown = fetch("reservations", "--number", "52").stdout
    assert all(row["property"] in shown for row in found)


def test_lists_may_be_repeated_or_have_commas_and_filters_must_all_hold(
    fetch: Fetch, world: World
) -> None:
    known = world.as_of("reservations", NOW)
    some = [r["Id"] for r in known[:6]]
    confirmed = [r["Id"] for r in known[:6] if r["State"] in {"Confirmed", "Canceled"}]

    found = ids(
        fetch(
            "reservations",
            *("--reservation-ids", ",".join(some[:3]), "--reservation-id", some[3]),
            *("--reservation-id", f"{some[4]}, {some[5]}", "--state", "confirmed,Canceled"),
            *("--format", "jsonl"),
        )
    )

    assert sorted(found) == sorted(confirmed)


def test_every_token_is_asked_and_each_record_comes_once(fetch: Fetch, world: World) -> None:
    tokens = ",".join([*access_tokens(world).values(), PORTFOLIO_TOKEN])

    found = ids(
        fetch(
            "reservations",
            *("--updated", "2025-01-15..2025-01-16", "--format", "jsonl"),
            MEWS_ACCESS_TOKENS=tokens,
        )
    )

    updated = {
        r["Id"]
        for r in world.as_of("reservations", NOW)
        if "2025-01-15" <= r["UpdatedUtc"] < "2025-01-17"
    }
    assert sorted(found) == sorted(updated)


def test_ids_that_only_one_token_knows_are_looked_up(fetch: Fetch, world: World) -> None:
    service = world.properties[0].stay.id
    tokens = ",".join(access_tokens(world).values())

    result = fetch(
        "reservations",
        *("--service-id", service, "--updated", "2025-01-15", "--format", "jsonl"),
        MEWS_ACCESS_TOKENS=tokens,
    )

    assert {row["service_id"] for row in rows(result)} == {service}


def test_ids_that_no_token_knows_are_an_error(fetch: Fetch) -> None:
    nobodys = "11111111-1111-1111-1111-111111111111"

    result = fetch("reservations", "--service-id", nobodys)

    assert result.exit_code == 1
    assert "Invalid ServiceIds" in result.stderr


def test_orders_are_looked_up_without_knowing_the_services(fetch: Fetch, world: World) -> None:
    order = world.as_of("product_service_orders", NOW)[0]

    found = fetch("product-service-orders", "--updated", "2025-01-01..", "--format", "jsonl")
    one = fetch("product-service-orders", "--product-service-order-id", order["Id"])
    of_service = fetch(
        "product-service-orders", "--service-id", order["ServiceId"], "--format", "jsonl"
    )

    assert len(rows(found)) == len(set(ids(found))) == len(ids(found)) > 10
    assert order["Id"] in one.stdout
    assert order["Id"] in ids(of_service)
    assert {row["service_id"] for row in rows(of_service)} == {order["ServiceId"]}


def test_the_size_of_pages_changes_nothing(fetch: Fetch, options: SandboxOptions) -> None:
    asked = ("reservations", "--updated", "2025-01-10..2025-01-19", "--format", "jsonl")
    whole = fetch(*asked)
    options.short_pages = True

    assert rows(fetch(*asked, "--page-size", "20")) == rows(whole)


def test_files_hold_the_same_in_every_format(fetch: Fetch, tmp_path: Path, world: World) -> None:
    asked = ("reservations", "--updated", "2025-01-19")
    files = [tmp_path / f"found.{ending}" for ending in ("parquet", "csv", "jsonl")]
    for file in files:
        assert fetch(*asked, "--output", file).exit_code == 0

    frame = pl.read_parquet(files[0])
    lines = [json.loads(line) for line in files[2].read_text().splitlines()]
    cells = list(csv.DictReader(io.StringIO(files[1].read_text())))
    assert frame["id"].to_list() == [line["id"] for line in lines] == [c["id"] for c in cells]
    assert frame.schema["updated_utc"] == pl.Datetime("us", "UTC")
    expected = {r["Id"]: r for r in world.as_of("reservations", NOW)}
    for line, cell in zip(lines, cells, strict=True):
        truth = expected[line["id"]]
        assert line["updated_utc"] == cell["updated_utc"] == truth["UpdatedUtc"]
        assert line["person_counts"] == {
            p["AgeCategoryId"]: p["Count"] for p in truth["PersonCounts"]
        }
        assert line["persons"] == sum(p["Count"] for p in truth["PersonCounts"])
    assert not any(file.suffix == ".part" for file in tmp_path.iterdir())


def test_personal_columns_are_shown_only_when_requested(fetch: Fetch) -> None:
    asked = ("reservations", "--updated", "2025-01-19", "--format", "jsonl")

    usual, everything, some = (
        rows(fetch(*asked, *more))[0].keys()
        for more in ([], ["--columns", "all"], ["--columns", "id,account_id"])
    )

    assert everything - usual == personal_columns() & everything - {"number"}
    assert list(some) == ["id", "account_id"]


def test_the_warehouse_is_not_touched(fetch: Fetch, environment: dict[str, str]) -> None:
    assert fetch("reservations", "--number", "52").exit_code == 0
    assert not Path(environment["MEWS_WAREHOUSE"]).parent.exists()


def test_nothing_found_is_an_empty_result(fetch: Fetch, tmp_path: Path) -> None:
    file = tmp_path / "none.csv"

    result = fetch("reservations", "--number", "no such number", "--output", file)

    assert result.exit_code == 0
    assert "0 reservations" in result.stderr
    assert file.read_text().startswith("id,service_id,")


WRONG = {
    "no interval": (["--updated", "yesterday"], "--updated yesterday: .* It takes FROM..TO"),
    "naive": (["--updated", "2025-01-05T10:00:00"], "needs its offset"),
    "backwards": (["--updated", "2025-01-05..2025-01-04"], "ends .* before it starts"),
    "no end at all": (["--updated", ".."], "a start or an end is needed"),
    "malformed id": (["--reservation-id", "52"], "ReservationIds.0: "),
    "unknown state": (["--state", "Asleep"], "States.0: "),
    "empty list": (["--number", ""], "Numbers: "),
    "together": (
        ["--scheduled-start", "2025-01-05", "--actual-start", "2025-01-05"],
        "ScheduledStartUtc cannot be used with ActualStartUtc",
    ),
    "unknown column": (["--columns", "id,name"], "no column name. There are: id, "),
    "unknown ending": (["--output", "found.xlsx"], "found.xlsx is not known"),
    "parquet to the screen": (["--format", "parquet"], "Parquet needs a file"),
    "no such folder": (["--number", "52", "--output", "no/such/folder.csv"], "No such file"),
}


@pytest.mark.parametrize(("words", "message"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_request_ends_in_one_message(fetch: Fetch, words: list[str], message: str) -> None:
    result = fetch("reservations", *words)

    assert result.exit_code == 1
    assert re.search(message, " ".join(result.stderr.split()))
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"MEWS_ACCESS_TOKENS": "wrong-token"}, "Either ClientToken or AccessToken is wrong"),
        ({"MEWS_ACCESS_TOKENS": ""}, "MEWS_ACCESS_TOKENS is missing"),
        ({"MEWS_PLATFORM_ADDRESS": "http://127.0.0.1:9"}, "http://127.0.0.1:9 cannot be reached"),
    ],
    ids=["wrong token", "no token", "nobody listens"],
)
def test_wrong_settings_end_in_a_message_without_any_token(
    fetch: Fetch, changed: dict[str, str], message: str
) -> None:
    result = fetch("reservations", "--number", "52", **changed)

    assert result.exit_code == 1
    assert message in " ".join(result.stderr.split())
    shown = result.output + repr(result.exception)
    assert not any(t in shown for t in ("wrong-token", CLIENT_TOKEN, PORTFOLIO_TOKEN))


@pytest.mark.parametrize("command", ["reservations", "product-service-orders"])
def test_there_is_a_flag_for_every_filter(command: str) -> None:
    shown = CliRunner().invoke(app, ["fetch", command, "--help"], env={"COLUMNS": "200"}).stdout

    for name in ENTITIES[command.replace("-", "_")].operation.request.model_fields:
        flag = name.removesuffix("_utc").replace("_", "-")
        assert name == "limitation" or f"--{flag}" in shown


DAY = datetime(2025, 1, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2025-01-05", DAY, DAY + timedelta(days=1)),
        ("2025-01-05..2025-01-06", DAY, DAY + timedelta(days=2)),
        ("2025-01-05..", DAY, None),
        ("..2025-01-05", None, DAY + timedelta(days=1)),
        ("2025-01-05..2025-01-05T12:00:00Z", DAY, DAY + timedelta(hours=12)),
        (
            "2025-01-05T01:00:00+01:00..2025-01-05T12:00:00Z",
            DAY,
            DAY + timedelta(hours=12),
        ),
        ("2025-01-05T00:00:00Z", DAY, DAY + timedelta(seconds=1)),
    ],
)
def test_an_interval_is_read_as_days_or_instants(
    text: str, start: datetime | None, end: datetime | None
) -> None:
    assert interval(text) == Interval(start, end)
