"""In a refresh a data test reads the touched nights, and of these what its `where` asks for."""

from types import SimpleNamespace

import duckdb
import jinja2
import pytest

from mews_pipeline_tests.support.dbt import DBT_PROJECT

_MACROS = (DBT_PROJECT / "macros" / "touched_nights.sql").read_text()
_TOUCHED = "intermediate.int_touched_nights"


class Occupancy(str):
    """The name of the mart as dbt's relation."""

    __slots__ = ()
    identifier = "fct_occupancy_daily"


def read_by_a_test(where: str | None) -> str:
    """Return what dbt reads for a data test of occupancy in a refresh that touched nights."""
    jinja = jinja2.Environment(extensions=["jinja2.ext.do"])  # noqa: S701 - no HTML
    called = jinja.from_string(_MACROS + "{{ duckdb__get_where_subquery(relation) }}")
    return called.render(
        {
            "relation": Occupancy("marts.fct_occupancy_daily"),
            "config": {"where": where},
            "flags": SimpleNamespace(INDIRECT_SELECTION="empty"),
            "execute": True,
            "run_query": lambda _: SimpleNamespace(rows=["a touched night"]),
            "target": SimpleNamespace(database="warehouse"),
            "api": SimpleNamespace(Relation=SimpleNamespace(create=lambda *_: _TOUCHED)),
            # A macro's output is what it returns, so one that goes on after it must add nothing
            "return": lambda returned: returned,
            "default__get_where_subquery": lambda _: "",
        }
    )


@pytest.mark.parametrize(
    ("where", "read"), [(None, {1, 2}), ("rooms > 1", {2}), ("rooms > 5 or rooms = 1", {1})]
)
def test_a_test_of_a_refresh_reads_what_its_where_asks_for(
    where: str | None, read: set[int]
) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            """
            create schema marts; create schema intermediate;
            create table marts.fct_occupancy_daily as
            select 'service' as service_id, date '2026-01-01' + n::int as stay_date, n as rooms
            from range(1, 9) t(n);
            create table intermediate.int_touched_nights as
            select service_id, stay_date from marts.fct_occupancy_daily where rooms < 3
            """
        )
        found = connection.execute(f"select rooms from {read_by_a_test(where)}").fetchall()
    assert {rooms for (rooms,) in found} == read
