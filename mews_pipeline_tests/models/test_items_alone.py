"""Where no reservation landed, a build leaves alone what the last list of touched ones names."""

from pathlib import Path
from shutil import copyfile

import duckdb
import pytest

from mews_pipeline.defs.dbt import Build, command
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.support.dbt import built

pytestmark = pytest.mark.slow
REFRESH = [
    *command(Build(), is_refresh=True),
    *("--select", "int_night_revenue", "rpt_booking_pace"),
]
# A night with an amount that it lacks, and a guest too many on the books
SPOIL = """
    delete from intermediate.int_touched_item_versions;
    update intermediate.int_night_revenue set has_amount = not has_amount
    where rowid = (select max(rowid) from intermediate.int_night_revenue);
    update marts.rpt_booking_pace set guests = guests + 1
    where rowid = (select max(rowid) from marts.rpt_booking_pace)
"""
COUNTED = "select count(*) filter (has_amount), count(*) from intermediate.int_night_revenue"
GUESTS = "select sum(guests), count(*) from marts.rpt_booking_pace"


@pytest.mark.parametrize(
    ("mark", "are_nights_counted", "is_pace_counted"),
    [
        pytest.param("landed_through = landed_through", False, False, id="all is posted"),
        pytest.param(
            "landed_through = landed_through - interval 1 second", True, True, id="a build failed"
        ),
        pytest.param("last_night = last_night - 365", True, False, id="the window has grown"),
    ],
)
def test_touched_reservations_are_counted_until_they_are_posted(
    lived: Lived, tmp_path: Path, mark: str, *, are_nights_counted: bool, is_pace_counted: bool
) -> None:
    # The last build of this warehouse touched everything
    warehouse = tmp_path / "warehouse.duckdb"
    copyfile(lived.warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        right = [connection.execute(query).fetchone() for query in (COUNTED, GUESTS)]
        connection.execute(SPOIL)
        connection.execute(f"update intermediate.int_refresh_applied set {mark}")

    built(warehouse, lived.start, *REFRESH)

    with duckdb.connect(str(warehouse), read_only=True) as connection:
        found = [connection.execute(query).fetchone() for query in (COUNTED, GUESTS)]
    counted = [one == wanted for one, wanted in zip(found, right, strict=True)]
    assert counted == [are_nights_counted, is_pace_counted]
