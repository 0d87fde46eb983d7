"""Every column of every mart of random worlds equals what plain Python computes from raw rows."""

import json
import os
import random
from pathlib import Path

import duckdb
import pytest

from mews_pipeline_tests.models.brute_force import expected_money as money
from mews_pipeline_tests.models.brute_force import marts, worlds
from mews_pipeline_tests.models.brute_force.compare import built, called, differences
from mews_pipeline_tests.models.brute_force.facts import Facts
from mews_pipeline_tests.models.brute_force.rows import Landing, write
from mews_pipeline_tests.support import dbt
from mews_pipeline_tests.support.built_marts import MODELS_ALONE, connect

# More worlds: BRUTE_FORCE_SEEDS=40 pytest -m slow -k random_world
SEEDS = range(int(os.environ.get("BRUTE_FORCE_SEEDS", "4")))


def _land_and_build(warehouse: Path, world: worlds.World, landings: tuple[Landing, ...]) -> None:
    with connect(warehouse) as connection:
        for landing in landings:
            write(connection, landing)
    levels = json.dumps({"counting_levels": world.counting_levels})
    dbt.built(warehouse, world.start, *MODELS_ALONE, "--vars", levels)


def _there(warehouse: Path) -> set[str]:
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        tables = connection.execute(
            "select table_name from information_schema.tables where table_schema = 'marts'"
        ).fetchall()
    return {name for (name,) in tables}


def _wrong(warehouse: Path, facts: Facts) -> str:
    """List for each mart where it is not what is expected; nothing when all are."""
    reports = []
    there = _there(warehouse)
    for mart, (expect, keys) in marts.EXPECTED.items():
        if mart not in there:
            continue
        found, wanted = (
            marts.settled(mart, rows) for rows in (built(warehouse, mart), expect(facts))
        )
        lines = differences(found, wanted, keys)
        if lines:
            reports.append("\n".join((mart, *lines)))
    return "\n\n".join(reports)


def _wrong_books(warehouse: Path, facts: Facts, seed: int) -> list[str]:
    """List where the books as of random instants are not what is expected."""
    rng, posted = random.Random(seed), [one.at for one in money.postings(facts)]  # noqa: S311
    first, last = min(posted), max(posted)
    lines = []
    for _ in range(5):
        as_of = first + (last - first) * rng.random()
        found = called(warehouse, "marts.revenue_on_the_books(?)", as_of)
        lines += differences(found, money.on_the_books(facts, as_of), money.ON_THE_BOOKS)
    return lines


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_every_mart_of_a_random_world_equals_plain_python(seed: int, tmp_path: Path) -> None:
    world = worlds.make(seed)
    warehouse = tmp_path / "warehouse.duckdb"

    _land_and_build(warehouse, world, world.first)
    in_full = _wrong(warehouse, Facts(world, world.first))
    assert not in_full, f"seed {seed}, built in full:\n{in_full}"
    assert _there(warehouse) == set(marts.EXPECTED)

    _land_and_build(warehouse, world, world.later)
    facts = Facts(world, world.first + world.later)
    refreshed = _wrong(warehouse, facts)
    assert not refreshed, f"seed {seed}, built again with what landed later:\n{refreshed}"
    assert _wrong_books(warehouse, facts, seed) == []


ROW = {"service_id": "stay", "rooms": 2, "share": 1 / 3}


@pytest.mark.parametrize(
    ("found", "reports"),
    [
        pytest.param([{**ROW, "rooms": 3}], "rooms is 3.0, not 2.0", id="a wrong number"),
        pytest.param([{**ROW, "rooms": None}], "rooms is None, not 2.0", id="nothing for a number"),
        pytest.param([], "missing: service_id stay", id="a row too few"),
        pytest.param(
            [ROW, {**ROW, "service_id": "bar"}], "too many: service_id bar", id="a row more"
        ),
        pytest.param([{**ROW, "new": 1}], "columns: built only {'new'}", id="a column more"),
    ],
)
def test_a_single_wrong_cell_is_reported(found: list[dict[str, object]], reports: str) -> None:
    assert reports in "\n".join(differences(found, [ROW], ("service_id",)))


def test_equal_numbers_of_other_types_are_no_difference() -> None:
    assert differences([{**ROW, "share": 0.33333333333}], [ROW], ("service_id",)) == []
