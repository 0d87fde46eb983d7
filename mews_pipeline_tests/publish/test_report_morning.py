"""The figures of the morning screen add up to each other, and to the marts."""

import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mews_pipeline.brief.content import Limits, mornings
from mews_pipeline.brief.delivery import message
from mews_pipeline.extract.entities import personal_columns
from mews_pipeline.publish.report import nights_explained
from mews_pipeline.publish.report.figures import Figures, figures
from mews_pipeline.publish.report.write import write_report
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.publish.test_report import asked, embedded, published
from mews_pipeline_tests.support.priced_copy import NO_MONEY

# In Tokyo it is another day already, and updates reach back over a year
TOMORROW = """
    update marts.rpt_freshness set as_of_utc = as_of_utc + interval 8 hour
    where enterprise_name = 'Sumida Inn'
"""
WAITING = """
    insert into marts.rpt_options_past_release by name
    select enterprise_id, 'an option' as reservation_id, now() as released_utc,
        9 as hours_past_release
    from marts.dim_enterprise limit 1
"""
A_GAP = """
    update marts.rpt_coverage set gap_hours = 30, first_gap_utc = covered_from_utc, gaps = if(
        operation = 'reservations'
        and enterprise_id = (select min(enterprise_id) from marts.dim_enterprise), 2, 0
    )
"""
HORIZONS = (1, 7, 30, 90)
# Each property's own nights from its own tonight, in its own currency
REVENUE = """
    select enterprise_id, currency, days, sum(room_revenue)::double, sum(total_revenue)::double,
        sum(rooms_sold)::bigint, sum(rooms_available)::bigint
    from marts.rpt_performance_daily
    join about using (enterprise_id)
    join (values (1), (7), (30), (90)) as lengths (days)
        on stay_date - (as_of_utc at time zone time_zone)::date between 0 and days - 1
    where definition = 'mews_manager' and is_default_currency and enterprise_id != 'all'
    group by all
"""
REASONS = ("new", "converted", "reinstated", "moved", "cancelled", "no_show")


