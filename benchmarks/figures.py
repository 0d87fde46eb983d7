"""The figures that the capacity page is computed from: `make bench` writes figures.json.

What it cannot measure (a lake, hundreds of hotels) is in hotels.py, measured by costs.py.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.history import VERSIONS_PER_RESERVATION
from benchmarks.ingest import LARGE, Result
from benchmarks.refresh import CHANGED, Refreshed
from benchmarks.simulation import Costs

_FILE = Path(__file__).with_name("figures.json")
# The hotels of benchmarks/history.py. A build of 1,000 of them took 13.4 s more (24.2 s against
# 10.8 s, 2026-11-22); the benchmark has no such history
_HOTELS, _A_HOTEL = 100, 0.015
# costs.py: landing 100,000 versions in a file, and fetching a nearly empty window; seconds of CPU
_LANDING, _WINDOW = 10e-6, 0.04


def write(compared: Sequence[Result], taken: Sequence[Refreshed], load_seconds: float) -> None:
    """Write the costs that follow from one run of the benchmark."""
    (ours,) = (one for one in compared if one.case.contender == "ours" and one.case.rows == LARGE)
    costs = _costs(ours.cpu_per_million / 1e6, taken[0], taken[-1], load_seconds)
    figures = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "costs": asdict(costs)}
    _FILE.write_text(json.dumps(figures, indent=2) + "\n")


def read() -> tuple[str, Costs]:
    """Return the date of the last run, and its costs."""
    figures = json.loads(_FILE.read_text())
    return figures["date"], Costs(**figures["costs"])


def _costs(row: float, little: Refreshed, much: Refreshed, load_seconds: float) -> Costs:
    versions = much.versions - little.versions
    posting = much.first_build.seconds / much.versions
    published = [one.published.process.seconds for one in (little, much)]
    # All versions of a touched reservation are posted again
    posted = CHANGED * VERSIONS_PER_RESERVATION * posting
    return Costs(
        version=row - _LANDING,
        window=_WINDOW,
        run=load_seconds,
        models=little.build.seconds + published[0] - posted - _HOTELS * _A_HOTEL,
        models_hotel=_A_HOTEL,
        models_version=(much.build.seconds - little.build.seconds) / versions,
        models_cores=much.build.cpu_seconds / much.build.seconds,
        publishing_version=(published[1] - published[0]) / versions,
        posting_version=posting,
    )
