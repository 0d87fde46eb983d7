"""A brief as plain text: for chats, for mail without HTML, and for the terminal."""

from collections.abc import Iterator

from mews_pipeline.brief.content import Morning, Row
from mews_pipeline.brief.words import (
    as_of,
    day,
    hand,
    name,
    parts,
    restated,
    share,
    signed,
    whole,
    why,
)

RED = "\U0001f534 "
# Of a message that somebody reads in a chat
MOST_PROPERTIES = 40


def text(morning: Morning) -> str:
    """Write a brief as text, a line per property and per night."""
    return "\n".join(_lines(morning))


def _lines(morning: Morning) -> Iterator[str]:
    yield as_of(morning)
    for row in morning.properties[:MOST_PROPERTIES]:
        yield from _property(row)
    if more := len(morning.properties) - MOST_PROPERTIES:
        yield from [f"and {more:,} more properties: see the report"] if more > 0 else []
    yield from ("", "Next nights (occupied, since yesterday, in 7 days, on last year):")
    yield from map(_night, morning.nights)
    yield from ("", "Nights that moved most since yesterday:")
    yield from map(_mover, morning.movers) if morning.movers else ["none"]
    yield from ("", "Needs a hand today:")
    yield from map(hand, morning.hands) if morning.hands else ["nothing"]


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
    reasons = f" ({why(row)})" if why(row) else ""
    yield (
        f"  picked up since yesterday {signed(row['pickup_1'])}{reasons}, in 7 days "
        f"{signed(row['pickup_7'])}; {restated(row)}"
    )


def _night(row: Row) -> str:
    return (
        f"{_mark(row)}{day(row['stay_date'])}: "
        f"{share(row['spaces_occupied'], row['spaces_usable'])} "
        f"({parts(row['spaces_occupied'], row['spaces_usable'])}), {whole(row['rooms_left'])} "
        f"left, {signed(row['pickup_1'])}, {signed(row['pickup_7'])}, {signed(row['on_last_year'])}"
    )


def _mover(row: Row) -> str:
    bookings = f"{whole(row['bookings'])} {'booking' if row['bookings'] == 1 else 'bookings'}"
    return (
        f"{_mark(row)}{day(row['stay_date'])}, {' '.join(row['property'].split())}: "
        f"{signed(row['rooms'])} ({why(row)}; {bookings}), now "
        f"{share(row['spaces_occupied'], row['spaces_usable'])} "
        f"({parts(row['spaces_occupied'], row['spaces_usable'])})"
    )


def _mark(row: Row) -> str:
    return RED if row["is_red"] else ""