@pytest.fixture(scope="module")
def copy(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(lived, tmp_path_factory.mktemp("morning"), TOMORROW, WAITING, A_GAP)


@pytest.fixture(scope="module")
def found(copy: Path) -> Figures:
    return figures(copy)


def by_scope(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    grouped: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["scope"]].append(row)
    return grouped


def test_a_total_is_the_sum_of_its_properties_each_at_its_own_today(found: Figures) -> None:
    total, *hotels = found.rows["properties"]
    assert len({hotel["today"] for hotel in hotels}) == 2
    added = {
        name: sum(hotel[name] for hotel in hotels)
        for name, value in total.items()
        if isinstance(value, int) and name not in {"is_stopped", "reservations"}
    }
    assert {name: total[name] for name in added} == added
    assert {"arrivals", "spaces_occupied", "usable_30", "pickup_1", "needs_hand"} <= set(added)


def test_the_cards_are_sums_of_the_strip(found: Figures) -> None:
    nights = by_scope(found.rows["strip"])
    for hotel in found.rows["properties"][1:]:
        own = nights[hotel["scope"]]
        assert [night["days_ahead"] for night in own] == list(range(90))
        assert hotel["spaces_occupied"] == own[0]["spaces_occupied"]
        assert hotel["tonight_pickup_1"] == own[0]["pickup_1"]
        for length in (7, 30, 90):
            part = own[:length]
            assert hotel[f"occupied_{length}"] == sum(n["spaces_occupied"] for n in part)
            assert hotel[f"usable_{length}"] == sum(n["spaces_usable"] for n in part)
            assert hotel[f"pickup_1_of_{length}"] == sum(n["pickup_1"] for n in part)


def test_what_is_left_is_what_the_card_subtracts(found: Figures) -> None:
    for row in found.rows["properties"]:
        taken = row["spaces_occupied"] + row["spaces_optional"] + row["spaces_house_use"]
        assert row["rooms_left"] == row["spaces_usable"] - taken


def test_the_pickup_of_the_strip_is_that_of_the_mart(copy: Path, found: Figures) -> None:
    shown = sum(night["pickup_7"] for night in found.rows["strip"])
    sql = """
        select sum(rooms) from marts.rpt_pickup
        join marts.dim_service using (service_id, enterprise_id)
        join about using (enterprise_id)
        where is_lodging and window_days = 7
            and stay_date - (as_of_utc at time zone about.time_zone)::date between 0 and 89
    """
    assert shown == asked(copy, sql)[0][0] != 0


def test_reasons_sum_to_the_pickup_of_a_day(found: Figures) -> None:
    for row in found.rows["properties"]:
        assert sum(row[reason] for reason in REASONS) == row["pickup_1"]
    assert any(row["pickup_1"] for row in found.rows["properties"])


def test_moved_nights_are_explained_by_reasons_and_by_bookings(found: Figures) -> None:
    movers = found.rows["movers"]
    assert movers
    for row in movers:
        assert sum(row[reason] for reason in REASONS) == row["rooms"]
        assert row["bookings"] == len(row["items"])
        assert sum(item["rooms"] for item in row["items"]) == row["rooms"]


def test_the_ten_nights_are_those_that_the_mart_moved_most(copy: Path, found: Figures) -> None:
    sql = """
        select abs(sum(rooms))::bigint from marts.rpt_pickup
        join marts.dim_service using (service_id, enterprise_id)
        join about using (enterprise_id)
        where is_lodging and window_days = 1 and enterprise_name != 'Sumida Inn'
        group by enterprise_id, stay_date having sum(rooms) != 0
        order by 1 desc
    """
    # The mart still has the hours that Sumida Inn was moved by in its window
    shown = [row for row in found.rows["movers"] if row["property"] != "Sumida Inn"]
    largest = [moved for (moved,) in asked(copy, sql)]
    of_total = [abs(row["rooms"]) for row in shown if row["scope"] == "all"]
    assert of_total == largest[: len(of_total)]
    assert all(len(rows) <= 10 for rows in by_scope(found.rows["movers"]).values())


def test_what_needs_a_hand_is_counted_by_kind(copy: Path, found: Figures) -> None:
    counted = {row["kind"]: row["cases"] for row in found.rows["hand"] if row["scope"] == "all"}
    assert counted.pop("gap in the data") == 2
    expected = asked(
        copy,
        """
        select 'overdue ' || overdue, count(*) from marts.rpt_overdue group by all
        union all
        select 'option past its release', count(*) from marts.rpt_options_past_release
        """,
    )
    assert counted == dict(expected)
    assert counted["option past its release"] >= 1
    total = found.rows["properties"][0]
    assert total["needs_hand"] == sum(counted.values()) + 2


def test_the_shares_of_cancelled_bookings_count_those_of_the_matrix(found: Figures) -> None:
    shares, matrix = (by_scope(found.rows[name]) for name in ("cancelled_share", "cancellations"))
    for scope, months in shares.items():
        held = [r for r in matrix[scope] if r["reason"] != "inquiry, never held a room"]
        assert sum(m["cancelled"] for m in months) == sum(r["cancellations"] for r in held)
        for month in months:
            assert month["decided"] is None or month["cancelled"] <= month["decided"]
    assert any(month["decided"] for month in found.rows["cancelled_share"])


def test_last_year_is_unknown_before_the_first_update(found: Figures) -> None:
    assert {night["rooms_last_year"] for night in found.rows["strip"]} == {None}
    assert {row["rooms_last_year"] for row in found.rows["books"]} == {None}


def test_an_unknown_capacity_makes_its_total_unknown(lived: Lived, tmp_path: Path) -> None:
    unknown = """
        update marts.rpt_portfolio_daily set spaces_usable = null, spaces_active = null,
            spaces_house_use = null, rooms_left = null
        where enterprise_id = (select min(enterprise_id) from marts.dim_enterprise)
    """
    total, *hotels = figures(published(lived, tmp_path, unknown)).rows["properties"]
    assert sorted(row["usable_30"] is None for row in hotels) == [False, False, True]
    assert {total[name] for name in ("spaces_usable", "rooms_left", "usable_30")} == {None}
    assert total["spaces_occupied"] == sum(row["spaces_occupied"] for row in hotels)


def test_a_property_without_lodging_leaves_the_total_known(lived: Lived, tmp_path: Path) -> None:
    first = "(select min(enterprise_id) from marts.dim_enterprise)"
    copied = published(
        lived, tmp_path,
        f"update marts.dim_service set is_lodging = false where enterprise_id = {first}",
        f"delete from marts.rpt_portfolio_daily where enterprise_id = {first}",
    )  # fmt: skip
    total, *hotels = figures(copied).rows["properties"]
    assert sorted(bool(row["usable_30"]) for row in hotels) == [False, True, True]
    assert total["usable_30"] == sum(row["usable_30"] for row in hotels)


def test_revenue_is_that_of_the_mart_and_no_currencies_are_added(
    copy: Path, found: Figures
) -> None:
    marts = {row[:3]: row[3:] for row in asked(copy, REVENUE)}
    own = [row for row in found.rows["money"] if row["is_default_currency"]]
    names = ("room_revenue", "total_revenue", "sold", "available")
    hotels = [row for row in own if row["scope"] != "all"]
    assert len(hotels) == 3
    for row in hotels:
        assert row["definition"] == "mews_manager"
        assert row["sold_30"] > 0
        for days in HORIZONS:
            shown = [row[f"{name}_{days}"] for name in names]
            assert shown == pytest.approx(marts[row["scope"], row["currency"], days])
    for total in (row for row in own if row["scope"] == "all"):
        sharing = [row for row in hotels if row["currency"] == total["currency"]]
        for name in (f"{name}_30" for name in names):
            assert total[name] == pytest.approx(sum(row[name] for row in sharing))


def test_the_parts_of_picked_up_room_revenue_add_up_to_the_mart(copy: Path, found: Figures) -> None:
    sql = """
        select enterprise_id, currency, sum(net)::double from marts.rpt_revenue_pickup
        where stream = 'room' and days_back = 1 group by all
    """
    marts = {row[:2]: row[2] for row in asked(copy, sql)}
    hotels = [row for row in found.rows["money"] if row["scope"] != "all"]
    for row in hotels:
        parts = ("new", "cancelled", "rate_change", "rebate", "moved")
        picked_up = marts.get((row["scope"], row["currency"]), 0)
        assert row["revenue_pickup_1"] == pytest.approx(picked_up)
        assert sum(row[part] for part in parts) == pytest.approx(picked_up)
    assert any(row["revenue_pickup_1"] for row in hotels)


def test_the_strip_has_the_revenue_of_the_cards(found: Figures) -> None:
    nights = by_scope(found.rows["strip"])
    for row in found.rows["money"]:
        if row["scope"] != "all" and row["is_default_currency"]:
            own = nights[row["scope"]][:30]
            assert sum(night["rooms_sold"] for night in own) == row["sold_30"]
            revenue = sum(night["room_revenue"] for night in own)
            assert revenue == pytest.approx(row["room_revenue_30"], abs=1)


@pytest.mark.parametrize(
    "change",
    [NO_MONEY, "drop table marts.rpt_performance_daily"],
    ids=["may not read order items", "published by an earlier release"],
)
def test_a_copy_without_money_has_no_figure_of_it(copy: Path, tmp_path: Path, change: str) -> None:
    shutil.copy(copy, tmp_path / "analytics.duckdb")
    (tmp_path / "analytics.duckdb").chmod(0o600)
    with duckdb.connect(str(tmp_path / "analytics.duckdb")) as connection:
        connection.execute(change)
    rows = figures(tmp_path / "analytics.duckdb").rows
    assert rows["money"] == []
    assert {night["room_revenue"] for night in rows["strip"]} == {None}
    assert all(night["revenue"] == [] for night in rows["explained"])
    briefs = map(message, mornings(tmp_path / "analytics.duckdb", Limits(-10, 50)))
    assert all("Revenue" not in brief.text + brief.html for brief in briefs)


def test_nights_around_today_are_explained_down_to_their_postings(found: Figures) -> None:
    explained = by_scope(found.rows["explained"])
    tonight = {row["scope"]: row for row in found.rows["properties"] if row["scope"] != "all"}
    assert set(explained) == set(tonight)
    for scope, nights in explained.items():
        assert [(n["stay_date"] - tonight[scope]["today"]).days for n in nights] == [*range(-7, 14)]
        assert nights[7]["spaces_occupied"] == tonight[scope]["spaces_occupied"]
        for night in nights:
            definite = [p["rooms"] for p in night["postings"] if p["bucket"] == "definite"]
            assert night["rooms"] == sum(definite)


def test_too_many_room_nights_are_not_explained_on_the_page(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nights_explained, "MOST_ROOM_NIGHTS", 10)
    assert figures(copy).rows["explained"] == []


def test_the_page_has_no_personal_column(copy: Path, tmp_path: Path) -> None:
    write_report(copy, tmp_path / "report.html")
    rows = embedded((tmp_path / "report.html").read_text(encoding="utf-8"))["rows"]
    names = {name for found in rows.values() for row in found for name in row}
    for figure, listed in (("movers", "items"), ("hand", "items"), ("explained", "postings")):
        names |= {name for row in rows[figure] for item in row[listed] for name in item}
    assert not names & personal_columns()
    assert "reservation_id" in names
