"""A brief as the HTML of a mail: tables with their styles in place, as mail programs want them."""

from collections.abc import Callable, Sequence
from html import escape

from mews_pipeline.brief.content import Morning
from mews_pipeline.brief.rows import Row
from mews_pipeline.brief.text import MOST_PROPERTIES
from mews_pipeline.brief.words import (
    NOT_OF_EARLIER,
    as_of,
    bookings,
    cases,
    closed,
    day,
    definition,
    hand,
    more,
    name,
    parts,
    per,
    share,
    signed,
    whole,
    why,
    why_revenue,
)
from mews_pipeline.texts import for_terminal

_FONT = "font-family:Helvetica,Arial,sans-serif;font-size:14px;color:#222"
_CELL = "padding:4px 8px;border-bottom:1px solid #ddd;text-align:"
_SMALL = "color:#666;font-size:12px"
# Marked by a sign as well, for those who do not see the colour
_RED = "background:#fde0dd;color:#8b0000;font-weight:bold"
_SIGN = "▼ "
# Columns of words; the others have numbers
_WORDS = {"Property", "Night", "Why", "Change"}
_MOST_BOOKINGS = 5
Column = tuple[str, Callable[[Row], str]]


def _ratio(part: str, of: str) -> Callable[[Row], str]:
    return lambda row: (
        f"{share(row[part], row[of])}<br><span style='{_SMALL}'>{parts(row[part], row[of])}</span>"
    )


_NAME: Column = ("Property", lambda row: _shown(name(row)))
_CHANGES: Sequence[Column] = (
    (
        "Since yesterday",
        lambda row: f"{signed(row['pickup_1'])}<br><span style='{_SMALL}'>{why(row)}</span>",
    ),
    ("In 7 days", lambda row: signed(row["pickup_7"])),
    ("Closed nights changed", lambda row: whole(row["restated_1"])),
)
_PROPERTY: Sequence[Column] = (
    _NAME,
    ("Tonight", _ratio("spaces_occupied", "spaces_usable")),
    ("Left", lambda row: whole(row["rooms_left"])),
    ("Arrivals", lambda row: whole(row["arrivals"])),
    ("Departures", lambda row: whole(row["departures"])),
    ("Next 7", _ratio("occupied_7", "usable_7")),
    ("Next 30", _ratio("occupied_30", "usable_30")),
    ("Next 90", _ratio("occupied_90", "usable_90")),
    *_CHANGES,
)
_EARLIER_PROPERTY: Sequence[Column] = (
    _NAME,
    ("Rooms tonight", lambda row: whole(row["rooms_occupied"])),
    ("Room nights of the next 7", lambda row: whole(row["rooms_7"])),
    ("30", lambda row: whole(row["rooms_30"])),
    ("90", lambda row: whole(row["rooms_90"])),
    *_CHANGES,
)


def _per(nights: int, rooms: str) -> Callable[[Row], str]:
    part, of = f"room_revenue_{nights}", f"{rooms}_{nights}"
    return lambda row: (
        f"{per(row[part], row[of])}<br>"
        f"<span style='{_SMALL}'>{whole(row[part])} ÷ {whole(row[of])} {rooms}</span>"
        if row["is_default_currency"]
        else ""
    )


def _ahead(nights: int) -> Callable[[Row], str]:
    return lambda row: (
        f"{whole(row[f'total_revenue_{nights}'])}<br>"
        f"<span style='{_SMALL}'>{whole(row[f'room_revenue_{nights}'])} of rooms</span>"
    )


_REVENUE: Sequence[Column] = (
    ("Property", lambda row: _shown(f"{row['name']}, {row['currency']}")),
    ("ADR tonight", _per(1, "sold")),
    ("RevPAR tonight", _per(1, "available")),
    ("ADR, next 30", _per(30, "sold")),
    ("Revenue, next 7", _ahead(7)),
    ("Next 30", _ahead(30)),
    ("Next 90", _ahead(90)),
    (
        "Rooms since yesterday",
        lambda row: (
            f"{signed(row['revenue_pickup_1'])}<br><span style='{_SMALL}'>{why_revenue(row)}</span>"
        ),
    ),
    ("In 7 days", lambda row: signed(row["revenue_pickup_7"])),
)
_DATE: Column = ("Night", lambda row: day(row["stay_date"]))
_NIGHT_CHANGES: Sequence[Column] = (
    ("Since yesterday", lambda row: signed(row["pickup_1"])),
    ("In 7 days", lambda row: signed(row["pickup_7"])),
    ("On last year", lambda row: signed(row["on_last_year"])),
)
_NIGHT: Sequence[Column] = (
    _DATE,
    ("Occupied", _ratio("spaces_occupied", "spaces_usable")),
    ("Left", lambda row: whole(row["rooms_left"])),
    *_NIGHT_CHANGES,
)
_EARLIER_NIGHT: Sequence[Column] = (
    _DATE,
    ("Rooms", lambda row: whole(row["rooms_occupied"])),
    *_NIGHT_CHANGES,
)
_EARLIER_MOVER: Sequence[Column] = (
    _DATE,
    ("Property", lambda row: _shown(row["property"])),
    ("Net", lambda row: signed(row["rooms"])),
    (
        "Why",
        lambda row: (
            f"{why(row)}<br><span style='{_SMALL}'>"
            f"{'<br>'.join(map(_shown, bookings(row, _MOST_BOOKINGS)))}</span>"
        ),
    ),
)
_MOVER: Sequence[Column] = (
    *_EARLIER_MOVER,
    ("On the books now", _ratio("spaces_occupied", "spaces_usable")),
)


