"""Every mart: what is expected of it, and the columns that identify its rows."""

from mews_pipeline_tests.models.brute_force import expected_books as books
from mews_pipeline_tests.models.brute_force import expected_counts as counts
from mews_pipeline_tests.models.brute_force import expected_dimensions as dimensions
from mews_pipeline_tests.models.brute_force import expected_dwell as dwell
from mews_pipeline_tests.models.brute_force import expected_exceptions as exceptions
from mews_pipeline_tests.models.brute_force import expected_funnel as funnel
from mews_pipeline_tests.models.brute_force import expected_late_knowledge as late
from mews_pipeline_tests.models.brute_force import expected_money as money
from mews_pipeline_tests.models.brute_force import expected_months as months
from mews_pipeline_tests.models.brute_force import expected_occupancy as occupancy
from mews_pipeline_tests.models.brute_force import expected_performance as performance
from mews_pipeline_tests.models.brute_force import expected_pickup as pickup
from mews_pipeline_tests.models.brute_force import expected_portfolio as portfolio
from mews_pipeline_tests.models.brute_force import expected_reports as reports
from mews_pipeline_tests.models.brute_force import expected_reservations as reservations
from mews_pipeline_tests.models.brute_force import expected_revenue_pace as pace
from mews_pipeline_tests.models.brute_force import expected_revenue_reports as revenue
from mews_pipeline_tests.models.brute_force import expected_stays as stays
from mews_pipeline_tests.models.brute_force import expected_transitions as transitions
from mews_pipeline_tests.models.brute_force.compare import Expectation
from mews_pipeline_tests.models.brute_force.rows import Row

