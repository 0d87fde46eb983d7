"""Charts by night: occupancy, books, pickup, pace and guests."""

import altair as alt

from mews_pipeline.publish.report.parts import DAY, Chart, count, night, rows_of, share
from mews_pipeline.publish.report.style import (
    AROUND_NEUTRAL,
    BLUE,
    GREEN,
    GREY,
    LONG_DATE,
    ORANGE,
    PURPLE,
    SKY,
    VERMILLION,
)

_PARTS = {
    "new": BLUE, "converted": SKY, "reinstated": GREEN, "moved": GREY, "cancelled": ORANGE,
    "no-show": VERMILLION,
}  # fmt: skip
_COHORTS = {
    -2: "nights 29-56 days ago", -1: "last 28 nights", 0: "next 28 nights",
    1: "nights 28-55 days ahead", 2: "nights 56-83 days ahead",
}  # fmt: skip


def calendar() -> Chart:
    """Draw the occupancy of each night by Mews' rule, weeks from left to right."""
    # Label only the week with the first day of a month
    sunday = "toDate(toNumber(datum.value) + 6 * 864e5)"
    label = f"date({sunday}) <= 7 ? timeFormat({sunday}, '%b') : ''"
    base = (
        rows_of("nights", 190)
        .transform_joinaggregate(occupied="sum(spaces_occupied)", usable="sum(spaces_usable)")
        .transform_calculate(
            points="isValid(datum.occupancy_mews) && datum.usable"
            " ? 100 * (datum.occupancy_mews - datum.occupied / datum.usable) : null"
        )
    )
    chart: Chart = base.mark_rect(cornerRadius=1).encode(
        x=alt.X(
            "yearmonthdate(week):O",
            axis=alt.Axis(labelExpr=label, labelAngle=0, title=None, ticks=False, domain=False),
        ),
        y=alt.Y(
            "weekday:O",
            axis=alt.Axis(
                labelExpr="['Mon','Tue','Wed','Thu','Fri','Sat','Sun'][datum.value - 1]",
                title=None, ticks=False, domain=False,
            ),
        ),
        color=alt.Color(
            "points:Q",
            scale=alt.Scale(domain=[-35, 0, 35], range=list(AROUND_NEUTRAL), clamp=True,
                            interpolate="rgb"),
            legend=alt.Legend(title="points above the average", format="+.0f", orient="top",
                              gradientLength=160),
        ),
        stroke=alt.when("datum.days_ahead == 0")
        .then(alt.value("currentColor"))
        .when("datum.occupancy_mews > 1")
        .then(alt.value(VERMILLION)),
        strokeWidth=alt.value(2),
        tooltip=[
            night(), share("occupancy_mews", "occupancy, Mews' rule"),
            alt.Tooltip("points:Q", title="points from the average", format="+.1f"),
            share("occupancy_usali", "occupancy, out of order in"),
            count("spaces_occupied", "spaces occupied"), count("spaces_usable", "spaces usable"),
            count("spaces_out_of_order", "out of order"), count("spaces_optional", "tentative"),
            count("guests", "guests"),
        ],
    )  # fmt: skip
    return chart


def books() -> Chart:
    """Draw the rooms on the books for the next 90 nights, and those of a year before."""
    scale = alt.Scale(
        domain=["definite", "tentative", "same time last year", "usable spaces"],
        range=[BLUE, SKY, ORANGE, GREY],
    )
    tips = [
        night(), count("spaces_occupied", "occupied"), count("spaces_optional", "tentative"),
        count("rooms_left", "left to sell"), alt.Tooltip("units:N", title="counted in"),
        count("rooms_last_year", "reservations, same time last year"),
        count("spaces_usable", "usable spaces"),
    ]  # fmt: skip
    legend = alt.Legend(title=None, orient="top", columns=2)
    nights = alt.X("yearmonthdate(stay_date):T", axis=DAY)

    # Layers share one base: if each named its own rows, dates would be parsed twice
    base = rows_of("books", 240).encode(
        x=nights, color=alt.Color("series:N", scale=scale, legend=legend), tooltip=tips
    )

    def series(name: str) -> alt.Chart:
        return base.transform_calculate(
            series=f"'{name}'", top="datum.spaces_occupied + datum.spaces_optional"
        )

    width = alt.RelativeBandSize(0.8)
    return alt.layer(
        series("definite").mark_bar(width=width).encode(
            y=alt.Y("spaces_occupied:Q", title="rooms or beds")
        ),
        series("tentative").mark_bar(width=width).encode(y="spaces_occupied:Q", y2="top:Q"),
        series("same time last year")
        .mark_line(strokeWidth=2, strokeDash=[6, 3])
        .encode(y="rooms_last_year:Q"),
        series("usable spaces").mark_line(strokeWidth=1.5, interpolate="step").encode(
            y="spaces_usable:Q"
        ),
        width="container", height=240,
    )  # fmt: skip


