"""Dagster's UI in a real, headless browser: what the person on call looks at."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from mews_pipeline.demo.cluster.webserver import until
from mews_pipeline.monitoring.health import CHECKS
from mews_pipeline_tests.service.conftest import START, day, days
from mews_pipeline_tests.support.browsers import chromium
from mews_pipeline_tests.support.running import Service

pytestmark = pytest.mark.slow

RESERVATIONS = dg.AssetKey(["mews", "reservations"])
GAP = 55


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium(tmp_path_factory.mktemp("profile")) as started:
        started.set_window_size(1600, 1100)
        yield started


@pytest.fixture(autouse=True)
def _screenshot(browser: Chrome, tmp_path: Path) -> Iterator[None]:
    """Save what a test saw last, for anyone who wants to look."""
    yield
    browser.save_screenshot(str(tmp_path / "page.png"))


def lines(browser: Chrome) -> list[str]:
    """Give the text of the page."""
    return str(browser.execute_script("return document.body.innerText")).splitlines()


def shown(browser: Chrome, address: str, *words: str) -> list[str]:
    """Open a page of the UI, wait until it shows all of this, and give its lines."""
    browser.get(address)

    def said() -> list[str] | None:
        found = lines(browser)
        return found if all(any(word in line for line in found) for word in words) else None

    return list(until(f"{address} says {words}", said, 180))


def test_the_asset_graph_leads_from_mews_to_what_is_published(
    browser: Chrome, running: Service
) -> None:
    shown(browser, f"{running.url}/asset-groups", "Global asset lineage")
    boxes = "return [...document.querySelectorAll('foreignObject > *')].map(b => b.innerText)"
    groups = {"mews", "staging", "intermediate", "marts", "publish", "retention"}
    until("the graph is drawn", lambda: set(browser.execute_script(boxes)) == groups)


def test_a_mart_tells_its_meaning_its_columns_and_its_checks(
    browser: Chrome, published: Service
) -> None:
    mart = f"{published.url}/assets/marts/fct_occupancy_daily"
    shown(browser, mart, "One row per enterprise, service", "Row count", "occupancy_usali")
    shown(browser, f"{mart}?view=checks", "Nights are conserved", "blocking")
    # A run of days alone makes no checks: until the next refresh they read "Not Evaluated", and
    # the plot shows what was found before
    raw = f"{published.url}/assets/mews/reservations?view=checks&checkDetail=has_each_version_once"
    [meaning] = {check.description for check in CHECKS if check.name == "has_each_version_once"}
    shown(browser, raw, "has_each_version_once", meaning.split(".")[0], "Plots")


@pytest.mark.parametrize(
    "asset",
    ["publish/report", "marts/fct_occupancy_daily", "marts/rpt_state_transition_matrix"],
)
def test_a_chart_is_drawn(browser: Chrome, published: Service, asset: str) -> None:
    browser.get(f"{published.url}/assets/{asset}")

    def is_drawn() -> bool:
        # A large one is folded
        for folded in browser.find_elements(By.XPATH, "//*[text()='[Show Markdown]']"):
            browser.execute_script("arguments[0].click()", folded)
        return bool(
            browser.execute_script(
                "return [...document.images].some("
                "i => i.src.startsWith('data:') && i.naturalWidth > 0)"
            )
        )

    until("the chart is drawn", is_drawn)


def lacking(running: Service) -> list[str]:
    """List the days of which Dagster's records have no reservations."""
    there = running.instance.get_materialized_partitions(RESERVATIONS)
    over = (datetime.now(UTC).date() - START).days
    return [iso for iso in (day(n).isoformat() for n in range(over + 1)) if iso not in there]


def bar_agrees(browser: Chrome, running: Service) -> bool:
    """Tell whether the partition bar, reloaded, shows as many missing days as there are."""
    browser.get(f"{running.url}/assets/mews/reservations?view=partitions")

    def agrees() -> bool:
        return f"Missing ({len(lacking(running))})" in lines(browser)

    with suppress(TimeoutError):
        return bool(until("the bar agrees", agrees, 30))
    return False


def healed_next(running: Service) -> dg.DagsterRun:
    """Wait for the next run that the sensor launches."""
    by_sensor = {"dagster/sensor_name": "missing_days"}
    before = len(running.runs(**by_sensor))
    running.make_due("missing_days", last_tick_timestamp=None, last_tick_start_timestamp=None)
    until("missing days are launched", lambda: len(running.runs(**by_sensor)) > before)
    running.stop_automation("sensors", "missing_days")
    [run, *_] = running.runs(**by_sensor)
    assert running.ended(run.run_id) == "SUCCESS"
    return run


def test_a_missing_day_is_seen_and_heals_by_itself(browser: Chrome, running: Service) -> None:
    today = (datetime.now(UTC).date() - START).days
    around = ((0, GAP - 1), (GAP + 1, today))
    runs = [running.launch("fetch_days", **days(*each)) for each in around]
    assert {running.ended(run) for run in runs} == {"SUCCESS"}

    missing = day(GAP).isoformat()
    until("the bar shows what is missing", lambda: bar_agrees(browser, running))
    assert missing in lacking(running)
    browser.find_element(By.XPATH, "//label[contains(., 'Materialized (')]").click()
    neighbours = {day(GAP - 1).isoformat(), day(GAP + 1).isoformat()}
    until("what is there is listed no more", lambda: neighbours.isdisjoint(lines(browser)))
    assert missing in lines(browser)

    while missing in lacking(running):
        healed_next(running)
    by_sensor = {"dagster/sensor_name": "missing_days"}
    assert len(running.runs(**days(GAP, GAP), **by_sensor)) == 1
    until("the bar shows that it is there", lambda: bar_agrees(browser, running))
