"""`mews-pipeline metrics` gives the marts' own numbers, from the definitions that dbt parses."""

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner, Result

from mews_pipeline import metrics as metrics_room
from mews_pipeline.cli.main import app
from mews_pipeline.defs.dbt_project import manifest_of, project
from mews_pipeline.metrics import metrics, semantic_layer
from mews_pipeline.metrics.page import with_table
from mews_pipeline_tests.support.dbt import DBT_PROJECT

LODGING = "join marts.dim_service using (enterprise_id, service_id) where is_lodging"


def run(copy: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["metrics", *arguments], env={"MEWS_ANALYTICS": str(copy)})


def asked(copy: Path, *arguments: str) -> list[tuple[Any, ...]]:
    result = run(copy, *arguments, "--format", "json")
    assert result.exit_code == 0, result.output
    return sorted(tuple(row.values()) for row in json.loads(result.stdout))


def marts(copy: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(copy), read_only=True) as connection:
        found = connection.execute(sql).fetchall()
    assert found
    return sorted(found)


def test_occupancy_and_room_nights_of_a_night_are_the_portfolios(copy: Path) -> None:
    names = ("room_nights", "guest_nights", "spaces_occupied", "occupancy_mews", "occupancy_usali")
    found = asked(
        copy, *names, "--by", "property,day", "--from", "2026-04-01", "--to", "2026-05-10"
    )
    assert found == marts(
        copy,
        "select enterprise_id, cast(stay_date as varchar), rooms_occupied, guests, spaces_occupied,"
        " occupancy_mews, occupancy_usali from marts.rpt_portfolio_daily where enterprise_id !="
        " 'all' and stay_date between '2026-04-01' and '2026-05-10'",
    )


def test_occupancy_of_a_month_is_a_ratio_of_sums(copy: Path) -> None:
    found = asked(copy, "occupancy_mews", "occupancy_usali", "--by", "month")
    assert found == marts(
        copy,
        "select cast(date_trunc('month', stay_date)::date as varchar),"
        " sum(spaces_occupied) / nullif(sum(spaces_usable), 0),"
        " sum(spaces_occupied) / nullif(sum(spaces_active), 0) from marts.rpt_portfolio_daily"
        " where enterprise_id != 'all' group by 1",
    )


def test_room_nights_of_room_types_are_those_of_the_fact(copy: Path) -> None:
    names = ("room_nights", "room_type_occupancy_mews", "room_type_occupancy_usali")
    found = asked(copy, *names, "--by", "room_type", "--from", "2026-04-01", "--to", "2026-04-30")
    assert found == marts(
        copy,
        "select resource_category_id, sum(room_nights)::bigint, sum(occupancy_mews *"
        " space_nights_usable) / sum(space_nights_usable), any_value(occupancy_usali)"
        f" from occupancy_between('2026-04-01', '2026-04-30') {LODGING} group by 1",
    )


@pytest.mark.parametrize(("name", "days"), [("1_day", 1), ("7_days", 7), ("30_days", 30)])
def test_recent_pickup_is_that_of_the_report(copy: Path, name: str, days: int) -> None:
    found = asked(copy, f"pickup_{name}", "--by", "day")
    assert [row for row in found if row[1] is not None] == marts(
        copy,
        "select cast(stay_date as varchar), sum(rooms)::bigint from marts.rpt_pickup"
        f" {LODGING} and window_days = {days} group by 1",
    )


def test_pickup_goes_by_the_date_of_posting_and_by_stay_date(copy: Path) -> None:
    by = ("--by", "day", "--by", "posting__stay_date__month", "--from", "2026-04-20")
    assert asked(copy, "pickup", "pickup_new", "pickup_cancelled", *by) == marts(
        copy,
        "select cast(posting_date as varchar), cast(date_trunc('month', stay_date)::date as"
        " varchar), sum(rooms)::bigint, sum(rooms_new)::bigint, sum(rooms_cancelled)::bigint"
        f" from marts.fct_pickup_daily {LODGING} and posting_date >= '2026-04-20' group by 1, 2",
    )


