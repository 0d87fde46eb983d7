"""What a refresh and a publishing cost on ever more history: python -m benchmarks.law.

`make bench-history` goes up to 20 million versions of reservations and of order items, takes about
two hours and writes history.md.
`make bench` has the same tables up to 5 million.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from benchmarks.measure import Measured
from benchmarks.refresh import CHANGED, Refreshed, refresh
from benchmarks.tables import machine
from benchmarks.tables import table as markdown

HISTORIES = (50_000, 500_000, 5_000_000, 20_000_000)
ITEM_HISTORIES = (200_000, 2_000_000, 20_000_000)
_HISTORY = Path(__file__).with_name("history.md")
# A model grows if it takes that many seconds more on the longest history than on the shortest
_GROWS = 0.2
_MOST = 12
_NOTE = (
    f"{CHANGED:,} records change, are landed, built with the tests of a refresh, and "
    "published; medians of three. Each figure is of one whole process, its start included. Seconds "
    "of wall clock depend on what else the machine does, seconds of CPU hardly."
)


def main() -> None:
    """Measure, print, and write history.md."""
    console = Console()
    text = f"# Cost against history\n\n{machine()}\n"
    for table, histories in (("reservations", HISTORIES), ("order_items", ITEM_HISTORIES)):
        taken: list[Refreshed] = []
        before = f"{text}\n## {table}\n\n"
        for versions in histories:
            with tempfile.TemporaryDirectory(prefix="mews_pipeline-history-") as name:
                warehouse = Path(name) / "own" / "warehouse.duckdb"
                taken.append(refresh(warehouse, table, versions, console.log))
            # Written after each, as the longest may not fit on the machine
            text = f"{before}{law(taken)}\n"
            _HISTORY.write_text(text)
    console.print(Markdown(_HISTORY.read_text()))


def law(taken: Sequence[Refreshed]) -> str:
    """Format cost against history, the shortest first, and which models grow."""
    return "\n\n".join([_NOTE, _costs(taken), _whole(taken), _growing(taken[0], taken[-1])])


def _costs(taken: Sequence[Refreshed]) -> str:
    heads = [
        "versions", "landing s", "dbt s", "dbt CPU s", "CPU x least", "peak MB",
        "publish s", "publish CPU s", "CPU x least", "peak MB", "nothing new: s", "CPU s",
    ]  # fmt: skip
    least = taken[0]
    return markdown(heads, (
        [
            f"{one.versions:,}", f"{one.landing_seconds:.1f}",
            *_figures(one.build, least.build),
            *_figures(one.published.process, least.published.process),
            f"{one.nothing_new.seconds:.1f}", f"{one.nothing_new.cpu_seconds:.1f}",
        ]
        for one in taken
    ))  # fmt: skip


def _figures(measured: Measured, least: Measured) -> list[str]:
    return [
        f"{measured.seconds:.1f}", f"{measured.cpu_seconds:.1f}",
        f"{measured.cpu_seconds / least.cpu_seconds:.2f}", f"{measured.peak_mb:,.0f}",
    ]  # fmt: skip


def _whole(taken: Sequence[Refreshed]) -> str:
    heads = [
        "versions", "made in s", "bytes per version", "first build s", "CPU s", "peak MB",
        "published in full s", "CPU s", "peak MB", "rows published", "MB",
    ]  # fmt: skip
    return markdown(heads, (
        [
            f"{one.versions:,}", f"{one.made_seconds:.0f}", f"{one.bytes_per_version:.0f}",
            *(
                text
                for whole in (one.first_build, one.published_in_full.process)
                for text in (f"{whole.seconds:.0f}", f"{whole.cpu_seconds:.0f}",
                             f"{whole.peak_mb:,.0f}")
            ),
            f"{one.published.rows:,}", f"{one.published.megabytes:,.0f}",
        ]
        for one in taken
    ))  # fmt: skip


def _growing(least: Refreshed, most: Refreshed) -> str:
    grown = {name: (least.models.get(name, 0.0), seconds) for name, seconds in most.models.items()}
    found = sorted(
        ((name, *both) for name, both in grown.items() if both[1] - both[0] >= _GROWS),
        key=lambda one: one[1] - one[2],
    )[:_MOST]
    if not found:
        return f"No model takes {_GROWS} s more on the longest history than on the shortest."
    named = ", ".join(f"{name} {before:.1f} → {after:.1f}" for name, before, after in found)
    return (
        f"Models that grow, seconds of wall clock beside other models, {least.versions:,} → "
        f"{most.versions:,} versions: {named}."
    )


if __name__ == "__main__":
    main()
