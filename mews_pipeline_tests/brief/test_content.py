"""A brief has the figures of the report's morning screen, by time zone, and nobody's data."""

import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from duckdb import DuckDBPyConnection
from typer.testing import CliRunner

from mews_pipeline.brief.content import Limits, Morning, mornings
from mews_pipeline.brief.delivery import message
from mews_pipeline.brief.earlier import of_date
from mews_pipeline.brief.revenue import of_properties
from mews_pipeline.brief.rows import Row
from mews_pipeline.cli.main import app
from mews_pipeline.extract.entities import personal_columns
from mews_pipeline.publish.published_copy import opened
from mews_pipeline.publish.report.figures import Figures, figures
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.support.chat import channels

NEVER_RED, ALWAYS_RED = Limits(-10_000, 10_000), Limits(10_000, 10_000)
ZONES = ["America/New_York", "Asia/Tokyo", "Europe/Prague"]
TODAY, BEFORE = date(2026, 4, 25), date(2026, 4, 24)
REASONS = ("new", "converted", "reinstated", "moved", "cancelled", "no_show")
ONE_ZONE = "update marts.rpt_freshness set time_zone = 'Europe/Prague' where enterprise_id != 'all'"


@pytest.fixture(scope="module")
def report(copy: Path) -> Figures:
    return figures(copy)


@pytest.fixture(scope="module")
def found(copy: Path) -> list[Morning]:
    return mornings(copy, NEVER_RED)


def test_there_is_one_brief_per_time_zone_with_the_figures_of_the_report(
    found: list[Morning], report: Figures
) -> None:
    assert [morning.time_zone for morning in found] == ZONES
    shown = {row["scope"]: row for row in report.rows["properties"]}
    for morning in found:
        [row] = morning.properties
        assert row == shown[row["scope"]] | {"is_red": False}
        nights = [each for each in report.rows["strip"] if each["scope"] == row["scope"]][:14]
        for night, expected in zip(morning.nights, nights, strict=True):
            names = ("spaces_occupied", "spaces_usable", "rooms_left", "pickup_1", "pickup_7")
            assert [night[name] for name in names] == [expected[name] for name in names]
        movers = [each for each in report.rows["movers"] if each["scope"] == row["scope"]]
        assert [each["rooms"] for each in morning.movers] == [each["rooms"] for each in movers]
        assert sum(each["cases"] for each in morning.hands) == row["needs_hand"]


def test_the_bookings_behind_a_moved_night_are_those_of_the_report(
    found: list[Morning], report: Figures
) -> None:
    movers = {
        (row["scope"], row["stay_date"]): row["items"]
        for row in report.rows["movers"]
        if row["scope"] != "all"
    }
    for morning in found:
        brief = message(morning)
        for row in morning.movers:
            items = movers[row["scope"], row["stay_date"]]
            for text, most in ((brief.text, 3), (brief.html, 5)):
                assert all(f"({item['reservation_id'][:8]})" in text for item in items[:most])
        assert "cancelled, " in brief.text
        assert "and 1 more" in brief.text


def test_closed_nights_and_what_needs_a_hand_are_listed_and_counted(found: list[Morning]) -> None:
    assert sum(len(morning.restated) for morning in found) > 0
    for morning in found:
        brief, [row] = message(morning), morning.properties
        assert len(morning.restated) == min(row["restated_1"], 10)
        for change in morning.restated:
            assert change["posted_at"] > row["as_of_utc"] - timedelta(days=1)
            numbers = f"({change['rooms_at_close']} at close, {change['rooms_now']} now)"
            assert numbers in brief.text
            assert numbers in brief.html
        for kind in morning.hands:
            assert len(kind["items"]) == min(kind["cases"], 3)
            longest = [item["hours_late"] for item in kind["items"]]
            assert longest == sorted(longest, reverse=True)
            assert longest[0] == kind["hours_late"]
            for item in kind["items"]:
                assert f"({item['reservation_id'][:8]})" in brief.text
                assert f"({item['reservation_id'][:8]})" in brief.html


