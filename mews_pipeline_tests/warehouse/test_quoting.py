"""A literal is the text that was given, whatever is in it."""

from pathlib import Path

import duckdb
import pytest

from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.quoting import file, files, literal

TEXTS = ["", " ", " pass word ", "it's", "''", "\ttab\n", 'a "quoted" name', "\\", "; drop table x"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_passes_through_sql_unchanged(text: str) -> None:
    assert duckdb.sql(f"select {literal(text)}").fetchall() == [(text,)]


def test_no_text_is_null() -> None:
    assert duckdb.sql(f"select {literal(None)}").fetchall() == [(None,)]


def test_a_password_with_spaces_and_quotes_reaches_duckdb_unchanged() -> None:
    password = " it's a pass word "  # noqa: S105
    with duckdb.connect() as connection:
        connection.execute("create table kept as select " + literal(password) + " as password")
        found = connection.execute("select password = ? from kept", [password]).fetchone()
    assert found == (True,)


def test_a_warehouse_whose_path_has_spaces_and_quotes_is_attached(tmp_path: Path) -> None:
    warehouse = DuckDBFile(tmp_path / "it's mine " / "w h.duckdb")
    with warehouse.open():
        pass
    with duckdb.connect() as connection:
        name = warehouse.attach(connection)
        assert connection.sql(f'select count(*) from "{name}".raw.services').fetchone() == (0,)


@pytest.mark.parametrize("folder", ["plain", "back\\slash", "[a]*?", "all\\[of]*?'them"])
def test_files_in_a_folder_of_any_name_are_found(tmp_path: Path, folder: str) -> None:
    one = tmp_path / folder / "rows-0.csv"
    one.parent.mkdir()
    one.write_text("1\n")
    (one.with_name("rows-1.csv")).write_text("2\n")
    alone = duckdb.sql(f"select sum(column0) from read_csv({file(one)}, header = false)")
    both = duckdb.sql(
        f"select sum(column0) from read_csv({files(one.with_name('rows-*.csv'))}, header = false)"
    )
    assert alone.fetchall() == [(1,)]
    assert both.fetchall() == [(3,)]
