"""The table `about` of the published copy: how fresh it is, what is in it, what made it."""

from datetime import datetime
from importlib.metadata import version

import duckdb

from mews_pipeline.warehouse.quoting import literal

_ABOUT = """
    create table main.about as
    with

    latest as (select max(now_utc) as as_of_utc from {source}.intermediate.int_now),

    fetches as (
        select * from {source}.raw.fetches
        where refused is null
    ),

    tokens as (
        select distinct
            token_key,
            unnest(from_json(enterprise_ids, '["varchar"]')) as enterprise_id
        from fetches
    ),

    -- What is known of a property reaches as far as the slower of its two operations
    reached as (
        select
            operation,
            token_key,
            max(fetched_through_utc) as fetched_through_utc
        from fetches
        where operation in ('reservations', 'product_service_orders')
        group by all
    ),

    by_operation as (
        select
            enterprise_id,
            operation,
            max(fetched_through_utc) as fetched_through_utc
        from tokens
        join reached using (token_key)
        group by all
    ),

    fetched as (
        select enterprise_id, min(fetched_through_utc) as fetched_through_utc
        from by_operation
        group by all
    ),

    services as (select service_id, enterprise_id from marts.dim_service),

    reservations as (
        select
            {each},
            count(*) as reservations,
            sum(versions_seen)::bigint as reservation_versions
        from marts.fct_reservations
        group by rollup (enterprise_id)
    ),

    postings as (
        select
            {each},
            sum(rows)::bigint as postings
        from (
            select service_id, count(*) as rows
            from marts.fct_room_night_ledger group by all
        )
        left join services using (service_id)
        group by rollup (enterprise_id)
    ),

    transitions as (
        select
            {each},
            count(*) as transitions
        from marts.fct_reservation_state_transitions
        group by rollup (enterprise_id)
    ),

    properties as (
        select enterprise_id, enterprise_name, time_zone_identifier as time_zone
        from marts.dim_enterprise
        union all
        select 'all', 'All properties', null
    )

    select
        properties.*,
        latest.as_of_utc,
        case
            when properties.enterprise_id = 'all'
                then (select min(fetched_through_utc) from reached)
            else fetched.fetched_through_utc
        end as fetched_through_utc,
        coalesce(reservations.reservations, 0) as reservations,
        coalesce(reservations.reservation_versions, 0) as reservation_versions,
        coalesce(postings.postings, 0) as postings,
        coalesce(transitions.transitions, 0) as transitions,
        $version as pipeline_version,
        current_timestamp as published_utc
    from properties
    cross join latest
    left join fetched using (enterprise_id)
    left join reservations using (enterprise_id)
    left join postings using (enterprise_id)
    left join transitions using (enterprise_id)
    order by properties.enterprise_id = 'all' desc, enterprise_name
"""

_EACH = "case when grouping(enterprise_id) = 1 then 'all' else enterprise_id end as enterprise_id"

_TABLE = (
    "How fresh this copy is and what is in it. One row per enterprise (property), and one for "
    "`all` of them."
)
_COLUMNS = {
    "enterprise_id": "Id of the enterprise, or `all`.",
    "enterprise_name": "Its name.",
    "time_zone": "Its time zone (IANA); null for `all`.",
    "as_of_utc": "Now, as all reports mean it: the latest instant that was fetched through (UTC).",
    "fetched_through_utc": "Everything that happened here up to this instant is known (UTC): the "
    "earlier of reservations and orders; null where no fetch names the property.",
    "reservations": "Reservations known.",
    "reservation_versions": "Versions of them observed.",
    "postings": "Postings in fct_room_night_ledger.",
    "transitions": "Transitions in fct_reservation_state_transitions.",
    "pipeline_version": "Version of mews_pipeline that published this.",
    "published_utc": "When, by this machine's clock (UTC).",
}


def create_about(connection: duckdb.DuckDBPyConnection, source: str) -> datetime | None:
    """Write `about` from the copied marts and the fetches of the attached database `source`.

    Gives the instant that the numbers stand for (UTC), None when nothing was fetched yet.
    """
    connection.execute(
        _ABOUT.format(source=source, each=_EACH), {"version": version("mews-pipeline")}
    )
    connection.execute(f"comment on table main.about is {literal(_TABLE)}")
    for column, meaning in _COLUMNS.items():
        connection.execute(f"comment on column main.about.{column} is {literal(meaning)}")
    found = connection.execute("select max(as_of_utc) from main.about").fetchone()
    return found[0] if found else None