def test_the_brief_of_an_earlier_morning_is_the_books_of_that_instant(
    copy: Path, found: list[Morning]
) -> None:
    earlier = of_date(found, copy, NEVER_RED, BEFORE, time(7))
    assert [morning.time_zone for morning in earlier] == ZONES
    with opened(copy) as connection:
        for morning in earlier:
            [row], nights = morning.properties, morning.nights
            at = datetime.combine(BEFORE, time(7), ZoneInfo(morning.time_zone))
            assert (morning.today, row["as_of_utc"]) == (BEFORE, at)
            now, day_before, week_before = (
                books(connection, row["scope"], at - timedelta(days)) for days in (0, 1, 7)
            )
            assert [night["stay_date"] for night in nights] == [
                BEFORE + timedelta(n) for n in range(14)
            ]
            for night in nights:
                rooms = night["rooms_occupied"]
                assert rooms == now[night["stay_date"]]
                assert night["pickup_1"] == rooms - day_before[night["stay_date"]]
                assert night["pickup_7"] == rooms - week_before[night["stay_date"]]
            assert row["pickup_1"] == sum(now.values()) - sum(day_before.values())
            assert row["pickup_7"] == sum(now.values()) - sum(week_before.values())
            assert row["pickup_1"] == sum(row[reason] for reason in REASONS)
            moved = {mover["stay_date"]: mover["rooms"] for mover in morning.movers}
            assert moved == {night: now[night] - day_before[night] for night in moved}
            assert moved


def books(connection: DuckDBPyConnection, scope: str, at: datetime) -> Counter[date]:
    """Give the rooms of each night at that instant."""
    sql = (
        "select stay_date, sum(rooms)::bigint from on_the_books(?) join marts.dim_service "
        "using (service_id) where is_lodging and stay_date is not null and enterprise_id = ? "
        "group by all"
    )
    return Counter(dict(connection.execute(sql, [at, scope]).fetchall()))


def test_an_earlier_brief_has_nothing_that_is_known_as_of_now_only(
    copy: Path, found: list[Morning]
) -> None:
    dates = [BEFORE - timedelta(n) for n in range(5)]
    earlier = [each for on in dates for each in of_date(found, copy, NEVER_RED, on, time(7))]
    assert any(morning.restated for morning in earlier)
    for morning in earlier:
        brief, [row] = message(morning), morning.properties
        assert len(morning.restated) == row["restated_1"]
        assert all(change["posted_at"] <= morning.as_of for change in morning.restated)
        assert "07:00, as known now" in brief.text
        for text in (brief.text, brief.html):
            assert "%" not in text
            assert " now)" not in text
            assert "Needs a hand" not in text
            assert f"{row['rooms_occupied']}" in text
            assert "known as of now only" in text


