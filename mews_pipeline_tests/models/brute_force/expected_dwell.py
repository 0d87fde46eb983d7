"""How long reservations were in a state, and how long those in it have been."""

from collections import defaultdict
from datetime import timedelta

from mews_pipeline_tests.models.brute_force.expected_transitions import reservation_transitions
from mews_pipeline_tests.models.brute_force.facts import Facts
from mews_pipeline_tests.models.brute_force.rows import Row

Key = tuple[str, str, str, str]


def quantile(values: list[float], share: float) -> float | None:
    """Return a quantile, between two values in proportion; None of no values."""
    if not values:
        return None
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _key(row: Row, state: str) -> Key:
    return row["enterprise_id"], row["service_id"], state, row["basis"]


def _still_held(facts: Facts) -> dict[Key, list[float]]:
    """Return the hours in the present state, of those that are not in a final one."""
    last = {row["reservation_id"]: row for row in reservation_transitions(facts)}
    found: defaultdict[Key, list[float]] = defaultdict(list)
    for row in last.values():
        if row["to_state"] not in {"Processed", "Canceled"}:
            passed = facts.now_of(row["enterprise_id"]) - row["at_best"]
            hours = max(passed, timedelta()) // timedelta(seconds=1) / 3600
            found[_key(row, row["to_state"])].append(hours)
    return found


def state_dwell(facts: Facts) -> list[Row]:
    """Expect rpt_state_dwell."""
    left: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in reservation_transitions(facts):
        if row["from_state"] is not None:
            left[_key(row, row["from_state"])].append(row)
    held = _still_held(facts)
    names = ("enterprise_id", "service_id", "reservation_state", "basis")
    expected = []
    for key in {*left, *held}:
        rows, waiting = left.get(key, []), held.get(key, [])
        hours = [row["dwell_seconds"] / 3600 for row in rows]
        unknown = sum(row["at_basis"] == "interval" for row in rows)
        expected.append(
            {
                **dict(zip(names, key, strict=True)),
                "departures_from_state": len(rows),
                "share_interval": unknown / len(rows) if rows else None,
                "median_hours": quantile(hours, 0.5),
                "p90_hours": quantile(hours, 0.9),
                "still_held": len(waiting),
                "median_held_hours": quantile(waiting, 0.5),
            }
        )
    return expected