def pickup() -> Chart:
    """Draw the rooms gained and lost in seven days, by night and reason; the dot is the net."""
    base = rows_of("pickup", 256).encode(x=alt.X("yearmonthdate(stay_date):T", axis=DAY))
    bars = base.mark_bar(width=alt.RelativeBandSize(0.8)).encode(
        y=alt.Y("rooms:Q", title="reservations"),
        color=alt.Color(
            "part:N",
            scale=alt.Scale(domain=list(_PARTS), range=list(_PARTS.values())),
            legend=alt.Legend(title=None, orient="top", columns=3),
        ),
        tooltip=[night(), alt.Tooltip("part:N", title="why"), count("rooms", "reservations")],
    )
    net = base.mark_point(filled=True, size=14, color="currentColor", opacity=1).encode(
        y=alt.Y("sum(rooms):Q"), tooltip=[night(), count("sum(rooms)", "net rooms")]
    )
    return alt.layer(bars, net, width="container", height=256)


def pace() -> Chart:
    """Draw how the books of four weeks filled: average rooms by days before the night."""
    names = "{" + ",".join(f"'{number}':'{name}'" for number, name in _COHORTS.items()) + "}"
    chart: Chart = (
        rows_of("pace", 240)
        .transform_calculate(nights=f"({names})[datum.cohort]")
        .mark_line(point=True, strokeWidth=2)
        .encode(
            x=alt.X("days_before:O", sort="descending",
                    axis=alt.Axis(title="days before the night", labelAngle=0)),
            y=alt.Y("rooms_per_night:Q", title="reservations a night"),
            color=alt.Color(
                "nights:N",
                scale=alt.Scale(domain=list(_COHORTS.values()),
                                range=[GREY, BLUE, ORANGE, GREEN, PURPLE]),
                legend=alt.Legend(title=None, orient="top", columns=3),
            ),
            strokeDash=alt.condition("datum.cohort < 0", alt.value([1, 0]), alt.value([5, 3])),
            tooltip=[
                alt.Tooltip("nights:N", title="nights"), count("days_before", "days before"),
                count("rooms", "reservations on the 28 nights"),
                count("rooms_per_night", "reservations a night"),
                count("last_year", "a year before, rooms a night"),
            ],
        )
    )  # fmt: skip
    return chart


def ages() -> Chart:
    """Draw the guest nights of each week, adults and children."""
    other = "max(0, datum.guests - datum.adults - datum.children)"
    chart: Chart = (
        rows_of("nights", 200)
        .transform_calculate(other=other)
        .transform_fold(["adults", "children", "other"], as_=["age", "guest_nights"])
        .mark_bar()
        .encode(
            x=alt.X("yearmonthdate(week):O", axis=DAY),
            y=alt.Y("sum(guest_nights):Q", title="guest nights a week"),
            color=alt.Color(
                "age:N",
                scale=alt.Scale(domain=["adults", "children", "other"],
                                range=[BLUE, ORANGE, GREY]),
                legend=alt.Legend(title=None, orient="top"),
            ),
            tooltip=[
                alt.Tooltip("yearmonthdate(week):T", title="week of", format=LONG_DATE),
                alt.Tooltip("age:N"), count("sum(guest_nights)", "guest nights"),
            ],
        )
    )  # fmt: skip
    return chart
