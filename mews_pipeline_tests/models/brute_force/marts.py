"""Every mart: what is expected of it, and the columns that tell its rows apart."""

from mews_pipeline_tests.models.brute_force import expected_books as books
from mews_pipeline_tests.models.brute_force import expected_occupancy as occupancy
from mews_pipeline_tests.models.brute_force import expected_portfolio as portfolio
from mews_pipeline_tests.models.brute_force.compare import Expectation

EXPECTED: dict[str, tuple[Expectation, tuple[str, ...]]] = {
    "fct_room_night_ledger": (
        books.room_night_ledger,
        (
            "reservation_id", "posted_at", "stay_date", "service_id", "resource_category_id",
            "bucket", "basis",
        ),
    ),
    "fct_pickup_daily": (books.pickup_daily, ("posting_date", *books.CELL)),
    "rpt_pickup": (books.pickup, ("window_days", *books.CELL)),
    "rpt_booking_pace": (books.booking_pace, ("service_id", "stay_date", "days_before")),
    "rpt_restatements": (books.restatements, (*books.CELL, "reservation_id", "posted_at")),
    "fct_occupancy_daily": (occupancy.occupancy_daily, books.CELL),
    "rpt_portfolio_daily": (portfolio.portfolio_daily, ("enterprise_id", "stay_date")),
}  # fmt: skip
