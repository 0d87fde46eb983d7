"""Simulate what a number of hotels needs: `python -m benchmarks.capacity`, some minutes.

Writes the tables of docs/capacity.md from simulated days of refreshes. Measures nothing: the costs
come from figures.json, which `make bench` writes, and from `python -m benchmarks.costs`.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.hotels import (
    COSTS,
    DAY,
    FILE,
    HALF_HOUR,
    HOUR,
    LAKE,
    MEASURED,
    REFERENCE,
    REFRESH,
    YEAR,
    Group,
    World,
    in_time,
    smallest,
)
from benchmarks.simulation import REQUESTS, SECONDS, Played
from benchmarks.tables import table

HOTELS = (1, 10, 100, 1_000, 2_500, 10_000)
PORTFOLIO = 50
_PAGE = Path(__file__).parents[1] / "docs" / "capacity.md"
# A build without news in a lake of 100 hotels rewrites 10.9 MB of tables, kept for a week
REWRITTEN_PER_HOTEL, BUILDS_A_WEEK = 109_000, 48 * 7


def a_day(worlds: Iterable[tuple[World, int]]) -> str:
    """Return the table of a day: its load, how long a refresh takes, and with how many workers."""
    heads = [
        "hotels", "tokens", "versions a day", "requests a day", "of the budget", "CPU h a day",
        "models", "file: refresh", "file: reference", "lake: workers", "lake: refresh",
        "lake: reference",
    ]  # fmt: skip
    rows = []
    for world, hotels in worlds:
        one = Group(world, hotels, FILE, 2)
        file, group = one.play(), smallest(world, hotels)
        lake = group.play()
        budget = group.tokens * REQUESTS * DAY / SECONDS
        rows.append([
            f"{hotels:,}", f"{group.tokens:,}", f"{hotels * world.versions_per_year / YEAR:,.0f}",
            f"{lake.requests:,}", f"{lake.requests / budget:.2%}", f"{lake.cpu / HOUR:,.1f}",
            f"{one.models(0) / 60:,.1f}",
            _minutes(file, REFRESH), _minutes(file, REFERENCE),
            _workers(group, lake), _minutes(lake, REFRESH), _minutes(lake, REFERENCE),
        ])  # fmt: skip
    return table(heads, rows)


def what_is_kept(worlds: Iterable[tuple[World, int]], workers: int = 8) -> str:
    """Return the table of what a year and a day leave behind, and how long a backfill takes."""
    heads = [
        "hotels", "tokens", "versions a year", "file: GB a year", "lake: GB a year",
        "lake: GB of earlier states", "catalog: transactions a day", "catalog: GB of a week",
        "lake: new files a day",
        "file: backfill, h", f"lake: backfill by {workers}, h",
    ]  # fmt: skip
    rows = []
    for world, hotels in worlds:
        file, lake = Group(world, hotels, FILE, 2), Group(world, hotels, LAKE, workers)
        a_year, day = hotels * world.versions_per_year, lake.play()
        rows.append([
            f"{hotels:,}", f"{lake.tokens:,}", f"{a_year:,.0f}",
            *(f"{a_year * kept.bytes_per_version / 1e9:,.2f}" for kept in (FILE, LAKE)),
            f"{hotels * REWRITTEN_PER_HOTEL * BUILDS_A_WEEK / 1e9:,.1f}",
            f"{day.landings * LAKE.transactions_per_landing:,.0f}",
            f"{day.landings * LAKE.catalog_bytes_per_landing * 7 / 1e9:,.2f}", f"{day.files:,}",
            *(f"{group.backfill().end / HOUR:,.1f}" for group in (file, lake)),
        ])  # fmt: skip
    return table(heads, rows)


def what_it_depends_on(hotels: int = 1000) -> str:
    """Return the table of each assumption, lower and higher, at one number of hotels."""
    varied: dict[str, tuple[Any, ...]] = {
        "as assumed": (None,), "rooms": (40, 300), "versions_per_reservation": (2.0, 8.0),
        "items_per_reservation": (7.0, 30.0), "has_money": (False,),
        "peak": (1.0,), "hotels_per_token": (10, 100), "latency": (0.1, 3.0),
        "years": (1.0, 5.0),
    }  # fmt: skip
    heads = [
        "assumption", "is", "requests a day", "file: refresh, min", "lake: workers",
        "lake: refresh, min", "lake: reference data, min", "lake: GB a year",
    ]  # fmt: skip
    rows = []
    for name, values in varied.items():
        for value in values:
            world = replace(World(), **({} if value is None else {name: value}))
            file, group = Group(world, hotels, FILE, 2).play(), smallest(world, hotels)
            lake = group.play()
            rows.append([
                name.replace("_", " "), "" if value is None else f"{value:g}",
                f"{lake.requests:,}", _minutes(file, REFRESH), _workers(group, lake),
                _minutes(lake, REFRESH), _minutes(lake, REFERENCE),
                f"{hotels * world.versions_per_year * LAKE.bytes_per_version / 1e9:,.1f}",
            ])  # fmt: skip
    return table(heads, rows)


def _minutes(played: Played, kind: str) -> str:
    limit = HALF_HOUR if kind == REFRESH else HOUR
    taken = played.slowest[kind]
    return f"{taken / 60:.1f}" if taken <= limit else "too long"


def _workers(group: Group, played: Played) -> str:
    return str(group.workers) if in_time(played) else "no number"


def what_it_is_computed_from() -> str:
    """Return the table of costs, as measured."""
    costs = (
        ("fetching and flattening a million versions: s of CPU", COSTS.version * 1e6),
        ("fetching a nearly empty window: s of CPU", COSTS.window),
        ("loading the code location, for each run: s", COSTS.run),
        ("building and publishing, in any case: s", COSTS.models),
        ("building and publishing, per 100 hotels: s", COSTS.models_hotel * 100),
        ("building, per million versions of history: s", COSTS.models_version * 1e6),
        ("publishing, per million versions of history: s", COSTS.publishing_version * 1e6),
        ("posting a million versions: s", COSTS.posting_version * 1e6),
        ("cores that a build uses", COSTS.models_cores),
    )
    heads = ["cost", f"measured {MEASURED}"]
    return table(heads, ([what, f"{found:,.2f}"] for what, found in costs))


def main() -> None:
    """Write the tables into the page, each between its two marks."""
    worlds = [(World(), hotels) for hotels in HOTELS]
    worlds += [(World(hotels_per_token=PORTFOLIO), hotels) for hotels in HOTELS[-2:]]
    worlds.append((World(hotels_per_token=HOTELS[-1]), HOTELS[-1]))
    tables = {
        "costs": what_it_is_computed_from(),
        "day": a_day(worlds),
        "kept": what_is_kept(worlds),
        "assumptions": what_it_depends_on(),
    }
    text = _PAGE.read_text()
    for name, content in tables.items():
        begin, end = f"<!-- {name}: make capacity -->\n", f"\n<!-- end of {name} -->"
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        if not after:
            raise RuntimeError(f"{_PAGE} has no place for the table {name}")
        text = before + begin + content + end + after
    _PAGE.write_text(text)


if __name__ == "__main__":
    main()
