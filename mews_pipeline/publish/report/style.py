"""Colours, formats and the order of states, for all charts of the report and of Dagster's pages.

The colours are Okabe and Ito's, which colour-blind people can tell apart.
"""

BLUE, SKY, ORANGE, GREEN = "#0072B2", "#56B4E9", "#E69F00", "#009E73"
VERMILLION, PURPLE, GREY = "#D55E00", "#CC79A7", "#8A8F98"
# Below, at and above a neutral middle; translucent, so that they suit light and dark pages
AROUND_NEUTRAL = ("rgba(213, 94, 0, 0.9)", "rgba(138, 143, 152, 0.16)", "rgba(0, 114, 178, 0.9)")
# Text and background of pictures that do not follow the page
INK, PAPER = "#1b1f24", "#ffffff"
PERCENT, HOURS, LONG_DATE = ".1%", ",.1f", "%A %d %B %Y"
STATES = (
    "New", "Inquired", "Requested", "Optional", "Confirmed", "Started", "Processed", "Canceled",
)  # fmt: skip
