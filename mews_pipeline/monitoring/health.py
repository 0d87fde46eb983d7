"""What may be wrong with what landed, each as a query that gives one row per trouble.

Run inside `warehouse_lock()`. A query's rows are texts for the person on call; none means healthy.
Source of the rules: issue 5, item 4; MEWS.md 3.2, 4; ARCHITECTURE.md ("Coverage is recorded").
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import duckdb

from mews_pipeline.extract.entities import SERVICE_ORDER_STATES

FRESH_FOR = timedelta(hours=2)


@dataclass(frozen=True)
class HealthCheck:
    """A check of a raw table: what it says, what to do when it fails, whether publishing stops."""

    table: str
    name: str
    description: str
    query: str
    is_error: bool = False
    stops_publishing: bool = False


def _has_each_version_once(table: str) -> HealthCheck:
    return HealthCheck(
        table,
        "has_each_version_once",
        "No (id, updated_utc, _hash) stands twice. If it does: something other than this pipeline "
        "wrote to raw; nothing is published until the doubled rows are removed.",
        f"""
        select format('{{}} of {{}} stands {{}} times', id, updated_utc, count(*))
        from raw.{table} group by id, updated_utc, _hash having count(*) > 1 limit 20
        """,
        is_error=True,
        stops_publishing=True,
    )


CHECKS = (
    HealthCheck(
        "reservations",
        "is_fresh",
        "The updates of every property were fetched within two hours. If not: look for failed runs "
        "of the job refresh, and whether the schedule every_half_hour is on; a property that is "
        "alone in this has taken its permission away.",
        """
        with fetched as (
            select token_key, max(finished_utc) as instant from raw.fetches
            where operation = 'reservations' group by token_key
        ),
        listings as (
            select token_key, unnest(cast(enterprise_ids as varchar[])) as id,
                _landed_at, max(_landed_at) over (partition by token_key) as last_landed_at
            from raw.fetches where operation = 'enterprises' and refused is null
        ),
        listed as (
            select token_key, id, max(_landed_at) as instant, max(last_landed_at) as last_instant
            from listings group by token_key, id
        ),
        reached as (
            select id, max(if(
                l.instant = l.last_instant, f.instant, least(l.instant, f.instant)
            )) as instant
            from listed as l join fetched as f using (token_key) group by id
        ),
        named as (
            select id, arg_max(name, _landed_at) as name from raw.enterprises group by id
        )
        select format('{}: last fetched {} UTC', coalesce(name, id),
            strftime(instant at time zone 'UTC', '%Y-%m-%d %H:%M'))
        from reached left join named using (id) where instant < $now - $fresh_for
        union all
        select format('token {}: last fetched {} UTC', token_key,
            strftime(instant at time zone 'UTC', '%Y-%m-%d %H:%M'))
        from fetched
        where instant < $now - $fresh_for and token_key not in (select token_key from listed)
        order by all
        """,
    ),
    HealthCheck(
        "reservations",
        "has_no_gaps",
        "Every instant since MEWS_START_DATE was fetched with every token. If not: the sensor "
        "missing_days fetches the days by itself; or materialize them by hand.",
        """
        with tokens as (
            select distinct operation, token_key from raw.fetches
            where operation in ('reservations', 'product_service_orders')
        ),
        spans as (
            select operation, token_key, window_start_utc as begun, fetched_through_utc as ended
            from raw.fetches where window_start_utc is not null
            union all
            select operation, token_key, $start, $start from tokens
        ),
        reached as (
            select *, max(ended) over (
                partition by operation, token_key order by begun, ended
                rows between unbounded preceding and 1 preceding
            ) as known_through
            from spans where ended >= $start
        )
        select format('{} of token {}: {} to {} UTC', operation, token_key,
            strftime(known_through at time zone 'UTC', '%Y-%m-%d %H:%M'),
            strftime(begun at time zone 'UTC', '%Y-%m-%d %H:%M'))
        from reached where begun > known_through order by begun
        """,
    ),
    HealthCheck(
        "reservations",
        "has_usual_volume",
        "Yesterday brought about as many versions as the same weekday of the last eight weeks "
        "(between a third and three times their median). If not: compare with the property; a "
        "new channel, a closed house or a lost permission all look like this.",
        """
        with landed as (
            select cast(updated_utc at time zone 'UTC' as date) as day, count(*) as versions
            from raw.reservations
            where updated_utc >= $today - interval 57 days and updated_utc < $today group by day
        ),
        yesterday as (
            select coalesce(max(versions), 0) as versions from landed where day = $today - 1
        ),
        usual as (
            select median(versions) as versions, count(*) as days from landed
            where day < $today - 1 and isodow(day) = isodow($today - 1)
        )
        select format('{} versions yesterday, usually {}', y.versions, u.versions)
        from yesterday as y, usual as u
        where u.days >= 3 and (y.versions * 3 < u.versions or y.versions > 3 * u.versions)
        """,
    ),
    _has_each_version_once("reservations"),
    _has_each_version_once("product_service_orders"),
    HealthCheck(
        "reservations",
        "has_known_states",
        "Every state is one that the reports can place. If not: Mews has a new one; its nights "
        "stand under `unknown` until macros/bucket.sql and schemas.py learn it.",
        """
        select format('{} reservations are {}', count(distinct id), state) from raw.reservations
        where not list_contains($states, state) group by state
        union all
        select format('{} reservations have no state', count(distinct id)) from raw.reservations
        where state is null having count(*) > 0
        """,
        is_error=True,
    ),
    HealthCheck(
        "reservations",
        "has_nothing_unknown",
        "Mews sent no field and no enum value that its documents do not name, in the last week. If "
        "it did: nothing is lost (fields are kept in _extra), but a report may have to learn it.",
        """
        with recent as (
            select operation, unknown_fields, unknown_values from raw.fetches
            where finished_utc > $now - interval 7 days
        ),
        unknown as (
            select operation, unnest(json_keys(unknown_fields)) as what from recent
            where unknown_fields is not null
            union
            select operation, unnest(json_keys(unknown_values)) from recent
            where unknown_values is not null
        )
        select format('{}: {}', operation, what) from unknown
        where operation in ('reservations', 'product_service_orders') order by all
        """,
    ),
    HealthCheck(
        "reservations",
        "has_person_counts",
        "Fewer than one in a hundred reservations that were landed in the last week have no person "
        "counts. If more: guests are undercounted; ask Mews why PersonCounts are empty.",
        """
        with recent as (
            select r.id, p.reservation_id is null as is_empty
            from raw.reservations as r
            left join (
                select distinct reservation_id, updated_utc from raw.reservation_person_counts
            ) as p on r.id = p.reservation_id and r.updated_utc = p.updated_utc
            where r._landed_at > $now - interval 7 days
        )
        select format('{} of {} versions', count(*) filter (where is_empty), count(*)) from recent
        having count(*) filter (where is_empty) * 100 > count(*)
        """,
    ),
    HealthCheck(
        "reservations",
        "has_known_references",
        "Every service and age category of a reservation is known. If not: materialize the "
        "reference assets; where Mews refuses them, ask the property for the permission.",
        """
        select distinct format('service {}', service_id) from raw.reservations
        where service_id not in (select id from raw.services)
        union all
        select distinct format('age category {}', age_category_id)
        from raw.reservation_person_counts
        where age_category_id not in (select id from raw.age_categories)
        limit 20
        """,
    ),
    HealthCheck(
        "resource_category_assignments",
        "has_capacity",
        "Every category that was booked in the last month has spaces. If not: occupancy has no "
        "denominator there; ask the property for the permission to read resources, their "
        "categories and assignments, then materialize the reference assets.",
        """
        with booked as (
            select distinct requested_resource_category_id as id from raw.reservations
            where created_utc >= $now - interval 31 days
                and requested_resource_category_id is not null
        ),
        equipped as (
            select distinct category_id as id from raw.resource_category_assignments where is_active
        ),
        named as (
            select id, arg_max(names ->> '$.*', _landed_at) as names from raw.resource_categories
            group by id
        )
        select format('category {} {}', id, coalesce(list_first(names), '(unknown)'))
        from booked left join named using (id)
        where id not in (select id from equipped) order by all
        """,
    ),
)


def troubles(
    connection: duckdb.DuckDBPyConnection, check: HealthCheck, start_date: date
) -> list[str]:
    """Give what a check finds, as texts; nothing when all is well."""
    now = datetime.now(UTC)
    known: Mapping[str, Any] = {
        "now": now,
        "today": now.date(),
        "start": datetime.combine(start_date, datetime.min.time(), UTC),
        "fresh_for": FRESH_FOR,
        "states": sorted(SERVICE_ORDER_STATES),
    }
    bound = {name: value for name, value in known.items() if f"${name}" in check.query}
    return [str(text) for (text,) in connection.execute(check.query, bound).fetchall()]
