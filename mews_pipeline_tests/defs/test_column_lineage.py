"""Each column of a model is traced to the columns of other assets that it is made of."""

import dagster as dg
import pytest

from mews_pipeline.defs.column_lineage import column_lineage, schema_of

COLUMNS = {
    ("raw", "stays"): {"id": "varchar", "state": "varchar", "rooms": "bigint"},
    ("raw", "spaces"): {"id": "varchar", "spaces": "bigint"},
}
KEYS = {relation: dg.AssetKey(["mews", relation[1]]) for relation in COLUMNS}


def sources(sql: str) -> dict[str, set[str]] | None:
    """Give the sources of each column, as table.column."""
    found = column_lineage(sql, schema_of("warehouse", COLUMNS), KEYS)
    if found is None:
        return None
    return {
        column: {f"{d.asset_key.path[-1]}.{d.column_name}" for d in deps}
        for column, deps in found.deps_by_column.items()
    }


STAYS, SPACES = '"warehouse"."raw"."stays"', '"warehouse"."raw"."spaces"'


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        pytest.param(
            f"with s as (select * from {STAYS}) select id as stay_id, rooms from s",
            {"stay_id": {"stays.id"}, "rooms": {"stays.rooms"}},
            id="renamed, by way of a star",
        ),
        pytest.param(
            f"select sum(a.rooms) / any_value(b.spaces) as occupancy from {STAYS} as a "
            f"join {SPACES} as b using (id)",
            {"occupancy": {"stays.rooms", "spaces.spaces"}},
            id="computed from two tables",
        ),
        pytest.param(
            f"with u as (select id, rooms from {STAYS} union all by name "
            f"select spaces, id from {SPACES}) select id, rooms, spaces from u",
            {
                "id": {"stays.id", "spaces.id"},
                "rooms": {"stays.rooms"},
                "spaces": {"spaces.spaces"},
            },
            id="a union by name",
        ),
        pytest.param(
            f"select id, count(*) as stays, 1 as one from {STAYS} group by id",
            {"id": {"stays.id"}},
            id="from no column",
        ),
        pytest.param("select from where", None, id="no SQL"),
    ],
)
def test_columns_come_from(sql: str, expected: dict[str, set[str]] | None) -> None:
    assert sources(sql) == expected
