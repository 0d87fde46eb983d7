"""`mews-pipeline report` gives the marts' numbers from the published copy, in three formats."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from mews_pipeline.cli.main import app


def run(copy: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments], env={"MEWS_ANALYTICS": str(copy)})


def rows(copy: Path, *arguments: str) -> list[dict[str, Any]]:
    result = run(copy, *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)  # type: ignore[no-any-return]


def asked(copy: Path, sql: str) -> Any:
    with duckdb.connect(str(copy), read_only=True) as connection:
        return connection.execute(sql).fetchall()[0][0]


def test_occupancy_is_that_of_the_portfolio(copy: Path) -> None:
    found = rows(copy, "occupancy", "--from", "2026-04-01", "--to", "2026-04-07")
    expected = asked(
        copy,
        "select sum(spaces_occupied) from marts.rpt_portfolio_daily "
        "where stay_date between '2026-04-01' and '2026-04-07' and enterprise_id != 'all'",
    )
    assert sum(r["rooms"] for r in found if r["property"] != "All properties") == expected
    assert {row["night"] for row in found} == {f"2026-04-0{day}" for day in range(1, 8)}


def test_transitions_are_those_of_the_matrix(copy: Path) -> None:
    found = rows(copy, "transitions")
    total = asked(copy, "select sum(transitions) from marts.rpt_state_transition_matrix")
    assert sum(row["transitions"] for row in found) == total
    assert all(
        row["observed"] + row["inferred"] + row["collapsed"] == row["transitions"] for row in found
    )


@pytest.mark.parametrize("days", ["1", "7", "30"])
def test_pickup_is_the_window_asked_for(copy: Path, days: str) -> None:
    expected = asked(
        copy,
        "select sum(rooms) from marts.rpt_pickup join marts.dim_service using (service_id) "
        f"where window_days = {days} and is_lodging",
    )
    assert sum(row["rooms"] for row in rows(copy, "pickup", "--days", days)) == expected


def test_one_property_can_be_asked_for_by_a_part_of_its_name(copy: Path) -> None:
    found = rows(copy, "occupancy", "--property", "vltava%")
    assert {row["property"] for row in found} == {"Vltava Palace"}


def test_csv_has_the_same_rows_as_json(copy: Path) -> None:
    result = run(copy, "transitions", "--format", "csv")
    found = list(csv.DictReader(io.StringIO(result.stdout)))
    assert [{k: str(v) for k, v in row.items()} for row in rows(copy, "transitions")] == found


def test_the_table_shows_the_instant_it_stands_for(copy: Path) -> None:
    result = run(copy, "occupancy")
    assert "as of 2026-04-25 09:30 UTC" in result.stdout
    assert "Sumida Inn" in result.stdout


def test_without_a_published_copy_the_message_says_how_to_get_one(tmp_path: Path) -> None:
    result = run(tmp_path / "analytics.duckdb", "occupancy")
    assert result.exit_code == 1
    assert "There is no published copy" in result.stderr
    assert not list(tmp_path.iterdir())


def test_another_file_is_not_taken_for_a_copy(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    result = run(tmp_path / "notes.txt", "pickup")
    assert result.exit_code == 1
    assert "cannot be read as a published copy" in result.stderr
