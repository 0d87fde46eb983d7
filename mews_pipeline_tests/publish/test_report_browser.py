"""The report in a real browser: Debian's chromium, headless."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from mews_pipeline.publish import publish
from mews_pipeline.publish.report.figures import Figures
from mews_pipeline.publish.report.write import write_report
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.publish.test_report_morning import TOMORROW
from mews_pipeline_tests.support.browsers import chromium
from mews_pipeline_tests.support.many_properties import multiplied
from mews_pipeline_tests.support.priced_copy import NO_MONEY

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def report(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Figures]:
    """Write the report of a copy in which it is another day already in Tokyo."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copy(lived.warehouse, folder / "warehouse.duckdb")
    with duckdb.connect(str(folder / "warehouse.duckdb")) as connection:
        connection.execute(TOMORROW)
    publish(DuckDBFile(folder / "warehouse.duckdb"), folder / "analytics.duckdb")
    return folder / "report.html", write_report(folder / "analytics.duckdb", folder / "report.html")


@pytest.fixture(scope="module")
def without_money(report: tuple[Path, Figures], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of the same copy where the tokens may not read order items."""
    copy = tmp_path_factory.mktemp("without") / "analytics.duckdb"
    shutil.copy(report[0].with_name("analytics.duckdb"), copy)
    copy.chmod(0o600)
    with duckdb.connect(str(copy)) as connection:
        connection.execute(NO_MONEY)
    write_report(copy, copy.with_name("report.html"))
    return copy.with_name("report.html")


SECTIONS = ("morning", "nights", "bookings", "data")
WIDTHS = (1400, 1024, 390)


def shown(browser: Chrome, scope: str, section: str = "morning") -> None:
    """Wait until the page has drawn a section of a property."""
    root = browser.find_element(By.TAG_NAME, "html")
    WebDriverWait(browser, 60).until(
        lambda _: (
            (root.get_attribute("data-shown"), root.get_attribute("data-section"))
            == (scope, section)
        )
    )


def opened(browser: Chrome, path: Path, address: str = "", width: int = 1400) -> None:
    size = {"width": width, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get("about:blank")  # otherwise only the address after # changes
    browser.get(path.as_uri() + address)


def logged(browser: Chrome, kind: str) -> list[dict[str, Any]]:
    """Return what the browser has logged since the last call."""
    return list(browser.get_log(kind))  # type: ignore[no-untyped-call]


def number(browser: Chrome, figure: str) -> str:
    """Return the text of a figure, written plainly."""
    return plain(browser.find_element(By.CSS_SELECTOR, f"[data-figure={figure}]").text)


def plain(text: str) -> str:
    """Return a number without separators, and with a hyphen for a minus."""
    return text.replace(",", "").replace("\N{MINUS SIGN}", "-")


def drawings(browser: Chrome, section: str) -> dict[str, str]:
    found = browser.find_elements(By.CSS_SELECTOR, f"#{section} [data-chart]")
    return {
        str(figure.get_attribute("data-chart")): str(
            figure.find_element(By.CSS_SELECTOR, "svg").get_attribute("innerHTML")
        )
        for figure in found
    }


def asked(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path.with_name("analytics.duckdb")), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        return connection.execute(sql).fetchall()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_opens_from_disk_without_an_error_or_a_request(
    browser: Chrome, report: tuple[Path, Figures], width: int
) -> None:
    path, found = report
    logged(browser, "browser")
    logged(browser, "performance")
    for section in SECTIONS:
        opened(browser, path, f"#section={section}", width)
        shown(browser, found.rows["properties"][0]["scope"], section)
        page = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert browser.execute_script(page) == 0
    assert logged(browser, "browser") == []
    asked_for = {
        message["params"]["request"]["url"].partition(":")[0]
        for entry in logged(browser, "performance")
        if (message := json.loads(entry["message"])["message"])["method"]
        == "Network.requestWillBeSent"
    }
    assert asked_for <= {"file", "data", "about"}


PANELS = """
    const section = document.querySelector('main > section:not([hidden])').getBoundingClientRect();
    const rows = {};
    for (const panel of document.querySelectorAll('main > section:not([hidden]) > *')) {
        const box = panel.getBoundingClientRect();
        if (box.width) (rows[Math.round(box.top)] ||= []).push(box);
    }
    return Object.values(rows).map((row) => [
        row[0].left - section.left, section.right - row.at(-1).right,
        Math.max(...row.map((box) => box.height)) - Math.min(...row.map((box) => box.height)),
    ]);
"""


# Cards that the last row of a grid lacks, and cards whose text is wider than they are
CARDS = """
    const grids = [...document.querySelectorAll('.cards')].filter((grid) => grid.offsetWidth);
    return grids.map((grid) => [
        grid.children.length % getComputedStyle(grid).gridTemplateColumns.split(' ').length,
        [...grid.querySelectorAll('.card *')].filter((part) =>
            part.scrollWidth > part.offsetWidth + 1
            && getComputedStyle(part).display !== 'inline').length,
    ]);
"""


@pytest.mark.parametrize("width", WIDTHS)
def test_panels_leave_no_hole(
    browser: Chrome, report: tuple[Path, Figures], without_money: Path, width: int
) -> None:
    path, found = report
    total, *_, hotel = (row["scope"] for row in found.rows["properties"])
    pages = [(path, total, section) for section in SECTIONS]
    pages += [(path, hotel, "morning"), (without_money, total, "morning")]
    for page, scope, section in pages:
        opened(browser, page, f"#hotel={scope}&section={section}", width)
        shown(browser, scope, section)
        rows = browser.execute_script(PANELS)
        assert rows
        assert [row for row in rows if max(row) > 1] == []
        if section == "morning":
            assert {tuple(grid) for grid in browser.execute_script(CARDS)} == {(0, 0)}


def test_revenue_is_beside_the_rooms_with_its_definition_and_parts(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    for row in found.rows["money"]:
        if row["scope"] == "all" or not row["is_default_currency"]:
            continue
        opened(browser, path, f"#hotel={row['scope']}")
        shown(browser, row["scope"])
        revenue = browser.find_element(By.ID, "revenue")
        assert f"in {row['currency']}, by the definition mews_manager" in revenue.text
        for name, part, all_ in (("adr_30", "room_revenue_30", "sold_30"),
                                 ("revpar_1", "room_revenue_1", "available_1")):  # fmt: skip
            decimals = 0 if row["currency"] == "JPY" else 2
            assert float(number(browser, name)) == pytest.approx(
                row[part] / row[all_], abs=0.6 * 10**-decimals
            )
            made = browser.find_element(By.CSS_SELECTOR, f"[data-parts={name}]").text
            assert plain(made).startswith(f"{row[part]:.0f} of rooms ÷ {row[all_]} ")
        assert "ADR" in browser.find_element(By.ID, "strip").text


def test_currencies_are_not_added_on_the_page_of_all(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    opened(browser, path, "#measure=revenue")
    shown(browser, "all")
    assert len({row["currency"] for row in found.rows["money"]}) > 1
    assert not browser.find_element(By.ID, "revenue").is_displayed()
    table = browser.find_element(By.ID, "revenue-table").text
    assert all(row["name"] in table for row in found.rows["properties"][1:])
    total, *hotels = browser.find_elements(By.CSS_SELECTOR, "#hotels tbody tr")
    assert not any(letter.isdigit() for letter in total.text)
    assert all(any(letter.isdigit() for letter in hotel.text) for hotel in hotels)


def test_a_page_without_money_shows_nothing_of_it(browser: Chrome, without_money: Path) -> None:
    logged(browser, "browser")
    opened(browser, without_money)
    shown(browser, "all")
    assert logged(browser, "browser") == []
    for name in ("revenue", "revenue-hotels"):
        assert not browser.find_element(By.ID, name).is_displayed()
    assert not any(
        word in browser.find_element(By.ID, "morning").text for word in ("ADR", "RevPAR", "Revenue")
    )


def test_headings_of_the_properties_stay_on_one_line_where_their_table_scrolls(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    opened(browser, path, "#section=morning", 390)
    shown(browser, found.rows["properties"][0]["scope"])
    head, *_ = browser.find_elements(By.CSS_SELECTOR, "#hotel-table thead")
    assert head.size["height"] < 50


# Each property's own nights from its own tonight; a total is their sum
NIGHTS = """
    with nights as (
        select unnest([enterprise_id, 'all']) as scope, portfolio.*,
            stay_date - (as_of_utc at time zone time_zone)::date as days_ahead
        from marts.rpt_portfolio_daily as portfolio
        join about using (enterprise_id)
        where enterprise_id != 'all'
    )
    select scope, days.days, sum(spaces_occupied)::bigint, sum(spaces_usable)::bigint,
        sum(rooms_left)::bigint, sum(arrivals)::bigint, sum(guests)::bigint
    from nights
    join (values (1), (7), (14), (30), (90)) as days (days) on days_ahead between 0 and days - 1
    group by all
"""


def test_the_cards_and_the_strip_show_the_marts_and_add_up(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    marts = {(scope, days): tuple(rest) for scope, days, *rest in asked(path, NIGHTS)}
    for row in found.rows["properties"]:
        scope = row["scope"]
        for length in (14, 30, 90):
            opened(browser, path, f"#hotel={scope}&nights={length}")
            shown(browser, scope)
            occupied, usable, left, *_ = marts[scope, length]
            assert number(browser, "strip_occupied") == f"{occupied / usable:.1%}"
            assert number(browser, "strip_left") == str(left)
            assert added(browser, "Occupied") == (occupied, usable)
            assert added(browser, "Left to sell") == (left,)
        occupied, usable, left, arrivals, guests = marts[scope, 1]
        assert number(browser, "occupancy") == f"{occupied / usable:.1%}"
        assert [number(browser, name) for name in ("rooms_left", "arrivals", "guests")] == [
            str(left), str(arrivals), str(guests),
        ]  # fmt: skip
        for length in (7, 30, 90):
            occupied, usable, *_ = marts[scope, length]
            assert number(browser, f"occupied_{length}") == f"{occupied / usable:.1%}"
        assert number(browser, "reasons") == number(browser, "pickup_1")


def added(browser: Chrome, measure: str) -> tuple[int, ...]:
    """Add the numbers in the cells of a measure; of a ratio, numerators and denominators."""
    cells = browser.execute_script(
        """
        return [...document.querySelectorAll('#strip tbody tr')]
            .filter((line) => line.cells[0].textContent === arguments[0])
            .flatMap((line) => [...line.cells].slice(1))
            .filter((cell) => cell.textContent)
            .map((cell) => (cell.querySelector('small') || cell).textContent);
        """,
        measure,
    )
    numbers = [[int(part) for part in plain(cell).split("/")] for cell in cells]
    return tuple(sum(column) for column in zip(*numbers, strict=True))


def test_the_table_of_properties_adds_up_to_its_total(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, _ = report
    opened(browser, path)
    shown(browser, "all")
    for heading in ("left", "arrivals", "departures", "since yesterday", "in 7 days"):
        total, *hotels = column(browser, heading)
        assert int(total) == sum(int(value) for value in hotels)
    marked = browser.find_elements(By.CSS_SELECTOR, "#hotel-table .differs")
    assert [cell.text for cell in marked] == ["◆ Sun 26 Apr"]
    assert "Sun 26 Apr for Sumida Inn" in browser.find_element(By.ID, "as-of").text


def column(browser: Chrome, heading: str) -> list[str]:
    cells = browser.execute_script(
        """
        const box = document.getElementById('hotel-table');
        const place = [...box.querySelectorAll('thead th')]
            .findIndex((cell) => cell.textContent === arguments[0]);
        return [...box.querySelectorAll('tbody tr')].map((line) => line.cells[place].innerText);
        """,
        heading,
    )
    return [plain(cell.split("\n")[0]) for cell in cells]


def test_a_heading_sorts_the_properties(browser: Chrome, report: tuple[Path, Figures]) -> None:
    opened(browser, report[0])
    shown(browser, "all")
    for order in (-1, 1):
        browser.find_element(By.XPATH, "//*[@id='hotel-table']//button[.='arrivals']").click()
        total, *hotels = [int(value) for value in column(browser, "arrivals")]
        assert total == sum(hotels)
        assert hotels == sorted(hotels, key=lambda value: order * value)


def test_the_address_holds_the_property_and_the_section(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    sumida = next(r["scope"] for r in found.rows["properties"] if r["name"] == "Sumida Inn")
    opened(browser, path, "#hotel=Sumida+Inn&section=bookings")
    shown(browser, sumida, "bookings")
    browser.find_element(By.LINK_TEXT, "Morning").click()
    shown(browser, sumida)
    assert browser.current_url.endswith("#hotel=Sumida+Inn&section=morning")
    browser.back()
    shown(browser, sumida, "bookings")
    Select(browser.find_element(By.ID, "property")).select_by_value("all")
    shown(browser, "all", "bookings")
    assert "hotel" not in browser.current_url.partition("#")[2]


def test_choosing_another_property_redraws_every_chart(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    for section, charts in (("nights", 5), ("bookings", 5)):
        opened(browser, path, f"#section={section}")
        before: dict[str, str] = {}
        for row in found.rows["properties"]:
            Select(browser.find_element(By.ID, "property")).select_by_value(row["scope"])
            shown(browser, row["scope"], section)
            after = drawings(browser, section)
            assert len(after) == charts
            assert [name for name in after if after[name] == before.get(name)] == []
            before = after


def test_the_bookings_behind_a_moved_night_open_on_demand(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    opened(browser, path)
    shown(browser, "all")
    first = next(row for row in found.rows["movers"] if row["scope"] == "all")
    identifier = first["items"][0]["reservation_id"]
    movers = browser.find_element(By.ID, "movers")
    assert identifier not in movers.text
    movers.find_element(By.CSS_SELECTOR, ".opener").click()
    assert identifier in movers.text


def test_a_date_opens_how_its_number_came_to_be(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    sumida = next(r for r in found.rows["properties"] if r["name"] == "Sumida Inn")
    opened(browser, path, "#hotel=Sumida+Inn")
    shown(browser, sumida["scope"])
    browser.find_element(By.CSS_SELECTOR, "#strip thead a").click()
    shown(browser, sumida["scope"], "night")
    assert f"night={sumida['today']}" in browser.current_url
    assert number(browser, "night_left") == str(sumida["rooms_left"])
    assert number(browser, "night_postings") == number(browser, "night_rooms")
    explained = next(
        night
        for night in found.rows["explained"]
        if (night["scope"], night["stay_date"]) == (sumida["scope"], sumida["today"])
    )
    spaces = browser.find_element(By.ID, "night-capacity").text
    assert "what changed" in spaces
    assert all(period["change"] in spaces for period in explained["capacity"])
    browser.find_element(By.PARTIAL_LINK_TEXT, "the night before").click()
    assert "Sat 25 Apr" in browser.find_element(By.ID, "night-title").text


def test_the_matrix_shows_the_counts_of_the_mart(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    opened(browser, path, "#section=bookings")
    shown(browser, "all", "bookings")
    matrix = browser.find_element(By.CSS_SELECTOR, "[data-chart=matrix] svg").text
    for row in found.rows["matrix"]:
        if row["scope"] == "all":
            assert f"{row['transitions']:,}" in matrix.split("\n")


def test_a_series_without_rows_has_no_legend(browser: Chrome, report: tuple[Path, Figures]) -> None:
    opened(browser, report[0], "#section=nights")
    shown(browser, "all", "nights")
    books = browser.find_element(By.CSS_SELECTOR, "[data-chart=books] svg").text
    assert "definite" in books
    assert "same time last year" not in books


def test_an_empty_panel_hides_its_chart(
    browser: Chrome, report: tuple[Path, Figures], tmp_path: Path
) -> None:
    path, _ = report
    shutil.copy(path.with_name("analytics.duckdb"), tmp_path / "analytics.duckdb")
    (tmp_path / "analytics.duckdb").chmod(0o600)
    with duckdb.connect(str(tmp_path / "analytics.duckdb")) as connection:
        connection.execute("delete from marts.rpt_pickup")
        connection.execute("delete from marts.rpt_overdue")
        connection.execute("update marts.rpt_coverage set gaps = 0")
        connection.execute("delete from marts.rpt_options_past_release")
    write_report(tmp_path / "analytics.duckdb", tmp_path / "report.html")
    opened(browser, tmp_path / "report.html", "#section=nights")
    shown(browser, "all", "nights")
    panel = browser.find_element(By.CSS_SELECTOR, "[data-chart=pickup]")
    assert panel.find_elements(By.CSS_SELECTOR, "svg") == []
    assert "Nothing changed in the last seven days." in panel.text
    browser.find_element(By.LINK_TEXT, "Morning").click()
    shown(browser, "all")
    assert browser.find_element(By.ID, "hand").text == "Nothing needs a hand."


def test_a_hostile_name_is_text_and_has_an_address(
    browser: Chrome, report: tuple[Path, Figures], tmp_path: Path
) -> None:
    path, _ = report
    name = "<img src=x onerror=alert(1)>&hotel=%41#"
    shutil.copy(path.with_name("analytics.duckdb"), tmp_path / "analytics.duckdb")
    (tmp_path / "analytics.duckdb").chmod(0o600)
    with duckdb.connect(str(tmp_path / "analytics.duckdb")) as connection:
        connection.execute(
            "update about set enterprise_name = ? where enterprise_name = 'Sumida Inn'", [name]
        )
    write_report(tmp_path / "analytics.duckdb", tmp_path / "report.html")
    logged(browser, "browser")
    opened(browser, tmp_path / "report.html")
    shown(browser, "all")
    browser.find_element(By.LINK_TEXT, name).click()
    scope = asked(path, "select enterprise_id from about where enterprise_name = 'Sumida Inn'")
    shown(browser, scope[0][0])
    assert browser.find_elements(By.CSS_SELECTOR, "img") == []
    assert logged(browser, "browser") == []


def test_two_hundred_properties_stay_usable(
    browser: Chrome, report: tuple[Path, Figures], tmp_path: Path
) -> None:
    many = multiplied(report[0].with_name("analytics.duckdb"), tmp_path / "many.duckdb", 67)
    found = write_report(many, tmp_path / "report.html")
    assert len(found.rows["properties"]) == 202
    assert (tmp_path / "report.html").stat().st_size < 8_000_000
    opened(browser, tmp_path / "report.html")
    shown(browser, "all")
    assert len(column(browser, "arrivals")) < 30
    for more in browser.find_elements(By.CSS_SELECTOR, "#morning .of-total .more"):
        more.click()
    total, *hotels = [int(value) for value in column(browser, "arrivals")]
    assert len(hotels) == 201
    assert total == sum(hotels)


def test_light_and_dark_are_the_readers_choice(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    opened(browser, report[0])
    colour = "return getComputedStyle(document.body).backgroundColor"
    before = browser.execute_script(colour)
    browser.find_element(By.ID, "theme").click()
    assert browser.execute_script(colour) != before


def test_a_page_without_reservations_says_so(browser: Chrome, report: tuple[Path, Figures]) -> None:
    path, _ = report
    empty = path.with_name("empty.html")
    empty.write_text(path.read_text().replace('"is_empty":false', '"is_empty":true'))
    logged(browser, "browser")
    opened(browser, empty)
    root = browser.find_element(By.TAG_NAME, "html")
    assert root.get_attribute("data-shown") == "nothing"
    assert browser.find_element(By.ID, "empty").is_displayed()
    assert not browser.find_element(By.ID, "cards").is_displayed()
    assert logged(browser, "browser") == []
