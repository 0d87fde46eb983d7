"""The report is one file with the marts' own numbers, even for an empty warehouse."""

import base64
import json
import re
import shutil
import zlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.publish import publish
from mews_pipeline.publish.report.charts import CHARTS
from mews_pipeline.publish.report.figures import figures
from mews_pipeline.publish.report.png import markdown, preview
from mews_pipeline.publish.report.write import write_report
from mews_pipeline.publish.terminal import occupancy
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.conftest import Lived


@pytest.fixture(scope="module")
def page(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    report = tmp_path_factory.mktemp("report") / "report.html"
    write_report(copy, report)
    return report.read_text(encoding="utf-8")


def embedded(page: str) -> dict[str, Any]:
    found = re.search(
        r'<script type="application/json" id="report">(.*?)</script>', page, re.DOTALL
    )
    assert found
    report: dict[str, Any] = json.loads(found[1])
    strip = report["strip"]
    report["rows"]["strip"] = [
        {"scope": scope, **dict(zip(strip["columns"], row, strict=True))}
        for scope, rows in strip["rows"].items()
        for row in rows
    ]
    for scope, packed in report["packed"].items():
        details = json.loads(zlib.decompress(base64.b64decode(packed)))
        for name, rows in details.items():
            report["rows"].setdefault(name, []).extend({"scope": scope, **row} for row in rows)
    return report


def asked(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


def published(lived: Lived, folder: Path, *changes: str) -> Path:
    """Publish a changed copy of the shared warehouse."""
    warehouse = folder / "warehouse.duckdb"
    shutil.copy(lived.warehouse, warehouse)
    with duckdb.connect(str(warehouse)) as connection:
        for change in changes:
            connection.execute(change)
    return publish(DuckDBFile(warehouse), folder / "analytics.duckdb").path


def test_the_report_loads_nothing_from_elsewhere(page: str) -> None:
    assert "default-src 'none'" in page
    html, _, scripts = page.partition('<script type="application/json"')
    assert not re.search(r"(?:src|href)=[\"'](?!data:)|@import|url\(", html)
    assert scripts.count("<script") == scripts.count("<script>") == 2
    assert not re.search(r"/\*(?:STYLE|REPORT|VEGA|SCRIPT)\*/", page)


def test_tonight_is_the_local_night_of_each_property(copy: Path, page: str) -> None:
    shown = {
        row["scope"]: tuple(row[name] for name in (
            "today", "rooms_left", "arrivals", "spaces_occupied", "spaces_usable",
        ))
        for row in embedded(page)["rows"]["properties"] if row["scope"] != "all"
    }  # fmt: skip
    expected = asked(
        copy,
        """
        select enterprise_id, stay_date::varchar, rooms_left, arrivals, spaces_occupied,
            spaces_usable
        from marts.rpt_portfolio_daily join about using (enterprise_id)
        where stay_date = (as_of_utc at time zone time_zone)::date
        """,
    )
    assert shown == {scope: tuple(rest) for scope, *rest in expected}
    assert len(shown) == 3


FIGURES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "pickup of seven days": (
        lambda rows: sum(
            row["pickup_7"] for row in rows["properties"] if row["scope"] != "all"
        ),
        ("select sum(rooms) from marts.rpt_pickup join marts.dim_service using (service_id) "
        "where window_days = 7 and is_lodging"),
    ),
    "transitions": (
        lambda rows: sum(r["transitions"] for r in rows["matrix"] if r["scope"] == "all"),
        "select count(*) from marts.fct_reservation_state_transitions",
    ),
    "created": (
        lambda rows: sum(
            r["reservations"] for r in rows["funnel"]
            if r["scope"] == "all" and r["step"] == "created"
        ),
        "select count(*) from marts.fct_reservations",
    ),
    "cancellations": (
        lambda rows: sum(r["cancellations"] for r in rows["cancellations"] if r["scope"] == "all"),
        "select count(*) from marts.fct_reservations where reservation_state = 'Canceled'",
    ),
    "rooms on the books, 90 nights": (
        lambda rows: sum(r["spaces_occupied"] for r in rows["books"] if r["scope"] == "all"),
        ("select sum(spaces_occupied) from marts.rpt_portfolio_daily where enterprise_id = 'all' "
        "and stay_date - (select max(as_of_utc)::date from about) between 0 and 89"),
    ),
    "guests by age": (
        lambda rows: sum(r["adults"] + r["children"] for r in rows["nights"]
                         if r["scope"] == "all"),
        ("select sum(guests_adults + guests_children) from marts.fct_occupancy_daily "
        "join marts.dim_service using (service_id) "
        "where is_lodging and stay_date < (select max(as_of_utc)::date + 90 from about)"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("figure", FIGURES)
def test_the_figures_are_those_of_the_marts(copy: Path, page: str, figure: str) -> None:
    shown, sql = FIGURES[figure]
    assert shown(embedded(page)["rows"]) == asked(copy, sql)[0][0]


def test_last_year_is_what_was_booked_364_days_ago(lived: Lived, tmp_path: Path) -> None:
    night = 364 - 10
    copied = published(
        lived,
        tmp_path,
        "update marts.rpt_coverage set covered_from_utc = covered_from_utc - interval 1 year",
        f"""
        insert into marts.fct_room_night_ledger by name
        with one as (
            select ledger.* from marts.fct_room_night_ledger as ledger
            semi join (from marts.dim_service where is_lodging) as lodging using (service_id)
            where bucket = 'definite' limit 1
        )
        select one.* replace (
            'of last year' as reservation_id, now_utc::date - {night} as stay_date,
            postings.rooms as rooms, 1 as guests, postings.posted_at as posted_at
        )
        from one, (from intermediate.int_now where enterprise_id = 'all'), (values
            (5, timestamptz '2020-01-01 00:00:00+00'), (7, now_utc - interval 360 day)
        ) as postings (rooms, posted_at)
        """,
    )
    books = [row for row in figures(copied).rows["books"] if row["scope"] == "all"]
    assert [r["rooms_last_year"] for r in books if r["rooms_last_year"]] == [5]
    assert books[10]["rooms_last_year"] == 5


def test_a_total_says_how_far_its_slowest_property_is_known(lived: Lived, tmp_path: Path) -> None:
    copied = published(
        lived,
        tmp_path,
        """
        update marts.rpt_freshness set as_of_utc = as_of_utc - interval 3 day,
            fetched_through_utc = fetched_through_utc - interval 3 day
        where enterprise_name = 'Sumida Inn';
        update marts.rpt_freshness set is_stopped = true where enterprise_name = 'Hudson House';
        update marts.rpt_freshness set fetched_through_utc = (
            select min(fetched_through_utc) from marts.rpt_freshness
        )
        where enterprise_id = 'all';
        """,
    )
    known = {row["name"]: row for row in figures(copied).rows["properties"]}

    assert known["Sumida Inn"]["today"] == known["Vltava Palace"]["today"] - timedelta(days=3)
    assert known["All properties"]["today"] == known["Vltava Palace"]["today"]
    assert occupancy(copied).title == (
        "Occupancy, as of 2026-04-25 09:30 UTC, slowest property known through"
        " 2026-04-22 09:30 UTC; not fetched for 30 days: Hudson House"
    )


def test_a_property_cannot_end_the_script_with_its_name(lived: Lived, tmp_path: Path) -> None:
    name = "</script><script>alert(1)</script>"
    copied = published(
        lived, tmp_path, f"update marts.rpt_freshness set enterprise_name = '{name}'"
    )
    write_report(copied, tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "alert(1)</script>" not in page
    assert name in {row["name"] for row in embedded(page)["rows"]["properties"]}


EMPTIED = (
    "fct_reservations", "fct_room_night_ledger", "fct_occupancy_daily", "dim_service",
    "fct_reservation_state_transitions", "rpt_portfolio_daily", "rpt_pickup", "dim_enterprise",
)  # fmt: skip


def test_an_empty_warehouse_gives_a_page_that_says_so(lived: Lived, tmp_path: Path) -> None:
    copied = published(
        lived, tmp_path,
        *(f"delete from marts.{table}" for table in EMPTIED),
        "delete from marts.rpt_freshness where enterprise_id != 'all'",
        "update marts.rpt_freshness set as_of_utc = null, fetched_through_utc = null, "
        "reservations = 0, reservation_versions = 0, postings = 0, transitions = 0",
        "delete from marts.rpt_coverage",
    )  # fmt: skip
    found = write_report(copied, tmp_path / "report.html")
    assert found.is_empty
    page = embedded((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert (page["is_empty"], page["as_of"], page["charts"]) == (True, None, {})
    assert markdown(found) == "No reservation is known yet."


def test_a_report_of_one_day_says_since_when_updates_are_known(
    lived: Lived, tmp_path: Path
) -> None:
    copied = published(
        lived, tmp_path,
        "update marts.rpt_coverage set covered_from_utc = covered_through_utc - interval 1 day",
    )  # fmt: skip
    write_report(copied, tmp_path / "report.html")
    page = embedded((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page["young"].startswith("Updates are known since 2026-04-24")


def test_a_report_of_many_days_has_no_such_notice(page: str) -> None:
    assert embedded(page)["young"] is None


def test_every_chart_has_its_place_and_its_rows(page: str) -> None:
    report = embedded(page)
    assert set(re.findall(r'data-chart="(\w+)"', page)) == set(CHARTS) == set(report["charts"])
    for chart in report["charts"].values():
        source = chart.get("data") or chart["layer"][0]["data"]
        assert source["name"] in report["rows"]


@pytest.mark.parametrize("name", ["calendar", "matrix"])
def test_previews_are_pictures(copy: Path, name: str) -> None:
    assert preview(figures(copy), name).startswith(b"\x89PNG")
