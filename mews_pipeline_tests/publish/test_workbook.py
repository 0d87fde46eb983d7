"""The workbook for Excel has the numbers of the marts, and says what they mean."""

from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest

from mews_pipeline.publish import publish, workbook
from mews_pipeline.publish.published_copy import ReportError
from mews_pipeline.publish.workbook import FILE, SHEETS, WorkbookError, write_workbook
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.support.priced_copy import NO_MONEY

# What an analyst would compare a sheet with
SUMS = {
    "Occupancy": "select sum(spaces_occupied), sum(spaces_usable), sum(guests) "
    "from marts.rpt_portfolio_daily inner join today using (enterprise_id) "
    "where stay_date between today - 31 and today + 365",
    "Pickup": "select sum(rooms), sum(guests), sum(rooms_cancelled) from marts.rpt_pickup "
    "inner join marts.dim_service using (service_id, enterprise_id) "
    "inner join today using (enterprise_id) "
    "where is_lodging and stay_date between today - 31 and today + 365",
    "Pace": "select sum(rooms), sum(guests), sum(days_before * rooms) from marts.rpt_booking_pace "
    "inner join marts.dim_service using (service_id, enterprise_id) "
    "inner join today using (enterprise_id) "
    "where is_lodging and stay_date between today - 31 and today + 90",
    "Performance": "select sum(room_revenue), sum(total_revenue), sum(rooms_sold) "
    "from marts.rpt_performance_daily inner join today using (enterprise_id) "
    "where stay_date between today - 31 and today + 365",
}
COLUMNS = {
    "Occupancy": ("spaces_occupied", "spaces_usable", "guests"),
    "Pickup": ("rooms", "guests", "rooms_cancelled"),
    "Pace": ("rooms", "guests"),
    "Performance": ("room_revenue", "total_revenue", "rooms_sold"),
}
TODAY = (
    "create temp table today as select enterprise_id, "
    "cast(as_of_utc at time zone coalesce(time_zone, 'UTC') as date) as today from about"
)


@pytest.fixture(scope="module")
def copy(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("workbook") / "analytics.duckdb"
    return publish(DuckDBFile(lived.warehouse), path).path


@pytest.fixture(scope="module")
def sheets(copy: Path) -> dict[str, list[dict[str, Any]]]:
    write_workbook(copy, copy.parent / "export")
    return read(copy.parent / "export" / FILE)


def read(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Read the rows of each sheet by the names in its second line."""
    found = {}
    for sheet in openpyxl.load_workbook(path).worksheets:
        _, names, *rows = sheet.iter_rows(values_only=True)
        found[sheet.title] = [dict(zip(map(str, names), row, strict=True)) for row in rows]
    return found


@pytest.mark.parametrize("sheet", SUMS)
def test_a_sheet_sums_to_its_mart(
    copy: Path, sheets: dict[str, list[dict[str, Any]]], sheet: str
) -> None:
    with duckdb.connect(str(copy), read_only=True) as connection:
        connection.execute(TODAY)
        expected = connection.execute(SUMS[sheet]).fetchone()
    assert expected
    assert expected[0] != 0
    rows = sheets[sheet]
    sums = [sum(row[name] or 0 for row in rows) for name in COLUMNS[sheet]]
    if sheet == "Pace":
        sums.append(sum(row["days_before"] * row["rooms"] for row in rows))
    assert sums == pytest.approx([float(each) for each in expected])


def test_each_column_is_defined(sheets: dict[str, list[dict[str, Any]]]) -> None:
    defined = {(row["sheet"], row["column"]): row["meaning"] for row in sheets["Definitions"]}
    for sheet in SHEETS:
        for column in sheets[sheet][0]:
            assert defined.pop((sheet, column))
    assert not defined


@pytest.mark.usefixtures("sheets")
def test_each_amount_of_money_has_two_decimals(copy: Path) -> None:
    with duckdb.connect(str(copy), read_only=True) as connection:
        found = connection.execute(
            "select column_name from duckdb_columns() where table_name = 'rpt_performance_daily'"
            " and (data_type ^@ 'DECIMAL' or column_name in ('adr', 'revpar', 'trevpar'))"
        ).fetchall()
    amounts = {name for (name,) in found}
    sheet = openpyxl.load_workbook(copy.parent / "export" / FILE)["Performance"]
    _, names, first, *_ = sheet.iter_rows()
    forms = {name.value: cell.number_format for name, cell in zip(names, first, strict=True)}
    assert len(amounts) > 5
    assert {forms[name] for name in amounts} == {"#,##0.00"}


def test_a_copy_without_money_has_no_sheet_of_performance(copy: Path, tmp_path: Path) -> None:
    assert "Performance" in write_workbook(copy, tmp_path)
    without_money = tmp_path / "analytics.duckdb"
    without_money.write_bytes(copy.read_bytes())
    with duckdb.connect(str(without_money)) as connection:
        connection.execute(NO_MONEY)
    assert set(write_workbook(without_money, tmp_path)) == {"Occupancy", "Pickup", "Pace"}


def test_a_name_is_no_formula_and_the_old_workbook_goes_whole(copy: Path, tmp_path: Path) -> None:
    named = tmp_path / "analytics.duckdb"
    named.write_bytes(copy.read_bytes())
    with duckdb.connect(str(named)) as connection:
        connection.execute("update about set enterprise_name = '=1+1' where enterprise_id != 'all'")
    write_workbook(named, tmp_path / "export")
    names = {row["property"] for row in read(tmp_path / "export" / FILE)["Pickup"]}
    assert names == {"=1+1"}
    assert [path.name for path in (tmp_path / "export").iterdir()] == [FILE]


def test_more_rows_than_excel_opens_leave_the_old_workbook(
    monkeypatch: pytest.MonkeyPatch, copy: Path, tmp_path: Path
) -> None:
    write_workbook(copy, tmp_path)
    before = (tmp_path / FILE).read_bytes()
    monkeypatch.setattr(workbook, "_ROWS_MOST", 10)
    with pytest.raises(WorkbookError, match=r"The sheet Occupancy would have .* read the Parquet"):
        write_workbook(copy, tmp_path)
    assert (tmp_path / FILE).read_bytes() == before


def test_without_a_copy_there_is_one_message(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="There is no published copy"):
        write_workbook(tmp_path / "absent.duckdb", tmp_path / "export")
