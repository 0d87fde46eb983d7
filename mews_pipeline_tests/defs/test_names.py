"""The names that Dagster keeps records under stay, and two pipelines live in one code location."""

import subprocess
import sys
from datetime import date
from pathlib import Path
from shutil import copytree

import dagster as dg
import pytest

import mews_pipeline
from mews_pipeline.defs.location import definitions_of
from mews_pipeline.defs.pipeline import Pipeline
from mews_pipeline.settings import LocalSettings

# Renaming one of these cuts an installation off from its records: say so in the changelog
RAW = {
    "accounting_categories",
    "age_categories",
    "availability",
    "business_segments",
    "companies",
    "currencies",
    "enterprise_currencies",
    "enterprises",
    "exchange_rates",
    "ledger_balances",
    "order_items",
    "product_service_orders",
    "products",
    "rate_groups",
    "rates",
    "reservations",
    "resource_blocks",
    "resource_categories",
    "resource_category_assignments",
    "resources",
    "services",
}
MARTS = {
    "dim_age_category",
    "dim_date",
    "dim_enterprise",
    "dim_resource_category",
    "dim_service",
    "fct_occupancy_daily",
    "fct_pickup_daily",
    "fct_product_service_order_state_transitions",
    "fct_reservation_modifications",
    "fct_reservation_state_transitions",
    "fct_reservations",
    "fct_room_night_ledger",
    "rpt_availability_reconciliation",
    "rpt_booking_funnel",
    "rpt_booking_pace",
    "rpt_cancellations",
    "rpt_coverage",
    "rpt_no_shows",
    "rpt_observation",
    "rpt_options_past_release",
    "rpt_overdue",
    "rpt_pickup",
    "rpt_portfolio_daily",
    "rpt_restatements",
    "rpt_state_dwell",
    "rpt_state_transition_matrix",
    "rpt_stay_profile",
    "rpt_unplaced_reservations",
}
JOBS = {
    "availability",
    "brief",
    "fetch_days",
    "nightly",
    "reference_data",
    "refresh",
    "retention",
    "whole_chain",
}
OPS = {
    "dbt_models",
    "health",
    "mews__availability",
    "publish__analytics",
    "publish__brief",
    "publish__exports",
    "publish__report",
    "reference",
    "retention__run_records",
    "updates",
}
SCHEDULES = {
    "close_yesterday",
    "daily_availability",
    "every_half_hour",
    "hourly_reference_data",
    "read_again",
    "weekly_retention",
}
CHECKS = {
    "order_items:has_each_version_once",
    "product_service_orders:has_each_version_once",
    "reservations:has_complete_books",
    "reservations:has_each_version_once",
    "reservations:has_known_references",
    "reservations:has_known_states",
    "reservations:has_no_gaps",
    "reservations:has_nothing_unknown",
    "reservations:has_person_counts",
    "reservations:has_true_clocks",
    "reservations:has_usual_volume",
    "reservations:is_fresh",
    "resource_category_assignments:has_capacity",
}
GROUPS = {"mews", "staging", "intermediate", "marts", "publish"}


def names(found: dg.Definitions) -> dict[str, set[str]]:
    """Collect the names of everything in the definitions, by kind."""
    repository, graph = found.get_repository_def(), found.resolve_asset_graph()
    jobs = [job for job in repository.get_all_jobs() if not job.name.startswith("__")]
    return {
        "assets": {key.to_user_string() for key in graph.get_all_asset_keys()},
        "checks": {
            f"{key.asset_key.to_user_string()}:{key.name}" for key in graph.asset_check_keys
        },
        "groups": {str(graph.get(key).group_name) for key in graph.get_all_asset_keys()},
        "jobs": {job.name for job in jobs},
        "ops": {node.name for job in jobs for node in job.all_node_defs},
        "resources": set(repository.get_top_level_resources()),
        "schedules": {schedule.name for schedule in repository.schedule_defs},
        "sensors": {sensor.name for sensor in repository.sensor_defs},
    }


