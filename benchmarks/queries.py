"""Measure what analysts ask the published copy, each question in a new process."""

from collections.abc import Mapping
from pathlib import Path

from benchmarks.measure import PYTHON, run

_ROUNDS = 3
ROOMS = {
    "A year's occupancy of 100 properties": """
        select enterprise_id, sum(rooms_occupied) / sum(spaces_usable)
        from marts.fct_occupancy_daily
        where stay_date >= date '2025-01-01' and stay_date < date '2026-01-01' group by all""",
    "On the books as of a past date, nights from then on": """
        from on_the_books('2025-06-01 00:00:00+00') where stay_date >= date '2025-06-01'""",
    "On the books as of a past date, nights long past as well": """
        from on_the_books('2025-06-01 00:00:00+00')""",
    "On the books as of a year before": """
        from on_the_books('2024-06-01 00:00:00+00')""",
    "On the books now": """
        from on_the_books((select max(as_of_utc) from about))""",
    "Pickup between two instants": """
        from pickup('2025-06-01 00:00:00+00', '2025-06-08 00:00:00+00')""",
    "Transition matrix of a quarter": """
        select from_state, to_state, sum(transitions) from marts.rpt_state_transition_matrix
        where period_start >= date '2025-04-01' and period_start < date '2025-07-01'
        group by all""",
}


MONEY = {
    "A year's performance of 100 properties": """
        select enterprise_id, definition, currency, sum(room_revenue) / sum(rooms_sold) as adr,
            sum(room_revenue) / sum(rooms_available) as revpar
        from marts.rpt_performance_daily
        where stay_date >= date '2025-01-01' and stay_date < date '2026-01-01' group by all""",
    "Revenue on the books as of a past date": """
        from revenue_on_the_books('2025-06-01 00:00:00+00')""",
}


def read(analytics: Path, queries: Mapping[str, str]) -> dict[str, float]:
    """Return the milliseconds of each query, cold."""
    return {name: _cold(analytics, query) for name, query in queries.items()}


def _cold(analytics: Path, query: str) -> float:
    """Return the milliseconds from connecting to the whole frame, in a fresh process."""
    program = (
        "import sys, time, duckdb, polars; began = time.monotonic();"
        "copy = duckdb.connect(sys.argv[1], read_only=True);"
        "copy.execute('set enable_progress_bar = false');"
        "polars.DataFrame(copy.sql(sys.argv[2]));"
        "print((time.monotonic() - began) * 1000)"
    )
    command = [PYTHON, "-c", program, str(analytics), query]
    taken = [float(run(command, folder=analytics.parent).printed) for _ in range(_ROUNDS)]
    return sorted(taken)[_ROUNDS // 2]
