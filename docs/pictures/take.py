"""Take the README's pictures, after `make demo` and while `make dev` runs.

python docs/pictures/take.py [address of the UI]. Needs chromium and chromedriver (.ci/install).
"""

import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from mews_pipeline_tests.support.browsers import chromium  # noqa: E402

PATIENCE_SECONDS = 240
_BOXES = "return document.querySelectorAll('foreignObject > *').length"
_COLLAPSED = 5  # boxes, one per group


def report(browser: Chrome, path: Path) -> None:
    """Take the top of the report."""
    browser.set_window_size(1400, 1160)
    browser.get((ROOT / "data" / "report.html").as_uri())
    time.sleep(5)
    browser.save_screenshot(str(path))


def graph(browser: Chrome, address: str, path: Path, opened: Iterable[str]) -> None:
    """Take the asset graph, some of its groups opened."""
    browser.set_window_size(1900, 1400)
    groups = ",".join(f"global@global:{group}" for group in opened)
    browser.get(f"{address}/asset-groups?expanded={quote(groups)}")
    end = time.monotonic() + PATIENCE_SECONDS
    while browser.execute_script(_BOXES) <= _COLLAPSED and time.monotonic() < end:
        time.sleep(1)
    time.sleep(5)
    browser.find_element(By.XPATH, "//*[text()='Hide navigation']").click()
    time.sleep(5)
    browser.save_screenshot(str(path))


def main() -> None:
    """Take both pictures, or the graph alone where there is no report."""
    address = sys.argv[1] if len(sys.argv) > 1 else "http://localhost:3000"
    folder = Path(__file__).parent
    with tempfile.TemporaryDirectory() as profile, chromium(Path(profile)) as browser:
        browser.set_page_load_timeout(PATIENCE_SECONDS)
        if (ROOT / "data" / "report.html").exists():
            report(browser, folder / "report.png")
        graph(browser, address, folder / "assets.png", ("mews", "publish"))


if __name__ == "__main__":
    main()
