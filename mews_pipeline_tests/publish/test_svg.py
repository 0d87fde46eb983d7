"""The small charts show what the marts hold, and stay small."""

import base64
from datetime import date, timedelta

import duckdb
import pytest

from mews_pipeline.publish.report.svg import sketch
from mews_pipeline_tests.conftest import Lived

TODAY = date(2026, 1, 5)
MATRIX = """
    create schema marts;
    create table marts.rpt_state_transition_matrix as
    select unnest([null, 'Confirmed', 'Confirmed', 'New & odd']) as from_state,
        unnest(['Confirmed', 'Started', 'Canceled', 'Confirmed']) as to_state,
        unnest([1000, 30, 10, 1]) as transitions
"""


def drawn(connection: duckdb.DuckDBPyConnection, model: str) -> str:
    told = sketch(connection, model)
    assert told
    return base64.b64decode(told.partition("base64,")[2].removesuffix(")")).decode()


def nights(connection: duckdb.DuckDBPyConnection, rooms: int) -> None:
    connection.execute("create schema marts; create schema intermediate")
    connection.execute(
        "create table intermediate.int_now as select 'all' as enterprise_id, ? as now_utc"
        " union all select 'slow', ?",
        [TODAY, TODAY - timedelta(days=9)],
    )
    connection.execute(
        """
        create table marts.fct_occupancy_daily as
        select $first::date + unnest(range(800))::int as stay_date,
            'hotel' as enterprise_id, $rooms as rooms_occupied, 1 as rooms_optional
        """,
        {"first": TODAY - timedelta(days=400), "rooms": rooms},
    )


def test_occupancy_is_a_bar_for_each_of_120_nights_however_many_there_are() -> None:
    with duckdb.connect() as connection:
        nights(connection, rooms=3)
        chart = drawn(connection, "fct_occupancy_daily")

    assert chart.count("v-105.0") == chart.count("v-35.0") == 120
    assert [month in chart for month in ("Jan 2026", "Apr 2026", "May 2026")] == [True, True, False]
    assert len(chart) < 10_000


def test_the_matrix_counts_transitions_shades_shares_and_shows_new_states() -> None:
    with duckdb.connect() as connection:
        connection.execute(MATRIX)
        chart = drawn(connection, "rpt_state_transition_matrix")

    assert ">1,000<" in chart
    assert 'fill-opacity="0.79"' in chart  # 30 of 40
    assert chart.index(">Started<") < chart.index(">New &amp; odd<")


@pytest.mark.parametrize("model", ["fct_occupancy_daily", "rpt_state_transition_matrix"])
def test_the_marts_of_a_real_build_are_drawn(lived: Lived, model: str) -> None:
    with lived.connect() as connection:
        assert 1_000 < len(drawn(connection, model)) < 10_000


def test_a_model_without_numbers_or_without_a_chart_shows_none() -> None:
    with duckdb.connect() as connection:
        nights(connection, rooms=-1)
        assert sketch(connection, "fct_occupancy_daily") is None
        assert sketch(connection, "dim_date") is None
