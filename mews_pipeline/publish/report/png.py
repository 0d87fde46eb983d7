"""Charts of the report as PNG, for Dagster's metadata: drawn without a browser."""

import base64

import orjson
import vl_convert

from mews_pipeline.publish.report.charts import specification
from mews_pipeline.publish.report.figures import Figures
from mews_pipeline.publish.report.style import INK, PAPER

_TITLES = {"calendar": "Occupancy, all properties", "matrix": "State transitions, all properties"}
_WIDTH = 720


def preview(found: Figures, name: str) -> bytes:
    """Draw a chart of the report, `calendar` or `matrix`, for all properties, as PNG on white."""
    chart = specification(name)
    source = (chart.get("data") or chart["layer"][0]["data"])["name"]
    scope = found.rows["properties"][0]["scope"]
    rows = [row for row in found.rows[source] if row["scope"] == scope]
    chart |= {"datasets": {source: rows}, "width": _WIDTH, "title": _TITLES[name]}
    drawn = orjson.dumps(chart).replace(b"currentColor", INK.encode())
    drawn = drawn.replace(b'"transparent"', f'"{PAPER}"'.encode())
    return vl_convert.vegalite_to_png(drawn.decode())


def markdown(found: Figures) -> str:
    """Return both previews as images in Markdown, as Dagster shows them; a sentence when empty."""
    if found.is_empty:
        return "No reservation is known yet."
    return "\n\n".join(
        f"![{title}](data:image/png;base64,{base64.b64encode(preview(found, name)).decode()})"
        for name, title in _TITLES.items()
    )
