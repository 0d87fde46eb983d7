"""The report's charts as Vega-Lite, without rows: the page adds those of the chosen property."""

from collections.abc import Callable
from typing import Any

import altair as alt

from mews_pipeline.publish.report.night_charts import ages, books, calendar, pace, pickup
from mews_pipeline.publish.report.parts import Chart
from mews_pipeline.publish.report.state_charts import (
    cancellations,
    cancelled_share,
    dwell,
    funnel,
    matrix,
)

CHARTS: dict[str, Callable[[], Chart]] = {
    chart.__name__: chart
    for chart in (
        calendar,
        books,
        pickup,
        pace,
        matrix,
        funnel,
        dwell,
        cancelled_share,
        cancellations,
        ages,
    )
}


def specification(name: str) -> dict[str, Any]:
    """Return the Vega-Lite specification of a chart, checked against its schema by Altair."""
    axis = {
        "labelColor": "currentColor", "titleColor": "currentColor", "titleFontWeight": "normal",
        "gridColor": "currentColor", "gridOpacity": 0.15, "domainColor": "currentColor",
        "domainOpacity": 0.4, "tickColor": "currentColor", "tickOpacity": 0.4,
    }  # fmt: skip
    chart = CHARTS[name]().configure(
        background="transparent", font="system-ui, sans-serif",
        autosize=alt.AutoSizeParams(type="fit-x", contains="padding"),
    ).configure_axis(**axis).configure_view(stroke=None).configure_legend(
        labelColor="currentColor", titleColor="currentColor", titleFontWeight="normal",
        symbolLimit=0,
    )  # fmt: skip
    return chart.to_dict()  # type: ignore[no-any-return]
