"""What is read by touched dates is stored by date, so that DuckDB skips the rest."""

import duckdb
import pytest

from mews_pipeline_tests.conftest import Lived


@pytest.mark.parametrize(
    ("table", "date"),
    [
        ("marts.fct_room_night_ledger", "stay_date"),
        ("marts.fct_reservations", "arrival_date"),
        ("marts.fct_revenue_ledger", "revenue_date"),
        ("intermediate.int_night_revenue", "stay_date"),
    ],
)
def test_a_build_in_full_stores_rows_by_date(lived: Lived, table: str, date: str) -> None:
    steps = f"select {date} < lag({date}) over (order by rowid) as is_back from {table}"
    with duckdb.connect(str(lived.warehouse), read_only=True) as connection:
        found = connection.execute(
            f"select count(*) filter (is_back), count(*) > 100 from ({steps})"
        ).fetchone()
    assert found == (0, True)
