"""report.html: a single file that shows the published copy, without any network request."""

from datetime import timedelta
from pathlib import Path

import orjson
import vl_convert

from mews_pipeline.files import private_file, publish_file, published_folder
from mews_pipeline.publish.report.charts import CHARTS, specification
from mews_pipeline.publish.report.figures import Figures, figures

_PAGE = Path(__file__).with_name("page")
# With less history than this, most of the report was inferred: the page says so
_YOUNG = timedelta(days=7)


def write_report(analytics: Path, report: Path, group: str | None = None) -> Figures:
    """Write the report of the published copy, replacing an older one whole; return its figures.

    Raises duckdb.IOException if there is no copy, OSError if the file cannot be written.
    """
    found = figures(analytics)
    page = (_PAGE / "report.html").read_text(encoding="utf-8")
    parts = {
        "/*STYLE*/": (_PAGE / "report.css").read_text(encoding="utf-8"),
        "/*REPORT*/": _embedded(found),
        # Without a snippet, which its stub requires, it returns all of Vega, Vega-Lite, vega-embed
        "/*VEGA*/": _script(vl_convert.javascript_bundle()),  # type: ignore[call-arg]
        "/*SCRIPT*/": _script((_PAGE / "report.js").read_text(encoding="utf-8")),
    }
    head, *rest = page.split("/*")
    written = head + "".join(_filled("/*" + part, parts) for part in rest)
    published_folder(report.parent, group)
    partial = report.with_name(f".{report.name}.partial")
    private_file(partial).write_text(written, encoding="utf-8")
    publish_file(partial, group).replace(report)
    return found


def _filled(text: str, parts: dict[str, str]) -> str:
    for name, content in parts.items():
        if text.startswith(name):
            return content + text.removeprefix(name)
    return text


def _embedded(found: Figures) -> str:
    charts = {} if found.is_empty else {name: specification(name) for name in CHARTS}
    content = {
        "as_of": found.as_of,
        "version": found.version,
        "is_empty": found.is_empty,
        "young": _notice_of_youth(found),
        "rows": found.rows,
        "meanings": found.meanings,
        "charts": charts,
    }
    return orjson.dumps(content).decode().replace("<", "\\u003c")


def _script(source: str) -> str:
    """Escape a script so that it cannot end the element around it."""
    return source.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _notice_of_youth(found: Figures) -> str | None:
    """Return the notice for a warehouse with few days of history; None if it has enough."""
    since = [row["observed_since_utc"] for row in found.rows["coverage"]]
    through = [row["covered_through_utc"] for row in found.rows["coverage"]]
    start = [row["covered_from_utc"] for row in found.rows["coverage"]]
    if not since or max(through) - min(start) >= _YOUNG:
        return None
    complete = [row["books_complete_since_utc"] for row in found.rows["coverage"]]
    books = (
        "Bookings made before and not changed since are missing"
        if None in complete
        else f"The books are complete since {max(complete):%Y-%m-%d %H:%M} UTC"
    )
    return (
        f"Updates are known since {min(start):%Y-%m-%d %H:%M} UTC only. {books}, and most of what "
        "is shown was inferred from timestamps: fetch more days to fill this page."
    )