def test_cancellations_and_their_rate_are_those_of_the_reports(copy: Path) -> None:
    by = ("--by", "month", "--by", "cancellation__reason")
    found = asked(copy, "cancellations", "cancelled_room_nights", *by, "--from", "2026-02-01")
    assert [row for row in found if row[2] is not None] == marts(
        copy,
        "select cast(cancelled_month as varchar), cancellation_reason, sum(cancellations) filter"
        " (where held_room)::bigint as held, sum(room_nights)::bigint from marts.rpt_cancellations"
        f" {LODGING} and cancelled_month >= '2026-02-01' group by 1, 2 having held is not null",
    )
    assert asked(copy, "cancellation_rate", "--by", "month") == marts(
        copy,
        "select cast(arrival_month as varchar), sum(cancelled) / sum(reservations)"
        f" from marts.rpt_stay_profile {LODGING} group by 1",
    )


def test_money_is_never_added_over_currencies_or_definitions(copy: Path) -> None:
    names = ("room_revenue", "total_revenue", "rooms_sold", "adr", "revpar", "trevpar")
    found = asked(copy, *names, "--by", "month", "--from", "2026-04-01", "--to", "2026-04-30")
    assert found == marts(
        copy,
        "select '2026-04-01' as month, definition, currency, sum(room_revenue)::double,"
        " sum(total_revenue)::double, sum(rooms_sold)::bigint as sold,"
        " sum(room_revenue) filter (rooms_sold is not null) / nullif(sold, 0),"
        " sum(room_revenue) filter (rooms_available is not null) / sum(rooms_available),"
        " sum(total_revenue) filter (rooms_available is not null) / sum(rooms_available)"
        " from marts.rpt_performance_daily where enterprise_id != 'all'"
        " and stay_date between '2026-04-01' and '2026-04-30' group by 1, 2, 3",
    )


def test_a_property_is_chosen_by_its_name(copy: Path) -> None:
    (name,) = marts(copy, "select min(enterprise_name) from about where enterprise_id != 'all'")[0]
    found = asked(copy, "room_nights", "--by", "property__name", "--property", name)
    assert [row[0] for row in found] == [name]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["room_night"], "There is no metric room_night. The nearest: room_nights"),
        (["room_nights", "--by", "colour"], "cannot be grouped by colour. There are: day, week"),
        (["cancellations", "--by", "day"], "cannot be grouped by day. There are: month"),
        (["room_nights", "--property", "Nowhere"], "There is no property Nowhere"),
        (
            ["room_nights", "--from", "2026-05-02", "--to", "2026-05-01"],
            "The range ends (2026-05-01) before it starts (2026-05-02)",
        ),
    ],
)
def test_a_wrong_question_is_one_clear_message(
    copy: Path, arguments: list[str], message: str
) -> None:
    result = run(copy, *arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.output


def test_without_the_extra_one_line_says_how_to_install_it(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(metrics_room, "semantic_layer")
    monkeypatch.delitem(sys.modules, "mews_pipeline.metrics.semantic_layer")
    monkeypatch.setitem(sys.modules, "metricflow.engine.metricflow_engine", None)
    result = run(copy, "room_nights")
    assert result.exit_code == 1
    assert result.stderr == "Metrics need MetricFlow: pip install 'mews-pipeline[metrics]'\n"


def test_the_list_needs_no_copy_and_names_each_metric(tmp_path: Path) -> None:
    result = run(tmp_path / "none.duckdb", "--format", "json")
    assert [row["name"] for row in json.loads(result.stdout)] == [each.name for each in metrics()]


def test_dbt_parses_the_same_metrics_and_measures() -> None:
    made = project(DBT_PROJECT.parent / "data")
    manifest_of(made)
    parsed = json.loads((made.target_path / "semantic_manifest.json").read_bytes())
    ours = json.loads(semantic_layer.manifest().json())
    for manifest in (parsed, ours):
        assert len(manifest["metrics"]) >= len(metrics())

    def sums(manifest: dict[str, Any]) -> set[tuple[str, ...]]:
        return {
            (model["name"], model["node_relation"]["alias"], each["name"], each["expr"] or "")
            for model in manifest["semantic_models"]
            for each in model["measures"]
        }

    assert sums(parsed) == sums(ours)
    names = [{(each["name"], each["type"]) for each in m["metrics"]} for m in (parsed, ours)]
    assert names[0] == names[1]


def test_the_table_of_the_docs_is_that_of_the_definitions() -> None:
    page = (DBT_PROJECT.parent / "docs" / "metrics.md").read_text("utf-8")
    assert with_table(page) == page, "make metrics writes it"
