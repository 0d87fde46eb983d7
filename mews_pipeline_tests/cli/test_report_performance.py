"""`mews-pipeline report performance` shows ADR, RevPAR and revenue, and adds no currencies."""

import csv
import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from mews_pipeline.cli.main import app
from mews_pipeline_tests.support.priced_copy import TODAY, priced_copy


@pytest.fixture(scope="module")
def priced(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return priced_copy(tmp_path_factory.mktemp("priced") / "analytics.duckdb")


def run(copy: Path, *arguments: str) -> Result:
    return CliRunner().invoke(
        app, ["report", "performance", *arguments], env={"MEWS_ANALYTICS": str(copy)}
    )


def rows(copy: Path, *arguments: str) -> list[dict[str, Any]]:
    result = run(copy, *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def test_the_next_14_nights_of_each_property_are_shown_in_its_currency(priced: Path) -> None:
    found = rows(priced)
    assert {row["property"] for row in found} == {"Alpha", "Beta", "Gamma"}
    alpha = [row for row in found if row["property"] == "Alpha"]
    assert [row["night"] for row in alpha] == [f"{TODAY + timedelta(n)}" for n in range(14)]
    first = alpha[0] | {"night": None}
    assert first == {
        "property": "Alpha", "night": None, "currency": "CZK", "available": 10, "sold": 5,
        "complimentary": 1, "occupancy": 0.6, "adr": 1000.0, "revpar": 500.0, "trevpar": 600.0,
        "room_revenue": 5000.0, "total_revenue": 6000.0,
    }  # fmt: skip
    assert [(row["currency"], row["sold"]) for row in found if row["property"] == "Gamma"][:2] == [
        ("USD", 8), ("CZK", None),
    ]  # fmt: skip


def test_totals_are_ratios_of_sums_by_currency(priced: Path) -> None:
    lines = [line.split() for line in run(priced).stdout.splitlines()]
    # 20 rooms sold of 40 for 50,000 a night: the average of the two ADRs would be 2,000
    assert [line for line in lines if line[:1] == ["total"]] == [
        ["total", "CZK", "560", "280", "14", "52.5%", "2,500.00", "1,250.00", "1,287.50",
         "700,000", "721,000"],
        ["total", "USD", "280", "112", "0", "40.0%", "125.00", "50.00", "60.00",
         "14,000", "16,800"],
        ["total", "CZK", "0", "9,800"],
    ]  # fmt: skip


def test_what_is_not_known_of_one_property_is_not_known_of_a_total(tmp_path: Path) -> None:
    copy = priced_copy(tmp_path / "analytics.duckdb")
    with duckdb.connect(str(copy)) as connection:
        connection.execute(
            "update marts.rpt_performance_daily set rooms_available = null "
            "where enterprise_id = 'beta'"
        )
    lines = [line.split() for line in run(copy).stdout.splitlines()]
    total = next(line for line in lines if line[:2] == ["total", "CZK"])
    assert total == ["total", "CZK", "280", "14", "2,500.00", "700,000", "721,000"]


def test_all_is_the_sum_of_what_shares_a_currency(priced: Path) -> None:
    found = rows(priced, "--property", "all", "--from", f"{TODAY}", "--to", f"{TODAY}")
    assert [(row["property"], row["currency"], row["adr"]) for row in found] == [
        ("All properties", "CZK", 2500.0), ("All properties", "USD", 125.0),
    ]  # fmt: skip


def test_the_definition_is_named_and_can_be_chosen(priced: Path) -> None:
    assert "by the definition mews_manager, as of 2026-04-25 09:30 UTC" in run(priced).stdout
    usali = run(priced, "--definition", "usali", "--property", "alpha")
    assert "by the definition usali" in usali.stdout
    assert "2,000.00" in usali.stdout
    refused = run(priced, "--definition", "ours")
    assert refused.exit_code == 1
    assert refused.stderr == "There is no definition ours. There are: mews_manager, usali\n"


def test_numbers_are_right_aligned(priced: Path) -> None:
    lines = [line.rstrip() for line in run(priced, "--property", "%a").stdout.splitlines()]
    heading = next(line for line in lines if "currency" in line)
    ends = [heading.index(name) + len(name) for name in ("available", "sold")]
    shown = [line for line in lines if line.startswith((" Alpha", " Beta", "Alpha", "Beta"))]
    assert shown
    assert all(line[end - 1].isdigit() for line in shown for end in ends)
    assert len({len(line) for line in shown}) == 1


def test_csv_and_json_have_no_totals(priced: Path) -> None:
    found = list(csv.DictReader(io.StringIO(run(priced, "--format", "csv").stdout)))
    assert len(found) == len(rows(priced)) == 4 * 14
    assert sum(float(row["room_revenue"]) for row in found) == 14 * 51_000


@pytest.mark.parametrize("definition", [[], ["--definition", "usali"]])
def test_a_copy_without_money_says_so(tmp_path: Path, definition: list[str]) -> None:
    result = run(priced_copy(tmp_path / "old.duckdb", has_money=False), *definition)
    assert result.exit_code == 0
    assert "there is none: nothing was fetched of it yet" in " ".join(result.stdout.split())
