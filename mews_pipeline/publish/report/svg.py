"""Small charts of two marts as SVG, for Dagster's metadata: a few kilobytes, drawn in milliseconds.

They read from a connection that the caller opened with `Warehouse.open()`. The report's charts
show more, but importing their library takes longer than the queries.
"""

import base64
from collections.abc import Callable, Sequence
from html import escape

import duckdb

from mews_pipeline.publish.report.style import BLUE, INK, ORANGE, PAPER, STATES

_NIGHTS = """
    select stay_date, sum(rooms_occupied)::double, sum(rooms_optional)::double
    from marts.fct_occupancy_daily
    cross join (select now_utc from intermediate.int_now where enterprise_id = 'all')
    where stay_date between now_utc::date - 30 and now_utc::date + 89
    group by stay_date order by stay_date
"""
_TRANSITIONS = """
    select coalesce(from_state, 'New'), to_state, sum(transitions)::bigint
    from marts.rpt_state_transition_matrix group by all
"""
_NIGHT_WIDTH, _HEIGHT, _CELL_WIDTH, _CELL_HEIGHT, _MARGIN = 6, 140, 84, 24, 84


def sketch(connection: duckdb.DuckDBPyConnection, model: str) -> str | None:
    """Return the chart of a model as Markdown; None if it has no chart or no numbers."""
    drawing = _SKETCHES.get(model)
    drawn = drawing and drawing(connection)
    if not drawn:
        return None
    title, picture = drawn
    encoded = base64.b64encode(picture.encode()).decode()
    return f"{title}\n\n![{model}](data:image/svg+xml;base64,{encoded})"


def _nights(connection: duckdb.DuckDBPyConnection) -> tuple[str, str] | None:
    nights = connection.execute(_NIGHTS).fetchall()
    most = max((rooms + optional for _, rooms, optional in nights), default=0)
    if most <= 0:
        return None
    scale = _HEIGHT / most
    definite = [(0.0, rooms * scale) for _, rooms, _ in nights]
    optional = [(rooms * scale, options * scale) for _, rooms, options in nights]
    months = [
        _text(x * _NIGHT_WIDTH, _HEIGHT + 14, f"{night:%b %Y}")
        for x, (night, *_) in enumerate(nights)
        if night.day == 1
    ]
    return (
        f"Rooms occupied per night (blue) and optional (orange), from 30 nights back to 90 ahead; "
        f"at most {most:,.0f}."
    ), _svg(
        (len(nights) * _NIGHT_WIDTH, _HEIGHT + 20),
        [_bars(definite, BLUE), _bars(optional, ORANGE), *months],
    )


def _bars(bars: Sequence[tuple[float, float]], colour: str) -> str:
    lines = "".join(
        f"M{x * _NIGHT_WIDTH + _NIGHT_WIDTH / 2:g} {_HEIGHT - bottom:.1f}v{-height:.1f}"
        for x, (bottom, height) in enumerate(bars)
        if height > 0
    )
    return f'<path d="{lines}" stroke="{colour}" stroke-width="{_NIGHT_WIDTH - 1}"/>'


def _matrix(connection: duckdb.DuckDBPyConnection) -> tuple[str, str] | None:
    counts = {(a, b): n for a, b, n in connection.execute(_TRANSITIONS).fetchall()}
    if not counts:
        return None
    # States that Mews may add one day come last
    known = [s for s in STATES if any(s in pair for pair in counts)]
    states = known + sorted({state for pair in counts for state in pair} - {*known})
    lefts = {state: _MARGIN + place * _CELL_WIDTH for place, state in enumerate(states)}
    tops = {state: (place + 1) * _CELL_HEIGHT for place, state in enumerate(states)}
    parts = [_text(lefts[state] + 4, 15, state) for state in states]
    parts += [_text(4, tops[state] + 16, state) for state in states]
    for (before, after), count in counts.items():
        share = count / sum(n for (state, _), n in counts.items() if state == before)
        parts.append(
            f'<rect x="{lefts[after]}" y="{tops[before]}" width="{_CELL_WIDTH - 2}" '
            f'height="{_CELL_HEIGHT - 2}" fill="{ORANGE}" '
            f'fill-opacity="{0.15 + 0.85 * share:.2f}"/>'
        )
        parts.append(_text(lefts[after] + 4, tops[before] + 16, f"{count:,}"))
    size = _MARGIN + len(states) * _CELL_WIDTH, (len(states) + 1) * _CELL_HEIGHT
    return (
        "Transitions from the state at the left to the one above; "
        "the darker, the larger a share of those that left it."
    ), _svg(size, parts)


def _text(x: int, y: int, text: str) -> str:
    return f'<text x="{x}" y="{y}">{escape(text)}</text>'


def _svg(size: tuple[int, int], parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" '
        f'font-family="sans-serif" font-size="12" fill="{INK}">'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>{"".join(parts)}</svg>'
    )


_SKETCHES: dict[str, Callable[[duckdb.DuckDBPyConnection], tuple[str, str] | None]] = {
    "fct_occupancy_daily": _nights,
    "rpt_state_transition_matrix": _matrix,
}
