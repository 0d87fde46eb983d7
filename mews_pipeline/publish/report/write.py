"""report.html: a single file that shows the published copy, without any network request."""

import base64
import zlib
from collections import defaultdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import vl_convert

from mews_pipeline.files import private_file, publish_file, published_folder
from mews_pipeline.publish.report.charts import CHARTS, specification
from mews_pipeline.publish.report.figures import DETAILS, EXPLAINED, OVERVIEW, Figures, figures

_PAGE = Path(__file__).with_name("page")
_SCRIPTS = ("base", "amounts", "strip", "morning", "revenue", "night", "charts", "start")
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
        "/*SCRIPT*/": _script(
            "".join((_PAGE / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
        ),
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
        "rows": {name: found.rows[name] for name in OVERVIEW if name != "strip"},
        "strip": _columns(found.rows["strip"]),
        "packed": _packed(found),
        "explains": bool(found.rows[EXPLAINED]),
        "meanings": found.meanings,
        "charts": charts,
    }
    return orjson.dumps(content).decode().replace("<", "\\u003c")


def _columns(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return rows without their names, by scope: every property has them on one page."""
    columns = [name for name in rows[0] if name != "scope"] if rows else []
    by_scope: dict[str, list[list[Any]]] = defaultdict(list)
    for row in rows:
        by_scope[row["scope"]].append([row[name] for name in columns])
    return {"columns": columns, "rows": by_scope}


def _packed(found: Figures) -> dict[str, str]:
    """Return the details of each scope compressed: the page reads those of one at a time."""
    details: dict[str, dict[str, list[dict[str, Any]]]] = {
        row["scope"]: {name: [] for name in (*DETAILS, EXPLAINED)}
        for row in found.rows["properties"]
    }
    for name in (*DETAILS, EXPLAINED):
        for row in found.rows[name]:
            without = {key: value for key, value in row.items() if key != "scope"}
            details[row["scope"]][name].append(without)
    return {
        scope: base64.b64encode(zlib.compress(orjson.dumps(rows), 9)).decode()
        for scope, rows in details.items()
    }


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