def html(morning: Morning) -> str:
    """Write a brief as HTML; the texts of others are escaped."""
    is_earlier = morning.is_earlier
    left = len(morning.properties) - MOST_PROPERTIES
    movers = _table(_EARLIER_MOVER if is_earlier else _MOVER, morning.movers)
    return "".join(
        (
            f"<div style='{_FONT}'>",
            f"<h2 style='font-size:18px'>{_shown(morning.title)}</h2>",
            f"<p style='{_SMALL}'>{as_of(morning)}</p>",
            _table(
                _EARLIER_PROPERTY if is_earlier else _PROPERTY, morning.properties[:MOST_PROPERTIES]
            ),
            f"<p>and {left:,} more properties: see the report</p>" if left > 0 else "",
            _revenue(morning),
            _heading("Next nights"),
            _table(_EARLIER_NIGHT if is_earlier else _NIGHT, morning.nights),
            _heading("Nights that moved most since yesterday"),
            movers if morning.movers else "<p>None.</p>",
            _heading("Closed nights that changed since yesterday"),
            _closed(morning),
            f"<p style='{_SMALL}'>{NOT_OF_EARLIER}</p>" if is_earlier else _hands(morning),
            "</div>",
        )
    )


def _revenue(morning: Morning) -> str:
    if not morning.revenue:
        return ""
    return (
        _heading("Revenue on the books")
        + f"<p style='{_SMALL}'>{_shown(definition(morning))}</p>"
        + _table(_REVENUE, morning.revenue[:MOST_PROPERTIES])
        + "".join(f"<p>{each}</p>" for each in more(MOST_PROPERTIES, len(morning.revenue)))
    )


def _closed(morning: Morning) -> str:
    if not morning.restated:
        return "<p>None.</p>"
    columns: Sequence[Column] = (
        _DATE,
        ("Property", lambda row: _shown(row["property"])),
        ("Change", lambda row: _shown(closed(row, is_earlier=morning.is_earlier))),
    )
    rows = [row | {"is_red": False} for row in morning.restated]
    left = more(len(rows), morning.properties[0]["restated_1"])
    return _table(columns, rows) + "".join(f"<p>{each}</p>" for each in left)


def _hands(morning: Morning) -> str:
    found = "".join(
        f"<li>{_shown(hand(row))}<br><span style='{_SMALL}'>"
        f"{'<br>'.join(map(_shown, cases(row)))}</span></li>"
        for row in morning.hands
    )
    return _heading("Needs a hand today") + (f"<ul>{found}</ul>" if found else "<p>Nothing.</p>")


def _shown(text: str) -> str:
    return escape(for_terminal(" ".join(text.split())))


def _heading(text: str) -> str:
    return f"<h3 style='font-size:15px'>{text}</h3>"


def _table(columns: Sequence[Column], rows: Sequence[Row]) -> str:
    head = "".join(f"<th style='{_CELL}{_side(heading)}'>{heading}</th>" for heading, _ in columns)
    lines = "".join(_line(columns, row) for row in rows)
    return f"<table style='border-collapse:collapse;{_FONT}'><tr>{head}</tr>{lines}</table>"


def _line(columns: Sequence[Column], row: Row) -> str:
    sign, style = (_SIGN, _RED) if row["is_red"] else ("", "")
    cells = "".join(
        f"<td style='{_CELL}{_side(heading)}'>{'' if place else sign}{write(row)}</td>"
        for place, (heading, write) in enumerate(columns)
    )
    return f"<tr style='{style}'>{cells}</tr>"


def _side(heading: str) -> str:
    return "left" if heading in _WORDS else "right"
