"""How far the reservations of a month of creation came."""

from datetime import UTC, date

from mews_pipeline_tests.models.brute_force.expected_reports import grouped, is_clean
from mews_pipeline_tests.models.brute_force.expected_reservations import reservations
from mews_pipeline_tests.models.brute_force.expected_transitions import reservation_transitions
from mews_pipeline_tests.models.brute_force.facts import Facts
from mews_pipeline_tests.models.brute_force.rows import Row

STAGES = {
    "inquired": ("Inquired", "Requested"),
    "optional": ("Optional",),
    "confirmed": ("Confirmed",),
    "started": ("Started",),
    "processed": ("Processed",),
    "ever_cancelled": ("Canceled",),
}


def _created_month(row: Row) -> date | None:
    created = row["created_utc"]
    day: date | None = row["created_date"] or (created and created.astimezone(UTC).date())
    return day and day.replace(day=1)


def booking_funnel(facts: Facts) -> list[Row]:
    """Expect rpt_booking_funnel."""
    ways = grouped(reservation_transitions(facts), lambda row: (row["reservation_id"],))
    cohorts = grouped(
        reservations(facts),
        lambda row: (_created_month(row), row["enterprise_id"], row["service_id"]),
    )
    expected = []
    for key, rows in cohorts.items():
        visited = [{step["to_state"] for step in ways[row["reservation_id"],]} for row in rows]
        inferred = [
            any(step["basis"] == "inferred" for step in ways[row["reservation_id"],])
            for row in rows
        ]
        cancelled = sum(row["reservation_state"] == "Canceled" for row in rows)
        expected.append(
            {
                **dict(zip(("created_month", "enterprise_id", "service_id"), key, strict=True)),
                "created": len(rows),
                **{
                    name: sum(bool(states & set(wanted)) for states in visited)
                    for name, wanted in STAGES.items()
                },
                "cancelled": cancelled,
                "cancelled_clean": sum(is_clean(row) for row in rows),
                "cancellation_rate": cancelled / len(rows),
                "share_inferred": sum(inferred) / len(rows),
            }
        )
    return expected
