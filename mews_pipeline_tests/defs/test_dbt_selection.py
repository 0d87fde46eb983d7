"""A refresh builds what is downstream of what landed, and nothing else."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mews_pipeline.defs.dbt_selection import left_out, without
from mews_pipeline.warehouse.fingerprint import State

# Child: its parents. A name with a star is a view
GRAPH = {
    "stg_fetches*": ["fetches"],
    "now": ["stg_fetches*"],
    "horizon": ["now"],
    "window": ["now"],
    "refused*": ["stg_fetches*"],
    "calendar": ["horizon", "stg_rooms*", "refused*"],
    "stg_stays*": ["stays"],
    "touched*": ["stays"],
    "facts": ["stg_stays*", "touched*", "window"],
    "stg_rooms*": ["rooms"],
    "occupancy": ["facts", "calendar"],
    "freshness": ["now", "facts"],
}
# The SQL of the first depends on the mark of the last build
MACROS = {"touched*": ["macro.ours.mark"], "stg_rooms*": ["macro.ours.now"]}
TAGS = {
    "horizon": ["moves_daily"],
    "window": ["moves_yearly"],
    "refused*": ["moves_with_refusals"],
}
ASKING = {
    "macro.ours.mark": {"depends_on": {"macros": ["macro.ours.mark", "macro.ours.query"]}},
    "macro.ours.now": {"depends_on": {"macros": []}},
    "macro.ours.query": {"depends_on": {"macros": ["macro.dbt.run_query"]}},
}
MONDAY, TUESDAY, NEW_YEAR = "one 2025-03-03", "one 2025-03-04", "one 2026-01-01"
BUILT = State("project", (MONDAY,), {"stays": "1", "rooms": "1"})


def manifest() -> dict[str, Any]:
    nodes: dict[str, Any] = {}
    children: dict[str, list[str]] = {}
    for name, parents in GRAPH.items():
        kind = "view" if name.endswith("*") else "table"
        nodes[name] = {
            "resource_type": "model",
            "tags": TAGS.get(name, []),
            "config": {"materialized": kind},
            "depends_on": {"nodes": parents, "macros": MACROS.get(name, [])},
        }
        for test in ("unique", "holds_true"):
            nodes[f"{test} {name}"] = {
                "resource_type": "test",
                "config": {"materialized": "test"},
                "depends_on": {"nodes": [name]},
                "attached_node": name,
                "test_metadata": {"name": test},
            }
        for parent in parents:
            children.setdefault(parent, []).append(name)
    sources = {name: {"name": name} for name in ("fetches", "stays", "rooms")}
    return {"nodes": nodes, "sources": sources, "child_map": children, "macros": ASKING}


def built_models(state: State) -> set[str]:
    found = manifest()
    skipped = left_out(found, state, BUILT, is_refresh=True)
    return {name for name in GRAPH if name not in skipped}


# The two that run always, and the view whose SQL is of the last build
CLOCKS = {"now", "freshness", "touched*"}


@pytest.mark.parametrize(
    ("dates", "landed", "models"),
    [
        pytest.param(MONDAY, {}, CLOCKS, id="an empty fetch"),
        pytest.param(MONDAY, {"stays": "2"}, CLOCKS | {"facts", "occupancy"}, id="stays"),
        pytest.param(MONDAY, {"rooms": "2"}, CLOCKS | {"calendar", "occupancy"}, id="rooms"),
        pytest.param(TUESDAY, {}, CLOCKS | {"horizon", "calendar", "occupancy"}, id="a day"),
        pytest.param(
            NEW_YEAR,
            {},
            CLOCKS | {"horizon", "window", "calendar", "facts", "occupancy"},
            id="a year",
        ),
    ],
)
def test_a_refresh_builds_what_is_downstream_of_what_changed(
    dates: str, landed: Mapping[str, str], models: set[str]
) -> None:
    state = State("project", (dates,), {**BUILT.landed, **landed})
    assert built_models(state) == models


def test_what_follows_from_refusals_is_built_when_mews_refuses_something_else() -> None:
    state = State("project", (MONDAY,), BUILT.landed, ("rooms of one",))
    assert built_models(state) == CLOCKS | {"calendar", "occupancy"}


def test_a_build_from_an_unknown_state_or_of_other_models_leaves_nothing_out() -> None:
    changed = State("another project", BUILT.dates, BUILT.landed)
    assert left_out(manifest(), BUILT, None, is_refresh=True) == []
    assert left_out(manifest(), changed, BUILT, is_refresh=True) == []


def test_a_refresh_tests_what_it_builds_except_the_grain_of_what_is_written_whole() -> None:
    state = State("project", BUILT.dates, {**BUILT.landed, "rooms": "2"})
    refreshed = left_out(manifest(), state, BUILT, is_refresh=True)
    assert "holds_true calendar" not in refreshed
    assert "holds_true facts" in refreshed
    assert "unique calendar" in refreshed
    assert "unique calendar" not in left_out(manifest(), state, BUILT, is_refresh=False)


def test_what_is_left_out_is_written_as_results_that_dbt_reads(tmp_path: Path) -> None:
    arguments = without(["model.a", "test.b"], tmp_path / "left_out")
    assert arguments == [
        "--exclude",
        "result:skipped",
        "--state",
        str(tmp_path / "left_out"),
    ]
    written = json.loads((tmp_path / "left_out" / "run_results.json").read_text())
    assert [result["unique_id"] for result in written["results"]] == ["model.a", "test.b"]
    assert without([], tmp_path) == []
