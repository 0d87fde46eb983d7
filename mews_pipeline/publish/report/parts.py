"""Parts that the report's charts share: their data source, the axis of days, tooltips.

Text and lines take the colour of the page's text, so that they follow light, dark and print.
"""

import altair as alt

from mews_pipeline.publish.report.style import LONG_DATE, PERCENT

DAY = alt.Axis(format="%d %b", labelAngle=0, labelOverlap=True, title=None)
Chart = alt.Chart | alt.LayerChart | alt.FacetChart


def rows_of(rows: str, height: int) -> alt.Chart:
    """Return a chart of rows that the page provides, as wide as the page allows."""
    # As dates of the reader's own zone: JavaScript takes 2026-01-31 for an instant of UTC
    dates = dict.fromkeys(("stay_date", "week", "month"), "date:'%Y-%m-%d'")
    source = alt.NamedData(rows, format=alt.JsonDataFormat(parse=dates))
    return alt.Chart(source, width="container", height=height)


def count(field: str, title: str) -> alt.Tooltip:
    """Return a tooltip for a number."""
    return alt.Tooltip(field, type="quantitative", title=title, format=",")


def share(field: str, title: str) -> alt.Tooltip:
    """Return a tooltip for a ratio, in percent."""
    return alt.Tooltip(field, type="quantitative", title=title, format=PERCENT)


def night() -> alt.Tooltip:
    """Return a tooltip for the night."""
    return alt.Tooltip("stay_date:T", title="night", format=LONG_DATE)
