"""`mews-pipeline explain`: the number of a night, and how it came to be."""

import sys
from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum
from typing import Annotated

import orjson
import typer
from rich.console import Console

from mews_pipeline.cli import filters
from mews_pipeline.cli.errors import exit_on_error
from mews_pipeline.publish import properties, terminal
from mews_pipeline.publish.explain import Explained, Posting, Revenue, explained
from mews_pipeline.publish.published_copy import opened
from mews_pipeline.publish.terminal import TerminalTable
from mews_pipeline.settings import LocalSettings, load
from mews_pipeline.texts import for_json, on_screen

EPILOG = (
    "It is read from the published copy. Rooms are reservations; spaces are rooms or beds, each "
    "once, and are known as they are now only."
)


class ExplainFormat(StrEnum):
    """The formats of an explained night."""

    TABLE = "table"
    JSON = "json"


def explain(
    night: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A date, local.")],
    prop: Annotated[
        str | None,
        typer.Option("--property", help="Its name (% matches anything) or its id."),
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT",
            help="The books as of 2025-01-05T14:00:00Z, or of the first instant of a UTC day; by "
            "default as published.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        ExplainFormat, typer.Option("--format", help="Tables for people, json for tools.")
    ] = ExplainFormat.TABLE,
) -> None:
    """Explain a night's number: its spaces, its bookings with their changes, Mews' own count."""
    with exit_on_error():
        instant = filters.instant("--as-of", as_of) if as_of else None
        with opened(load(LocalSettings).analytics) as copy:
            found = explained(copy, properties.only(copy, prop).id, night.date(), instant)
    if form is ExplainFormat.JSON:
        text = orjson.dumps(found, option=orjson.OPT_INDENT_2).decode()
        sys.stdout.write(for_json(text) + "\n")
        return
    screen = Console(file=sys.stdout, width=None if sys.stdout.isatty() else 140)
    for line in _sentences(found):
        screen.print(on_screen(line), soft_wrap=True)
    for table in (_capacity(found), _bookings(found), _mews(found)):
        if table.rows:
            terminal.show(table, screen)


def _sentences(found: Explained) -> Iterator[str]:
    night = found.night
    yield f"{night.property}, the night of {night.night}, as of {_minute(night.as_of)} UTC"
    yield (
        f"On the books: {found.rooms:,} rooms with {found.guests:,} guests, and "
        f"{found.rooms_optional:,} optional rooms, by {len(found.by_reservation):,} reservations "
        "that held it at some time"
    )
    usable = f"{night.spaces_usable:,}" if night.spaces_usable is not None else "an unknown number"
    spaces = "spaces" if night.units == "rooms and beds" else night.units
    made_of = (
        f": {night.spaces_active:,} active − {night.spaces_out_of_order:,} out of order"  # noqa: RUF001
        if night.spaces_usable is not None
        else ""
    )
    if night.spaces_occupied is None:
        yield f"Of {usable} usable {spaces}, as known now{made_of}"
    else:
        ratio = f" ({night.occupancy_mews:.1%})" if night.occupancy_mews is not None else ""
        yield f"They occupy {night.spaces_occupied:,} of {usable} usable {spaces}{ratio}{made_of}"
    yield from map(_revenue, found.revenue)
    if night.closed_at is None or night.closed_at > night.as_of:
        yield "The night is not closed"
        return
    changes = len(found.late)
    since = f"{changes} changes since" if changes != 1 else "1 change since"
    yield (
        f"Closed at {_minute(night.closed_at)} UTC with {found.rooms_at_close:,} rooms; "
        + (since if changes else "nothing has changed since")
    )


def _revenue(revenue: Revenue) -> str:
    shown = (
        f"Revenue, net, by the definition {revenue.definition}: {revenue.currency} "
        f"{revenue.total_revenue:,.2f}, of which {revenue.room_revenue:,.2f} of rooms"
    )
    ratios = [
        f"{name} {value:,.2f} ({rooms:,} {what})"
        for name, rooms, what in (
            ("ADR", revenue.rooms_sold, "sold"),
            ("RevPAR", revenue.rooms_available, "available"),
        )
        if rooms is not None and (value := revenue.per(rooms)) is not None
    ]
    return "; ".join([shown, *ratios])


def _capacity(found: Explained) -> TerminalTable:
    rows = [
        (
            each.category,
            str(each.first_night),
            str(each.last_night),
            each.spaces_active,
            each.spaces_out_of_order,
            each.spaces_house_use,
            each.change,
            "this night" if each.is_in_force else "",
        )
        for each in found.capacity
    ]
    names = ["category", "from", "to", "spaces", "out of order", "house use", "what changed", ""]
    return TerminalTable("Spaces, with the change before and the one after", names, rows)


def _bookings(found: Explained) -> TerminalTable:
    groups = sorted(
        found.by_reservation.items(),
        key=lambda item: (sum(posting.rooms for posting in item[1]) == 0, item[1][0].posted_at),
    )
    rows = [
        (
            reservation if number == 0 else "",
            posting.category,
            _minute(posting.posted_at),
            posting.reason.replace("_", "-"),
            posting.bucket,
            f"{posting.rooms:+d}",
            f"{posting.guests:+d}",
            _remarks(posting),
        )
        for reservation, postings in groups
        for number, posting in enumerate(postings)
    ]
    names = ["reservation", "category", "when (UTC)", "why", "as", "rooms", "guests", ""]
    return TerminalTable(
        "Bookings and their changes, those that hold the night first", names, rows,
        numbers={"rooms", "guests"},
    )  # fmt: skip


def _remarks(posting: Posting) -> str:
    remarks = ["after closing"] if posting.is_late else []
    if posting.is_inferred:
        remarks.append("inferred")
    return ", ".join(remarks)


def _mews(found: Explained) -> TerminalTable:
    rows = [
        (
            each.category,
            each.mews_confirmed,
            each.rooms_occupied,
            each.mews_optional,
            each.rooms_optional,
            each.mews_occupied,
        )
        for each in found.mews
    ]
    names = [
        "category", "Mews' confirmed", "our rooms", "Mews' optional", "our optional",
        "Mews' occupied",
    ]  # fmt: skip
    when = f" at {_minute(found.mews[0].snapshot_utc)} UTC" if found.mews else ""
    return TerminalTable(f"Mews' own count{when}, and our books at that instant", names, rows)


def _minute(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M}"