EXPECTED: dict[str, tuple[Expectation, tuple[str, ...]]] = {
    "fct_room_night_ledger": (
        books.room_night_ledger,
        (
            "reservation_id", "posted_at", "known_at", "stay_date", "service_id",
            "resource_category_id", "bucket", "basis",
        ),
    ),
    "fct_pickup_daily": (pickup.pickup_daily, ("posting_date", *pickup.CELL)),
    "rpt_pickup": (pickup.pickup, ("window_days", *pickup.CELL)),
    "rpt_booking_pace": (pickup.booking_pace, ("service_id", "stay_date", "days_before")),
    "rpt_restatements": (pickup.restatements, (*pickup.CELL, "reservation_id", "posted_at")),
    "fct_occupancy_daily": (occupancy.occupancy_daily, pickup.CELL),
    "rpt_portfolio_daily": (portfolio.portfolio_daily, ("enterprise_id", "stay_date")),
    "fct_reservations": (reservations.reservations, ("reservation_id",)),
    "fct_reservation_modifications": (
        reservations.modifications, ("reservation_id", "version_number"),
    ),
    "fct_reservation_state_transitions": (
        transitions.reservation_transitions, ("reservation_id", "transition_number"),
    ),
    "fct_product_service_order_state_transitions": (
        transitions.order_transitions, ("order_id", "transition_number"),
    ),
    "rpt_state_transition_matrix": (
        transitions.transition_matrix,
        ("period_start", "service_id", "from_state", "to_state", "basis"),
    ),
    "rpt_observation": (transitions.observation, ("period_start", "service_id")),
    "rpt_state_dwell": (
        dwell.state_dwell, ("enterprise_id", "service_id", "reservation_state", "basis"),
    ),
    "rpt_unplaced_reservations": (reservations.unplaced_reservations, ("reservation_id",)),
    "rpt_cancellations": (
        reports.cancellations,
        (
            "cancelled_month", "enterprise_id", "service_id", "lead_bucket", "cancellation_reason",
            "origin", "from_state", "basis", "held_room",
        ),
    ),
    "rpt_no_shows": (reports.no_shows, ("arrival_date", "enterprise_id", "service_id")),
    "rpt_stay_profile": (
        reports.stay_profile, ("arrival_month", "enterprise_id", "service_id"),
    ),
    "rpt_length_of_stay": (
        stays.length_of_stay, ("arrival_month", "enterprise_id", "service_id", "nights"),
    ),
    "rpt_rooms_by_state": (stays.rooms_by_state, ("enterprise_id", "service_id", "stay_date")),
    "rpt_late_knowledge": (late.late_knowledge, ("service_id", "stay_date", "cause")),
    "rpt_months": (months.months, ("enterprise_id", "stay_month")),
    "rpt_booked_by_stayed": (
        stays.booked_by_stayed,
        ("service_id", "stay_month", "resource_category_id", "stayed_resource_category_id"),
    ),
    "fct_moved_daily": (
        stays.moved_daily,
        ("service_id", "resource_category_id", "stayed_resource_category_id", "stay_date"),
    ),
    # The identities hold whatever lands
    "rpt_quarantined_reservations": (lambda _: [], ("reservation_id", "identity")),
    "rpt_options_past_release": (reports.options_past_release, ("reservation_id",)),
    "rpt_overdue": (reports.overdue, ("reservation_id",)),
    "rpt_booking_funnel": (funnel.booking_funnel, ("created_month", "enterprise_id", "service_id")),
    "rpt_coverage": (dimensions.coverage, ("operation", "enterprise_id")),
    "rpt_availability_reconciliation": (dimensions.availability, pickup.CELL),
    "fct_booked_daily": (
        counts.booked_daily, ("service_id", "resource_category_id", "stay_date"),
    ),
    "fct_booked_by_lead": (counts.booked_by_lead, ("service_id", "stay_date", "days_before")),
    "fct_spaces_occupied_daily": (counts.spaces_occupied_daily, ("enterprise_id", "stay_date")),
    "rpt_freshness": (counts.freshness, ("enterprise_id",)),
    "dim_enterprise": (dimensions.enterprises, ("enterprise_id",)),
    "dim_service": (dimensions.services, ("service_id",)),
    "dim_resource_category": (dimensions.resource_categories, ("resource_category_id",)),
    "dim_age_category": (dimensions.age_categories, ("age_category_id",)),
    "dim_accounting_category": (dimensions.accounting_categories, ("accounting_category_id",)),
    "dim_date": (dimensions.dates, ("date_day",)),
    "fct_revenue_ledger": (money.revenue_ledger, money.LEDGER),
    "fct_revenue_daily": (money.revenue_daily, money.DAILY),
    "fct_rooms_sold_daily": (performance.rooms_sold_daily, ("enterprise_id", "stay_date")),
    "dim_revenue_definition": (
        performance.revenue_definitions,
        ("enterprise_id", "item_type", "classification", "definition"),
    ),
    "rpt_performance_daily": (performance.performance_daily, performance.KEYS),
    "rpt_revenue_pickup": (revenue.revenue_pickup, revenue.PICKUP),
    "rpt_revenue_restatements": (revenue.revenue_restatements, revenue.RESTATED),
    "rpt_revenue_exceptions": (exceptions.revenue_exceptions, exceptions.KEYS),
    "rpt_revenue_pace": (pace.revenue_pace, pace.KEYS),
    # No ledger of Mews lands
    "rpt_revenue_reconciliation": (
        lambda _: [], ("enterprise_id", "period", "period_start", "ledger_type", "currency"),
    ),
}  # fmt: skip


def settled(mart: str, rows: list[Row]) -> list[Row]:
    """Drop rows without numbers and fill nulls with 0, in marts that may do either.

    Drop what is said in words, too.
    """
    if mart == "rpt_revenue_exceptions":
        return [{k: v for k, v in row.items() if k != "detail"} for row in rows]
    if mart == "rpt_booking_pace":
        named = ("rooms", "guests", "rooms_last_year", "guests_last_year")
        return [row for row in rows if any(row[name] for name in named)]
    if mart in {"fct_booked_daily", "fct_booked_by_lead", "fct_spaces_occupied_daily"}:
        ids = {"service_id", "resource_category_id", "stay_date", "enterprise_id", "days_before"}
        filled = [{k: v if k in ids else v or 0 for k, v in row.items()} for row in rows]
        return [row for row in filled if any(v for k, v in row.items() if k not in ids)]
    return rows
