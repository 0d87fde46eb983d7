"""Health checks of the raw tables. Each is a query in `queries/` that returns one row per problem.

A row is a text for the person on call; no row means healthy. The rules follow docs/mews-api.md,
"What each timestamp proves" and "Changes without notice", and docs/architecture.md, "Coverage is
recorded".
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any

import duckdb

from mews_pipeline.extract.entities import SERVICE_ORDER_STATES, UPDATED

FRESH_FOR = timedelta(hours=2)
_QUERIES = files("mews_pipeline.monitoring") / "queries"


@dataclass(frozen=True)
class HealthCheck:
    """A check of a raw table: what it asserts, what to do when it fails, whether publishing stops.

    Its query is `queries/<name>.sql`.
    """

    table: str
    name: str
    description: str
    is_error: bool = False
    stops_publishing: bool = False

    @property
    def query(self) -> str:
        """The SQL of the check."""
        return (_QUERIES / f"{self.name}.sql").read_text(encoding="utf-8")


def _has_each_version_once(table: str) -> HealthCheck:
    return HealthCheck(
        table,
        "has_each_version_once",
        "No (id, updated_utc, _hash) occurs twice. If one does: something other than this pipeline "
        "wrote to raw; nothing is published until the duplicate rows are removed.",
        is_error=True,
        stops_publishing=True,
    )


CHECKS = (
    HealthCheck(
        "reservations",
        "is_fresh",
        "The updates of every property were fetched within the last two hours. If not: look for "
        "failed runs of the job refresh, and check that the schedule every_half_hour is on; if "
        "only one property is affected, it has revoked the permission.",
    ),
    HealthCheck(
        "reservations",
        "has_no_gaps",
        "Every instant since MEWS_START_DATE was fetched of every property, with whichever token. "
        "If not: the sensor missing_days backfills the days; or materialize them by hand.",
    ),
    HealthCheck(
        "reservations",
        "has_complete_books",
        "Future books hold every reservation of every property, also those that nobody changed "
        "since MEWS_START_DATE (since when: `about.books_complete_since_utc`). If not: the "
        "reference assets fetch them within the hour; look for errors in their runs.",
    ),
    HealthCheck(
        "reservations",
        "has_true_clocks",
        "In the last day, the clock that stamps landings never ran back, and the clock of Mews "
        "agreed with this machine's within two minutes. If not: nothing is lost, but set this "
        "machine's clock right (with NTP); in a lake, also that of PostgreSQL.",
    ),
    HealthCheck(
        "reservations",
        "has_usual_volume",
        "Yesterday brought about as many versions as the same weekday of the last eight weeks "
        "(between a third and three times their median). If not: compare with the property; a "
        "new channel, a closed house and a lost permission all look like this.",
    ),
    *(_has_each_version_once(entity.table) for entity in UPDATED),
    HealthCheck(
        "reservations",
        "has_known_states",
        "Every state is one that the reports can place. If not: Mews has added a state; its nights "
        "are reported under `unknown` until macros/bucket.sql and extract/entities know it.",
        is_error=True,
    ),
    HealthCheck(
        "reservations",
        "has_nothing_unknown",
        "In the last week, Mews sent no field and no enum value that its documentation does not "
        "name, and no character that is none. If it did: fields are kept in _extra, but a report "
        "may need to learn them; such a character is U+FFFD in raw, look it up in Mews.",
    ),
    HealthCheck(
        "reservations",
        "has_person_counts",
        "Fewer than one in a hundred reservations landed in the last week lack person counts. "
        "If more: guests are undercounted; ask Mews why PersonCounts are empty.",
    ),
    HealthCheck(
        "reservations",
        "has_known_references",
        "Every service and age category of a reservation is known. If not: materialize the "
        "reference assets; where Mews refuses them, ask the property for the permission.",
    ),
    HealthCheck(
        "resource_category_assignments",
        "has_capacity",
        "Every category that was booked in the last month has spaces. If not: occupancy has no "
        "denominator there; ask the property for the permission to read resources, their "
        "categories and assignments, then materialize the reference assets.",
    ),
)


def troubles(
    connection: duckdb.DuckDBPyConnection, check: HealthCheck, start_date: date
) -> list[str]:
    """Run a check and return what it finds, as texts; an empty list means healthy."""
    now = datetime.now(UTC)
    parameters: dict[str, Any] = {
        "now": now,
        "today": now.date(),
        "start": datetime.combine(start_date, datetime.min.time(), UTC),
        "fresh_for": FRESH_FOR,
        "states": sorted(SERVICE_ORDER_STATES),
        "table": check.table,
    }
    query = check.query
    bound = {name: value for name, value in parameters.items() if f"${name}" in query}
    return [str(text) for (text,) in connection.execute(query, bound).fetchall()]
