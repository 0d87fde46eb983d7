"""What the report's charts share: colours, axes, what a pointer shows.

Colours are those of Okabe and Ito, which colour-blind people tell apart; text and lines have the
colour of the page's text, so that they follow light, dark and print.
"""

import altair as alt

BLUE, SKY, ORANGE, GREEN = "#0072B2", "#56B4E9", "#E69F00", "#009E73"
VERMILLION, PURPLE, GREY = "#D55E00", "#CC79A7", "#8A8F98"
PERCENT, HOURS, LONG_DATE = ".1%", ",.1f", "%A %d %B %Y"
DAY = alt.Axis(format="%d %b", labelAngle=0, labelOverlap=True, title=None)
Chart = alt.Chart | alt.LayerChart | alt.FacetChart


def rows_of(rows: str, height: int) -> alt.Chart:
    """A chart as wide as the page gives, of rows that the page hands in."""
    # As dates of the reader's own zone: JavaScript takes 2026-01-31 for an instant of UTC
    dates = {"stay_date": "date:'%Y-%m-%d'", "week": "date:'%Y-%m-%d'"}
    source = alt.NamedData(rows, format=alt.JsonDataFormat(parse=dates))
    return alt.Chart(source, width="container", height=height)


def count(field: str, title: str) -> alt.Tooltip:
    """A number, shown to a pointer."""
    return alt.Tooltip(field, type="quantitative", title=title, format=",")


def share(field: str, title: str) -> alt.Tooltip:
    """A ratio in percent, shown to a pointer."""
    return alt.Tooltip(field, type="quantitative", title=title, format=PERCENT)


def night() -> alt.Tooltip:
    """The night, shown to a pointer."""
    return alt.Tooltip("stay_date:T", title="night", format=LONG_DATE)
