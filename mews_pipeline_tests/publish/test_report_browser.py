"""The report in a real browser: Debian's chromium, headless."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from mews_pipeline.publish import publish
from mews_pipeline.publish.report.figures import Figures
from mews_pipeline.publish.report.write import write_report
from mews_pipeline.warehouse.file import DuckDBFile
from mews_pipeline_tests.conftest import Lived
from mews_pipeline_tests.support.browsers import chromium

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        yield started


@pytest.fixture(scope="module")
def report(lived: Lived, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Figures]:
    folder = tmp_path_factory.mktemp("page")
    publish(DuckDBFile(lived.warehouse), folder / "analytics.duckdb")
    return folder / "report.html", write_report(folder / "analytics.duckdb", folder / "report.html")


def shown(browser: Chrome, scope: str) -> None:
    """Wait until the page has drawn all charts of a property."""
    root = browser.find_element(By.TAG_NAME, "html")
    WebDriverWait(browser, 60).until(lambda _: root.get_attribute("data-shown") == scope)


def opened(browser: Chrome, path: Path, width: int = 1440) -> None:
    browser.set_window_size(width, 1000)
    browser.get(path.as_uri())


def logged(browser: Chrome, kind: str) -> list[dict[str, Any]]:
    """Return what the browser has logged since the last call."""
    return list(browser.get_log(kind))  # type: ignore[no-untyped-call]


def text_of(browser: Chrome, figure: str) -> str:
    return browser.find_element(By.CSS_SELECTOR, f"[data-figure={figure}]").text


def drawings(browser: Chrome) -> dict[str, str]:
    found = browser.find_elements(By.CSS_SELECTOR, "[data-chart]")
    return {
        str(figure.get_attribute("data-chart")): str(
            figure.find_element(By.CSS_SELECTOR, "svg").get_attribute("innerHTML")
        )
        for figure in found
    }


def tile_texts(row: dict[str, Any]) -> dict[str, str]:
    return {
        "occupancy_mews": f"{row['occupancy_mews']:.1%}",
        "occupancy_usali": f"{row['occupancy_usali']:.1%}",
        "spaces_occupied": str(row["spaces_occupied"]),
        "guests": str(row["guests"]),
        "arrivals": str(row["arrivals"]),
        "next_30": f"{row['next_30']:.1%}",
    }


@pytest.mark.parametrize("width", [1440, 390])
def test_the_page_opens_from_disk_without_an_error_or_a_request(
    browser: Chrome, report: tuple[Path, Figures], width: int
) -> None:
    path, found = report
    logged(browser, "browser")
    logged(browser, "performance")
    opened(browser, path, width)
    shown(browser, found.rows["properties"][0]["scope"])
    assert logged(browser, "browser") == []
    asked = {
        message["params"]["request"]["url"].partition(":")[0]
        for entry in logged(browser, "performance")
        if (message := json.loads(entry["message"])["message"])["method"]
        == "Network.requestWillBeSent"
    }
    assert asked <= {"file", "data"}
    page = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert browser.execute_script(page) == 0
    assert len(drawings(browser)) == 9


def test_the_numbers_are_the_marts_and_the_picker_changes_every_chart(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    opened(browser, path)
    before: dict[str, str] = {}
    picker = Select(browser.find_element(By.ID, "property"))
    for row in found.rows["properties"]:
        picker.select_by_value(row["scope"])
        shown(browser, row["scope"])
        for figure, expected in tile_texts(row).items():
            assert text_of(browser, figure).replace(",", "") == expected
        after = drawings(browser)
        assert [name for name in after if after[name] == before.get(name)] == []
        before = after


def test_the_matrix_shows_the_counts_of_the_mart(
    browser: Chrome, report: tuple[Path, Figures]
) -> None:
    path, found = report
    opened(browser, path)
    scope = found.rows["properties"][0]["scope"]
    shown(browser, scope)
    matrix = browser.find_element(By.CSS_SELECTOR, "[data-chart=matrix] svg").text
    for row in found.rows["matrix"]:
        if row["scope"] == scope:
            assert f"{row['transitions']:,}" in matrix.split("\n")


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
    shown(browser, "nothing")
    assert browser.find_element(By.ID, "empty").is_displayed()
    assert not browser.find_element(By.ID, "tiles").is_displayed()
    assert logged(browser, "browser") == []
