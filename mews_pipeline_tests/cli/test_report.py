"""`mews-pipeline report` gives the marts' numbers from the published copy, in three formats."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from mews_pipeline.cli.main import app
from mews_pipeline.publish import terminal
from mews_pipeline_tests.test_docs_commands import same_as_the_report

NEXT_NIGHTS = [*((4, day) for day in range(25, 31)), *((5, day) for day in range(1, 9))]


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
    every = rows(copy, "pickup", "--days", days, "--from", "2000-01-01", "--property", "%")
    assert sum(row["rooms"] for row in every) == expected
    assert {row["property"] for row in every} == {"Hudson House", "Sumida Inn", "Vltava Palace"}


def test_pickup_shows_the_next_14_nights_of_all_properties_with_totals(copy: Path) -> None:
    found = rows(copy, "pickup")
    assert {row["property"] for row in found} == {"All properties"}
    nights = [row["night"] for row in found]
    # From the first property's date on, so that none is missing in a sum
    assert nights == [f"2026-{m:02}-{d:02}" for m, d in NEXT_NIGHTS]
    expected = asked(
        copy,
        "select sum(rooms) from marts.rpt_pickup join marts.dim_service using (service_id) "
        "where window_days = 7 and is_lodging and stay_date between '2026-04-25' and '2026-05-08'",
    )
    assert sum(row["rooms"] for row in found) == expected
    shown = run(copy, "pickup").stdout
    assert [line.split()[:2] for line in shown.splitlines() if "total" in line] == [
        ["total", str(expected)]
    ]


def test_numbers_are_right_aligned(copy: Path) -> None:
    lines = run(copy, "occupancy", "--property", "vltava%").stdout.splitlines()
    heading = next(line for line in lines if "usable" in line)
    end = heading.index("usable") + len("usable")
    cells = [line[:end].split()[-1] for line in lines if line.startswith(" Vltava")]
    assert cells
    assert all(cell.isdigit() for cell in cells)
    assert all(line[end - 1 : end].isdigit() for line in lines if line.startswith(" Vltava"))


@pytest.mark.parametrize("command", ["occupancy", "pickup", "transitions"])
def test_an_unknown_property_names_the_nearest(copy: Path, command: str) -> None:
    result = run(copy, command, "--property", "vltava palast")
    assert result.exit_code == 1
    assert result.stderr == ("There is no property vltava palast. The nearest: 'Vltava Palace'\n")


@pytest.mark.parametrize("command", ["occupancy", "pickup", "transitions"])
def test_a_range_that_ends_before_it_starts_is_an_error(copy: Path, command: str) -> None:
    result = run(copy, command, "--from", "2026-04-02", "--to", "2026-04-01")
    assert result.exit_code == 1
    assert "ends (2026-04-01) before it starts (2026-04-02)" in result.stderr


def test_the_next_nights_are_those_of_the_portfolio(copy: Path) -> None:
    found = terminal.next_nights(copy)
    assert [str(row[0]) for row in found.rows] == [f"2026-{m:02}-{d:02}" for m, d in NEXT_NIGHTS]
    expected = asked(
        copy,
        "select sum(spaces_occupied) from marts.rpt_portfolio_daily where enterprise_id = 'all' "
        "and stay_date between '2026-04-25' and '2026-05-08'",
    )
    assert sum(row[found.names.index("occupied")] for row in found.rows) == expected
    # No night of last year is known here
    assert "occupancy_last_year" not in found.names
    assert len(terminal.next_nights_by_property(copy).rows) == 3


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


def test_the_sql_of_the_readme_agrees_with_the_report(copy: Path) -> None:
    # Every property has these nights among its next 14
    same_as_the_report(copy, date(2026, 4, 26), date(2026, 5, 8))