def test_properties_of_one_zone_are_one_brief_whose_total_is_their_sum(
    copy: Path, report: Figures, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [row | {"time_zone": ZONES[2]} for row in report.rows["properties"]]
    monkeypatch.setattr(
        "mews_pipeline.brief.content.rows_of", lambda *_: report.rows | {"properties": rows}
    )
    [morning] = mornings(copy, NEVER_RED)
    total, *hotels = morning.properties
    assert len(hotels) == 3
    # The report's own total is a sum over the same properties
    expected = report.rows["properties"][0]
    for name in ("spaces_occupied", "usable_30", "arrivals", "pickup_7", "restated_1"):
        assert total[name] == expected[name] == sum(hotel[name] for hotel in hotels)
    assert morning.nights[0]["spaces_occupied"] == total["spaces_occupied"]
    assert [abs(row["rooms"]) for row in morning.movers] == sorted(
        (abs(row["rooms"]) for row in morning.movers), reverse=True
    )
    brief = message(morning)
    assert brief.title == "Morning brief, Sat 25 Apr 2026: 3 properties (Europe/Prague)"
    assert all(hotel["name"] in brief.text and hotel["name"] in brief.html for hotel in hotels)


def test_every_ratio_has_its_numerator_and_denominator(found: list[Morning]) -> None:
    for morning in found:
        brief, [row] = message(morning), morning.properties
        for part, of in (("spaces_occupied", "spaces_usable"), ("occupied_30", "usable_30")):
            parts = f"{row[part]:,} of {row[of]:,}"
            assert parts in brief.text
            assert parts in brief.html
        assert brief.text.count("%") == len(re.findall(r"\d of \d", brief.text)) > 20


def test_revenue_has_its_definition_and_what_its_ratios_divide(
    found: list[Morning], report: Figures
) -> None:
    shown = {row["scope"]: row for row in report.rows["money"] if row["is_default_currency"]}
    for morning in found:
        brief, row = message(morning), morning.revenue[0]
        assert row == shown[row["scope"]] | {"is_red": False}
        for text in (brief.text, brief.html):
            assert "by the definition mews_manager" in text
            assert f"{row['room_revenue_1']:,.0f} ÷ {row['sold_1']} sold" in text
            assert f"{row['room_revenue_1'] / row['sold_1']:,.2f}" in text
            assert f"{row['total_revenue_30']:,.0f}" in text


def test_a_total_of_revenue_adds_properties_of_one_currency() -> None:
    def row(scope: str, currency: str, revenue: float, available: int | None) -> Row:
        return {
            "scope": scope, "name": scope, "currency": currency, "definition": "usali",
            "is_default_currency": True, "room_revenue_1": revenue, "available_1": available,
        }  # fmt: skip

    rows = [row("a", "EUR", 10.5, 4), row("b", "EUR", 4.5, None), row("c", "USD", 7.0, 3)]
    total, *own = of_properties(rows, {"a", "b", "c"})
    assert [each["scope"] for each in own] == ["a", "b", "c"]
    assert (total["name"], total["currency"]) == ("All 2 together", "EUR")
    assert total["room_revenue_1"] == 15
    # What is not known of one property is not known of both
    assert total["available_1"] is None
    assert [each["scope"] for each in of_properties(rows, {"a", "c"})] == ["a", "c"]


def test_a_line_is_red_by_the_thresholds(copy: Path) -> None:
    assert not any(
        mark in message(each).text for each in mornings(copy, NEVER_RED) for mark in "🔴"
    )
    assert message(mornings(copy, ALWAYS_RED)[0]).html.count("▼") > 14
    limits = Limits(-5, 30)
    assert limits.is_red(-6, 0, 100)
    assert not limits.is_red(-5, 0, 100)
    assert not limits.is_red(-9, 0, 200)
    assert limits.is_red(2, -31, 100)
    assert not limits.is_red(2, -30, 100)
    assert limits.is_red(-6, 0, None)


def test_no_brief_has_a_guest_or_a_booking(found: list[Morning], lived: Lived) -> None:
    with lived.connect() as connection:
        known = connection.execute("select * from raw.reservations")
        wanted = personal_columns() | {"id", "group_id"}
        places = [n for n, (name, *_) in enumerate(known.description or ()) if name in wanted]
        values = {row[place] for row in known.fetchall() for place in places}
    # Short ones, as states and kinds of accounts, would be found in any text
    ids = {value for value in values if isinstance(value, str) and len(value) > 12}
    assert len(ids) > 1000
    for morning in found:
        brief = message(morning)
        written = brief.title + brief.text + brief.html
        assert not [value for value in ids if value in written]
        assert "@" not in written


def run(copy: Path, *arguments: str, to: str = "") -> tuple[int, str]:
    environment = {"MEWS_ANALYTICS": str(copy), "MEWS_BRIEF_TO": to}
    result = CliRunner().invoke(app, ["brief", *arguments], env=environment)
    return result.exit_code, result.output


def test_the_command_prints_the_briefs_of_a_date(copy: Path, found: list[Morning]) -> None:
    code, output = run(copy, "--date", f"{TODAY}")
    assert code == 0
    assert all(morning.title in output for morning in found)
    code, output = run(copy, "--date", f"{BEFORE}")
    assert code == 0
    assert output.count("Morning brief, Fri 24 Apr 2026: ") == len(found)
    # Updates are known from midnight in UTC of 10 February on, which is its evening in New York
    for date_without in ("2026-02-10", "2026-04-26"):
        code, output = run(copy, "--date", date_without)
        assert code == 1
        assert f"There is no brief of {date_without}: the published copy knows mornings" in output
        assert "from 2026-02-11 to 2026-04-25" in output
    assert run(copy, "--date", "2026-02-11")[0] == 0


def test_the_command_needs_a_copy_and_somebody_to_send_to(copy: Path, tmp_path: Path) -> None:
    assert "There is no published copy" in run(tmp_path / "none.duckdb")[1]
    code, output = run(copy, "--send")
    assert code == 1
    assert output == "MEWS_BRIEF_TO is not set: there is nobody to send the brief to.\n"


def test_the_command_sends_at_once_and_fails_where_a_channel_refuses(copy: Path) -> None:
    with channels() as served:
        served.down = {"two"}
        to = f"{served.json('one')},{served.webhook('two')}"
        code, output = run(copy, "--send", to=to)
    assert code == 1
    assert served.paths == ["one"] * 3
    assert output.count("Sent to number 1 of MEWS_BRIEF_TO (json)") == 3
    assert output.count("Not sent: number 2 of MEWS_BRIEF_TO (http) answered with status 503") == 3
    assert f"{served.port}" not in output