def test_names_without_a_prefix_are_those_of_earlier_releases(definitions: dg.Definitions) -> None:
    found = names(definitions)
    assert {name for name in found["assets"] if name.startswith("mews/")} == {
        f"mews/{table}" for table in RAW
    }
    assert {name for name in found["assets"] if name.startswith("publish/")} == {
        "publish/analytics",
        "publish/brief",
        "publish/exports",
        "publish/report",
    }
    assert found["assets"] >= {f"marts/{mart}" for mart in MARTS}
    assert {name for name in found["checks"] if name.startswith("mews/")} == {
        f"mews/{check}" for check in CHECKS
    }
    assert found["groups"] >= GROUPS
    assert found["jobs"] == JOBS
    assert found["ops"] == OPS
    assert found["resources"] == {"dbt", "mews", "warehouse"}
    assert found["schedules"] == SCHEDULES
    assert found["sensors"] == {"failure_alert", "missing_days", "morning_brief"}


def pipeline(name: str, start: date) -> Pipeline:
    """Make a pipeline with a prefix, a warehouse and a first day of its own."""
    settings = LocalSettings.model_validate(
        {"warehouse": f"{name}/warehouse.duckdb", "start_date": start}
    )
    return Pipeline(settings, key_prefix=(name,), group_prefix=f"{name}_")


@pytest.fixture(scope="module")
def both() -> tuple[dg.Definitions, dg.Definitions]:
    """Two pipelines that start on different days."""
    north, south = (pipeline("north", date(2025, 1, 1)), pipeline("south", date(2026, 1, 1)))
    return definitions_of(north), definitions_of(south)


def test_two_pipelines_load_in_one_code_location(
    both: tuple[dg.Definitions, dg.Definitions], definitions: dg.Definitions
) -> None:
    merged = dg.Definitions.merge(*both, dg.Definitions(executor=dg.in_process_executor))
    dg.Definitions.validate_loadable(merged)
    north, south, plain = (names(each) for each in (*both, definitions))
    assert names(merged) == {kind: north[kind] | south[kind] for kind in north}
    assert not [kind for kind in north if north[kind] & south[kind]]
    assert {kind: len(found) for kind, found in north.items()} == {
        kind: len(found) for kind, found in plain.items()
    }


def test_the_jobs_of_a_pipeline_select_its_own_assets(
    both: tuple[dg.Definitions, dg.Definitions], definitions: dg.Definitions
) -> None:
    merged = dg.Definitions.merge(*both)
    north = merged.resolve_job_def("north__whole_chain").asset_layer.executable_asset_keys
    assert {key.path[0] for key in north} == {"north"}
    plain = definitions.resolve_job_def("whole_chain").asset_layer.executable_asset_keys
    assert {tuple(key.path[1:]) for key in north} == {tuple(key.path) for key in plain}


def test_the_models_of_a_pipeline_depend_on_its_own_raw_tables(
    both: tuple[dg.Definitions, dg.Definitions],
) -> None:
    graph = both[0].resolve_asset_graph()
    parents = {key for each in graph.get_all_asset_keys() for key in graph.get(each).parent_keys}
    assert dg.AssetKey(["north", "mews", "reservations"]) in parents
    assert {key.path[0] for key in parents} == {"north"}


_IMPORT_ALL = """
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import mews_pipeline.definitions
from mews_pipeline import defs

assert Path(mews_pipeline.__file__).is_relative_to(sys.argv[1]), mews_pipeline.__file__
for module in iter_modules(defs.__path__):
    import_module(f"{defs.__name__}.{module.name}")
"""


def test_importing_definitions_reads_no_settings_and_parses_no_manifest(tmp_path: Path) -> None:
    """A copy of the package alone has no dbt project to parse."""
    source = Path(mews_pipeline.__file__).parent
    copytree(source, tmp_path / "mews_pipeline")
    done = subprocess.run(
        [sys.executable, "-c", _IMPORT_ALL, str(tmp_path)],
        cwd=tmp_path,
        env={"MEWS_START_DATE": "yesterday", "MEWS_TOKEN_GROUPS": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mews_pipeline"]
