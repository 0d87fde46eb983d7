"""Format one run as Markdown tables: what was measured, and the goals."""

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.ingest import LARGE, SMALL, Result
from benchmarks.law import law
from benchmarks.refresh import Refreshed
from benchmarks.tables import table


def ingest(results: Sequence[Result]) -> str:
    """Format the way from the API to DuckDB, with its goals."""
    floors = {one.case.listing: one for one in results if one.case.contender.startswith("floor")}
    ours = {one.case.listing: one for one in results if one.case.contender.startswith("ours")}
    peers = [one for one in results if one.case.contender.startswith(("dlt", "Singer"))]
    fastest = max(peers, key=lambda one: one.rows_per_second)
    rows = []
    for one in results:
        rows_per_second = f"{one.rows_per_second:,.0f}"
        floor = floors.get(one.case.listing)
        missing = one.measured.missing
        rows.append([
            one.case.contender, f"{one.case.rows:,}", f"{one.measured.seconds:.1f}",
            rows_per_second, f"{one.rows_per_second / fastest.rows_per_second:.1f}",
            f"{one.cpu_per_million:.0f}",
            f"{one.cpu_per_million / floor.cpu_per_million:.2f}" if floor else "",
            f"{one.measured.peak_mb:,.0f}", f"{one.case.rows // 1000:,}",
            ", ".join(filter(None, [
                one.case.note, f"{missing} row did not arrive" if missing else "",
            ])),
        ])  # fmt: skip
    heads = [
        "contender", "rows", "s", "rows/s", "x fastest peer", "CPU s per million", "x floor's CPU",
        "peak MB", "requests", "",
    ]  # fmt: skip
    small, large = ours[f"reservations/{SMALL}"], ours[f"reservations/{LARGE}"]
    items = ours[f"order_items/{SMALL}"]
    goals = [
        _goal("rows/s, x fastest peer, 100,000 rows",
              small.rows_per_second / fastest.rows_per_second, 8, at_least=True),
        _goal("rows/s, x fastest peer, 1,000,000 rows",
              large.rows_per_second / fastest.rows_per_second, 8, at_least=True),
        _goal("CPU, x floor, 100,000 rows",
              small.cpu_per_million / floors[small.case.listing].cpu_per_million, 2),
        _goal("CPU, x floor, 1,000,000 rows",
              large.cpu_per_million / floors[large.case.listing].cpu_per_million, 2),
        _goal("peak memory, 1,000,000 rows x 100,000 rows",
              large.measured.peak_mb / small.measured.peak_mb, 1.3),
        _goal("peak MB, 1,000,000 rows", large.measured.peak_mb, 450),
        _goal("order items, rows/s, x those of reservations",
              items.rows_per_second / small.rows_per_second, 1, at_least=True),
        _goal("order items, CPU, x floor",
              items.cpu_per_million / floors[items.case.listing].cpu_per_million, 2),
    ]  # fmt: skip
    return f"{table(heads, rows)}\n\n{_goals(goals)}"


def refresh(
    taken: Sequence[Refreshed], milliseconds: Mapping[str, float], load_seconds: float
) -> str:
    """Format refreshes on little to much history, publishing, and analysts' queries."""
    little, much = taken[0], taken[-1]
    published = much.published
    goals = [
        _goal("dbt and tests of a refresh, little history, CPU s", little.build.cpu_seconds, 8),
        _goal("the same, much x little history",
              much.build.cpu_seconds / little.build.cpu_seconds, 1.3),
        _goal("the whole refresh on much history, s", much.seconds, 30),
        _goal("nothing new, much history, CPU s", much.nothing_new.cpu_seconds, 1),
        _goal("first build on much history, peak MB", much.first_build.peak_mb, 3000),
        _goal(f"publishing to a copy of {published.rows:,} rows ({published.megabytes:,.0f} MB), "
              "CPU s", published.process.cpu_seconds, 6),
        _goal("the same, peak MB", published.process.peak_mb, 1300),
        _goal("bytes per version", much.bytes_per_version, 220),
        _goal("code location loads, s", load_seconds, 2.5),
        *(_goal(f"{name}, cold, ms", found, 200) for name, found in milliseconds.items()),
    ]  # fmt: skip
    return f"{law(taken)}\n\n{_goals(goals)}"


def refresh_of_items(taken: Sequence[Refreshed]) -> str:
    """Format refreshes on little to much history of order items."""
    little, much = taken[0], taken[-1]
    goals = [
        _goal("dbt and tests of a refresh of order items, much x little history, CPU",
              much.build.cpu_seconds / little.build.cpu_seconds, 1.5),
        _goal("bytes per version of an item", much.bytes_per_version, 220),
    ]  # fmt: skip
    return f"{law(taken)}\n\n{_goals(goals)}"


def _goal(what: str, found: float, wanted: float, *, at_least: bool = False) -> list[str]:
    ratio = wanted / found if at_least else found / wanted
    verdict = "met" if ratio <= 1 else f"missed by {ratio:.2f} x"
    return [what, f"{found:,.2f}", f"{'≥' if at_least else '≤'} {wanted:g}", verdict]


def _goals(goals: Iterable[Sequence[str]]) -> str:
    return table(["goal", "found", "wanted", ""], goals)
