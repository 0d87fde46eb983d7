"""A brief as plain text: for chats, for mail without HTML, and for the terminal."""

from collections.abc import Iterator

from mews_pipeline.brief.content import Morning
from mews_pipeline.brief.rows import Row
from mews_pipeline.brief.words import (
    NOT_OF_EARLIER,
    as_of,
    bookings,
    cases,
    closed,
    day,
    definition,
    hand,
    line,
    more,
    name,
    parts,
    per,
    restated,
    share,
    signed,
    whole,
    why,
    why_revenue,
)

RED = "\U0001f534 "
# Of a message that somebody reads in a chat
MOST_PROPERTIES = 40
_MOST_BOOKINGS = 3


def text(morning: Morning) -> str:
    """Write a brief as text, a line per property and per night."""
    return "\n".join(_lines(morning))


def _lines(morning: Morning) -> Iterator[str]:
    yield as_of(morning)
    write = _earlier_property if morning.is_earlier else _property
    for row in morning.properties[:MOST_PROPERTIES]:
        yield from write(row)
    if left := len(morning.properties) - MOST_PROPERTIES:
        yield from [f"and {left:,} more properties: see the report"] if left > 0 else []
    yield from _revenue(morning)
    yield from ("", "Next nights (occupied, since yesterday, in 7 days, on last year):")
    yield from map(_night, morning.nights)
    yield from ("", "Nights that moved most since yesterday:")
    for row in morning.movers:
        yield from _mover(row, is_earlier=morning.is_earlier)
    yield from [] if morning.movers else ["none"]
    yield from _closed(morning)
    yield from ("", NOT_OF_EARLIER) if morning.is_earlier else _hands(morning)


def _closed(morning: Morning) -> Iterator[str]:
    yield from ("", "Closed nights that changed since yesterday:")
    for row in morning.restated:
        yield (
            f"{day(row['stay_date'])}, {line(row['property'])}: "
            f"{closed(row, is_earlier=morning.is_earlier)}"
        )
    yield from more(len(morning.restated), morning.properties[0]["restated_1"])
    yield from [] if morning.restated else ["none"]


def _hands(morning: Morning) -> Iterator[str]:
    yield from ("", "Needs a hand today:")
    for row in morning.hands:
        yield hand(row)
        yield f"  {'; '.join(cases(row))}"
    yield from [] if morning.hands else ["nothing"]


def _property(row: Row) -> Iterator[str]:
    units = row["units"] or "rooms"
    tonight = parts(row["spaces_occupied"], row["spaces_usable"])
    yield (
        f"{_mark(row)}{name(row)}: tonight {share(row['spaces_occupied'], row['spaces_usable'])} "
        f"({tonight} {units}), {whole(row['rooms_left'])} left; {whole(row['arrivals'])} arrivals, "
        f"{whole(row['departures'])} departures"
    )
    ahead = [
        f"{nights} nights {share(row[f'occupied_{nights}'], row[f'usable_{nights}'])} "
        f"({parts(row[f'occupied_{nights}'], row[f'usable_{nights}'])})"
        for nights in (7, 30, 90)
    ]
    yield f"  next {', '.join(ahead)}"
    yield _changes(row)


def _earlier_property(row: Row) -> Iterator[str]:
    ahead = [f"{nights} nights {whole(row[f'rooms_{nights}'])}" for nights in (7, 30, 90)]
    yield f"{_mark(row)}{name(row)}: tonight {whole(row['rooms_occupied'])} rooms"
    yield f"  next {', '.join(ahead)} room nights"
    yield _changes(row)


def _changes(row: Row) -> str:
    reasons = f" ({why(row)})" if why(row) else ""
    return (
        f"  picked up since yesterday {signed(row['pickup_1'])}{reasons}, in 7 days "
        f"{signed(row['pickup_7'])}; {restated(row)}"
    )


def _revenue(morning: Morning) -> Iterator[str]:
    if not morning.revenue:
        return
    yield from ("", f"Revenue on the books ({definition(morning)}):")
    for row in morning.revenue[:MOST_PROPERTIES]:
        yield from _own_revenue(row) if row["is_default_currency"] else _besides(row)
    yield from more(MOST_PROPERTIES, len(morning.revenue))


def _own_revenue(row: Row) -> Iterator[str]:
    rooms = whole(row["room_revenue_1"])
    yield (
        f"{line(row['name'])}, {row['currency']}: tonight "
        f"ADR {per(row['room_revenue_1'], row['sold_1'])} ({rooms} ÷ {whole(row['sold_1'])} sold), "
        f"RevPAR {per(row['room_revenue_1'], row['available_1'])} ({rooms} ÷ "
        f"{whole(row['available_1'])} available), {whole(row['total_revenue_1'])} with all else"
    )
    ahead = [
        f"{nights} nights {whole(row[f'total_revenue_{nights}'])} (rooms "
        f"{whole(row[f'room_revenue_{nights}'])} ÷ {whole(row[f'sold_{nights}'])} sold: ADR "
        f"{per(row[f'room_revenue_{nights}'], row[f'sold_{nights}'])})"
        for nights in (7, 30, 90)
    ]
    yield f"  next {', '.join(ahead)}"
    reasons = f" ({why_revenue(row)})" if why_revenue(row) else ""
    yield (
        f"  rooms picked up since yesterday {signed(row['revenue_pickup_1'])}{reasons}, in 7 days "
        f"{signed(row['revenue_pickup_7'])}"
    )


def _besides(row: Row) -> Iterator[str]:
    ahead = [f"{nights} nights {whole(row[f'total_revenue_{nights}'])}" for nights in (7, 30, 90)]
    yield f"{line(row['name'])}, {row['currency']} besides: next {', '.join(ahead)}"


def _night(row: Row) -> str:
    changes = f"{signed(row['pickup_1'])}, {signed(row['pickup_7'])}, {signed(row['on_last_year'])}"
    if row["spaces_occupied"] is None:
        return (
            f"{_mark(row)}{day(row['stay_date'])}: {whole(row['rooms_occupied'])} rooms, {changes}"
        )
    return (
        f"{_mark(row)}{day(row['stay_date'])}: "
        f"{share(row['spaces_occupied'], row['spaces_usable'])} "
        f"({parts(row['spaces_occupied'], row['spaces_usable'])}), {whole(row['rooms_left'])} "
        f"left, {changes}"
    )


def _mover(row: Row, *, is_earlier: bool) -> Iterator[str]:
    now = (
        ""
        if is_earlier
        else f", now {share(row['spaces_occupied'], row['spaces_usable'])} "
        f"({parts(row['spaces_occupied'], row['spaces_usable'])})"
    )
    yield (
        f"{_mark(row)}{day(row['stay_date'])}, {line(row['property'])}: "
        f"{signed(row['rooms'])} ({why(row)}){now}"
    )
    yield f"  {'; '.join(bookings(row, _MOST_BOOKINGS))}"


def _mark(row: Row) -> str:
    return RED if row["is_red"] else ""
