"""`mews-pipeline reconcile-revenue`: figures copied from Mews next to ours."""

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner, Result

from mews_pipeline.cli.main import app
from mews_pipeline.publish.revenue_file import Figure, RevenueFileError, figures

HEAD = "property,date,classification,net\n"
FIGURES = (
    "select enterprise_id, revenue_date, classification, currency, sum(net)::decimal(18, 2)"
    " from marts.fct_revenue_daily where bucket = 'definite' and enterprise_id != 'unknown'"
    " and revenue_date between '2026-04-10' and '2026-04-12' group by all order by all"
)


def run(copy: Path, *arguments: str) -> Result:
    arguments = ("reconcile-revenue", *arguments)
    return CliRunner().invoke(app, arguments, env={"MEWS_ANALYTICS": str(copy)})


@pytest.fixture
def rows(copy: Path) -> list[list[str]]:
    with duckdb.connect(str(copy), read_only=True) as connection:
        found = connection.execute(FIGURES).fetchall()
    assert len(found) > 10
    return [[str(cell) for cell in row] for row in found]


def write(path: Path, rows: list[list[str]]) -> str:
    with path.open("w", encoding="utf-8", newline="") as file:
        names = ["property", "date", "classification", "currency", "net"]
        csv.writer(file).writerows([names, *rows])
    return str(path)


def test_our_own_figures_differ_nowhere(copy: Path, rows: list[list[str]], tmp_path: Path) -> None:
    result = run(copy, write(tmp_path / "figures.csv", rows))
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{len(rows)} of {len(rows)} figures are equal to ours.\n"


def test_what_differs_is_named_by_day_and_classification(
    copy: Path, rows: list[list[str]], tmp_path: Path
) -> None:
    changed, missing, *others = rows
    more = [*changed[:4], str(Decimal(changed[4]) + 10)]
    classes = [row[2] for row in others if row[0] == missing[0]]
    result = run(copy, write(tmp_path / "figures.csv", [more, *others]), "--format", "json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [found[0][name] for name in ("date", "classification", "difference")] == [
        changed[1],
        changed[2],
        "-10.00",
    ]
    # A classification that the file names has a line on each of its dates, else it is zero there
    assert (len(found) == 2) == (missing[2] in classes and missing[1] == changed[1])


def test_two_properties_with_one_name_are_compared_each_by_itself(
    copy: Path, rows: list[list[str]], tmp_path: Path
) -> None:
    renamed = tmp_path / "analytics.duckdb"
    renamed.write_bytes(copy.read_bytes())
    renamed.chmod(0o600)
    with duckdb.connect(str(renamed)) as connection:
        connection.execute("update about set enterprise_name = 'Twin' where enterprise_id != 'all'")
    first, second = sorted({row[0] for row in rows})[:2]
    kept = [row for row in rows if row[:3:2] != [second, "Accommodation"]]
    result = run(renamed, write(tmp_path / "figures.csv", kept))
    assert result.exit_code == 0, result.output
    assert f"{len(kept)} of {len(kept)} figures are equal to ours.\n" in result.stdout
    # The first has a line of it, the second has none
    assert any(row[:3:2] == [first, "Accommodation"] for row in kept)
    assert "Not in the file: Accommodation in" in result.stdout


def test_a_file_from_excel_has_semicolons_and_decimal_commas(tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    text = "\ufeffProperty;Date;Classification;Net\nHotel;2026-01-31;Food and beverage;1234,5\n\n"
    file.write_text(text, encoding="utf-8")
    read = Figure(2, "Hotel", date(2026, 1, 31), "Food and beverage", None, Decimal("1234.5"))
    assert figures(file) == [read]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no column property, date, classification, net"),
        ("property,net\na,1\n", "has no column date, classification"),
        (HEAD, "has no figures"),
        (HEAD + ",2026-01-31,Taxes,1\n", "line 2: property is empty"),
        (HEAD + "a,31.1.2026,Taxes,1\n", "line 2: date is '31.1.2026', not a date such as"),
        (HEAD + "a,2026-01-31,Taxes,one\n", "line 2: net is 'one', not a number"),
        (HEAD + "a,2026-01-31,Taxes,nan\n", "line 2: net is 'nan', not a number"),
        (HEAD + 'a,2026-01-31,Taxes,"1,234.50"\n', "line 2: net is '1,234.50'"),
        (HEAD + "a,2026-01-31,Taxes,1,5\n", "line 2: it has more cells than the first line"),
        (HEAD + 'a,2026-01-31,"Taxes,1\n', "unexpected end of data"),
    ],
)
def test_a_bad_file_is_one_clear_message(tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "figures.csv"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(RevenueFileError) as raised:
        figures(file)
    assert message in str(raised.value)


def test_what_is_no_text_or_no_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    with pytest.raises(RevenueFileError, match="There is no file"):
        figures(file)
    file.write_bytes(b"property\xff")
    with pytest.raises(RevenueFileError, match="is not a text in UTF-8"):
        figures(file)


def test_unknown_properties_and_classifications_are_named(copy: Path, tmp_path: Path) -> None:
    file = tmp_path / "figures.csv"
    file.write_text(HEAD + "Nowhere,2026-04-10,Accommodation,1\n", encoding="utf-8")
    result = run(copy, str(file))
    assert (result.exit_code, "There is no property Nowhere" in result.stderr) == (1, True)
    file.write_text(HEAD + "%,2026-04-10,Accommodation,1\n", encoding="utf-8")
    assert "More than one property is '%'" in run(copy, str(file)).stderr
    file.write_text(HEAD + "Hudson House,2026-04-10,Accomodation,1\n", encoding="utf-8")
    assert "no item has the classification 'Accomodation'" in run(copy, str(file)).stderr
