"""A literal is the text that was given, whatever is in it."""

from pathlib import Path

import duckdb
import pytest

from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline.warehouse.quoting import literal

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
