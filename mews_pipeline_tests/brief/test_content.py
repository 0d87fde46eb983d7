"""A brief has the figures of the report's morning screen, by time zone, and nobody's data."""

import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mews_pipeline.brief.content import Limits, Morning, mornings
from mews_pipeline.brief.delivery import message
from mews_pipeline.cli.main import app
from mews_pipeline.extract.entities import personal_columns
from mews_pipeline.publish.report.figures import Figures, figures
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.support.chat import channels

NEVER_RED, ALWAYS_RED = Limits(-10_000, 10_000), Limits(10_000, 10_000)
ZONES = ["America/New_York", "Asia/Tokyo", "Europe/Prague"]
TODAY = date(2026, 4, 25)
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
    code, output = run(copy, "--date", "2026-04-20")
    assert code == 1
    assert "There is no brief of 2026-04-20: the published copy shows 2026-04-25" in output


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
