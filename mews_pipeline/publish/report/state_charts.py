"""Charts by state: transitions, funnel, dwell and cancellations."""

import altair as alt

from mews_pipeline.publish.report.parts import Chart, count, rows_of, share
from mews_pipeline.publish.report.style import BLUE, HOURS, ORANGE, STATES, VERMILLION

_STEPS = ["created", "inquired", "optional", "confirmed", "started", "processed", "cancelled"]


def matrix() -> Chart:
    """Draw the transitions from state to state, and their share of all that left the state."""
    base = rows_of("matrix", 260).encode(
        x=alt.X("to_state:N", sort=list(STATES),
                axis=alt.Axis(title="to", orient="top", labelAngle=-35)),
        y=alt.Y("from_state:N", sort=list(STATES), title="from"),
        tooltip=[
            alt.Tooltip("from_state:N", title="from"), alt.Tooltip("to_state:N", title="to"),
            count("transitions", "transitions"), count("left_state", "all that left the state"),
            share("share", "share of these"),
            count("observed", "observed"), count("inferred", "inferred from timestamps"),
            count("collapsed", "skipped unseen"),
        ],
    )  # fmt: skip
    cells = base.mark_rect().encode(
        color=alt.Color(
            "share:Q",
            scale=alt.Scale(scheme="cividis", domain=[0, 1]),
            legend=alt.Legend(title="share of the state left", format=".0%", orient="bottom",
                              gradientLength=160),
        )
    )  # fmt: skip
    light, dark = alt.value("#ffffff"), alt.value("#111111")
    counts = base.mark_text(fontSize=11).encode(
        text=alt.Text("transitions:Q", format=","),
        color=alt.condition("datum.share < 0.55", light, dark),
    )
    return alt.layer(cells, counts, width="container", height=260)


def funnel() -> Chart:
    """Draw how far the reservations created in the last year came."""
    base = rows_of("funnel", 200).encode(
        y=alt.Y("step:N", sort=_STEPS, title=None),
        x=alt.X("reservations:Q", title="reservations", scale=alt.Scale(domainMin=0, padding=28)),
        tooltip=[alt.Tooltip("step:N"), count("reservations", "reservations")],
    )
    cancelled = alt.condition("datum.step == 'cancelled'", alt.value(ORANGE), alt.value(BLUE))
    return alt.layer(
        base.mark_bar().encode(color=cancelled),
        base.mark_text(align="left", dx=4, fill="currentColor").encode(
            text=alt.Text("reservations:Q", format=",")
        ),
        width="container", height=200,
    )  # fmt: skip


def dwell() -> Chart:
    """Draw how long reservations stayed in a state: the median, and nine of ten."""
    tips = [
        alt.Tooltip("state:N"), count("transitions", "left it"), count("observed", "observed"),
        count("still_held", "in it now"),
        alt.Tooltip("median_hours:Q", title="median, hours", format=HOURS),
        alt.Tooltip("p90_hours:Q", title="nine of ten within, hours", format=HOURS),
    ]  # fmt: skip
    base = (
        rows_of("dwell", 198)
        .transform_calculate(median="datum.median_hours / 24", p90="datum.p90_hours / 24")
        .encode(y=alt.Y("state:N", sort=list(STATES), title=None), tooltip=tips)
    )
    return alt.layer(
        base.mark_bar(color=BLUE, height=alt.RelativeBandSize(0.5)).encode(
            x=alt.X("median:Q", title="days (bar: median, tick: nine of ten within)",
                    scale=alt.Scale(type="symlog"),
                    axis=alt.Axis(values=[0, 1, 3, 7, 14, 30, 60, 120, 240, 480]))
        ),
        base.mark_tick(color=VERMILLION, opacity=1, thickness=3, size=20).encode(x="p90:Q"),
        width="container", height=198,
    )  # fmt: skip


def cancelled_share() -> Chart:
    """Draw the share of each month's decided bookings that were cancelled, with both counts."""
    share_of = "datum.decided ? datum.cancelled / datum.decided : null"
    counts = "datum.decided ? datum.cancelled + ' of ' + datum.decided : '' + datum.cancelled"
    base = (
        rows_of("cancelled_share", 190)
        .transform_calculate(share=share_of, counts=counts)
        .transform_calculate(top="datum.share || 0", room="1.25 * datum.share")
        .encode(
            x=alt.X("yearmonth(month):O",
                    axis=alt.Axis(format="%b %Y", labelAngle=0, labelOverlap=True, title=None)),
            tooltip=[
                alt.Tooltip("yearmonth(month):T", title="month", format="%B %Y"),
                count("cancelled", "cancelled"), count("decided", "arrived or cancelled"),
                share("share", "cancelled of these"),
            ],
        )
    )  # fmt: skip
    bars = base.mark_bar(color=ORANGE, width=alt.RelativeBandSize(0.6)).encode(
        y=alt.Y("share:Q", title="cancelled", axis=alt.Axis(format=".0%", tickCount=4))
    )
    shares = base.mark_text(dy=-18, fill="currentColor", fontWeight="bold").encode(
        y=alt.Y("share:Q"), text=alt.Text("share:Q", format=".0%")
    )
    numbers = base.mark_text(dy=-6, fontSize=10, fill="currentColor").encode(
        y=alt.Y("top:Q"), text="counts:N"
    )
    # Room for the text above the highest bar
    room = base.mark_point(opacity=0).encode(y=alt.Y("room:Q"))
    return alt.layer(bars, shares, numbers, room, width="container", height=190)


def cancellations() -> Chart:
    """Draw the cancellations of the last year, by days before arrival and reason."""
    base = (
        rows_of("cancellations", 345)
        .transform_joinaggregate(most="max(cancellations)")
        .transform_calculate(strength="datum.cancellations / datum.most")
        .encode(
            x=alt.X("lead_bucket:N", axis=alt.Axis(title=None, labelAngle=-35)),
            y=alt.Y("reason:N", title=None),
            tooltip=[
                alt.Tooltip("lead_bucket:N", title="before arrival"), alt.Tooltip("reason:N"),
                count("cancellations", "cancellations"),
            ],
        )
    )  # fmt: skip
    cells = base.mark_rect().encode(
        color=alt.Color("strength:Q", legend=None,
                        scale=alt.Scale(scheme="cividis", domain=[0, 1]))
    )  # fmt: skip
    light, dark = alt.value("#ffffff"), alt.value("#111111")
    counts = base.mark_text(fontSize=11).encode(
        text="cancellations:Q", color=alt.condition("datum.strength < 0.55", light, dark)
    )
    return alt.layer(cells, counts, width="container", height=345)
