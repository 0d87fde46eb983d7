"""Which models and tests a build leaves out, because nothing that they read has changed.

The manifest's graph is walked from the raw tables in which something landed. What was left out
keeps its table, and its checks keep their last result.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mews_pipeline.files import private_file, private_folder
from mews_pipeline.warehouse.fingerprint import State

Manifest = Mapping[str, Any]

# Each fetch is news, but models with these tags change with a part of it alone: with the date, the
# year or what Mews refuses, all of which the state of a build knows
_MOVED: Mapping[str, Callable[[State, State], bool]] = {
    "moves_daily": State.is_another_day_than,
    "moves_yearly": State.is_another_year_than,
    "moves_with_refusals": State.has_other_refusals_than,
}
# Of a table that is written whole, the SQL gives the grain; so these tests run at night
_GRAIN = {"unique", "not_null", "unique_together", "one_row"}
_FETCHES = "fetches"
_ASKS_WAREHOUSE = "macro.dbt.run_query"
_SCHEMA = "https://schemas.getdbt.com/dbt/run-results/v6.json"
_SKIPPED = {
    "status": "skipped",
    "timing": [],
    "thread_id": "",
    "execution_time": 0,
    "adapter_response": {},
    "message": None,
    "failures": None,
    "compiled": None,
    "compiled_code": None,
    "relation_name": None,
}


def left_out(
    manifest: Manifest, state: State, built: State | None, *, is_refresh: bool
) -> Sequence[str]:
    """Give the ids of the models and tests that need not run, given what was last built.

    Nothing is left out where that is not known, or where the project or a setting changed.
    """
    if built is None or built.project != state.project:
        return []
    reached = _reached(manifest, state, built)
    return sorted(
        name
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "seed", "test")
        and not _runs(node, name, reached, manifest, is_refresh=is_refresh)
    )


def without(ids: Collection[str], folder: Path) -> Sequence[str]:
    """Give the arguments of dbt that leave out the nodes with these ids.

    They are written to the folder as results of an earlier run, which dbt selects by one criterion:
    it compares each criterion with every node, and a hundred names took it two seconds.
    """
    if not ids:
        return []
    results = [{**_SKIPPED, "unique_id": name} for name in ids]
    written = {"metadata": {"dbt_schema_version": _SCHEMA}, "results": results, "elapsed_time": 0}
    private_folder(folder)
    private_file(folder / "run_results.json").write_text(json.dumps(written))
    return ["--exclude", "result:skipped", "--state", str(folder)]


def _reached(manifest: Manifest, state: State, built: State) -> Collection[str]:
    """Name what is downstream of the tables with news; `fetches` always has some."""
    children: Mapping[str, Sequence[str]] = manifest["child_map"]
    ends = set(_ends(manifest, state, built))
    tables = {*state.tables_since(built), _FETCHES}
    found: set[str] = set()
    waiting = [name for name, source in manifest["sources"].items() if source["name"] in tables]
    while waiting:
        name = waiting.pop()
        if name not in found and name not in ends:
            found.add(name)
            waiting += children.get(name, [])
    return found


def _ends(manifest: Manifest, state: State, built: State) -> Iterator[str]:
    """Name the models at which the walk ends, because they hold what they held."""
    unmoved = {tag for tag, has_moved in _MOVED.items() if not has_moved(state, built)}
    for name, node in manifest["nodes"].items():
        if unmoved & set(node.get("tags", [])):
            yield name


def _runs(
    node: Mapping[str, Any],
    name: str,
    reached: Collection[str],
    manifest: Manifest,
    *,
    is_refresh: bool,
) -> bool:
    if node["config"]["materialized"] == "view":
        return _asks_warehouse(node, manifest["macros"])
    if node["resource_type"] != "test":
        return name in reached
    if not any(parent in reached for parent in node["depends_on"]["nodes"]):
        return False
    return not (is_refresh and _is_of_grain(node, manifest["nodes"]))


def _asks_warehouse(node: Mapping[str, Any], macros: Mapping[str, Any]) -> bool:
    """Tell whether a view's SQL depends on what the warehouse answers, through any macro.

    The SQL of other views changes with the project alone. One that holds the mark of an earlier
    build finds everything touched that landed since then, in each refresh again.
    """
    waiting, found = list(node["depends_on"]["macros"]), set()
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += macros.get(name, {}).get("depends_on", {}).get("macros", [])
    return _ASKS_WAREHOUSE in found


def _is_of_grain(test: Mapping[str, Any], nodes: Mapping[str, Any]) -> bool:
    """Tell whether a test proves the grain of a model that is written whole."""
    kind = (test.get("test_metadata") or {}).get("name")
    model = nodes.get(test.get("attached_node") or "", {})
    return kind in _GRAIN and model.get("config", {}).get("materialized") != "incremental"
