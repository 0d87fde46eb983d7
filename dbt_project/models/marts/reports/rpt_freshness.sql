with

latest as (

    select * from {{ ref('int_now') }}

),

enterprises as (

    select * from {{ ref('dim_enterprise') }}

),

services as (

    select * from {{ ref('dim_service') }}

),

reservations as (

    select
        enterprise_id,
        count(*) as reservations,
        cast(sum(versions_seen) as bigint) as reservation_versions
    from {{ ref('fct_reservations') }}
    group by enterprise_id

),

-- Millions of rows: they are counted per service before the join
service_postings as (

    select
        service_id,
        count(*) as postings
    from {{ ref('fct_room_night_ledger') }}
    group by service_id

),

postings as (

    select
        coalesce(services.enterprise_id, 'unknown') as enterprise_id,
        cast(sum(service_postings.postings) as bigint) as postings
    from service_postings
    left join services on service_postings.service_id = services.service_id
    group by coalesce(services.enterprise_id, 'unknown')

),

transitions as (

    select
        enterprise_id,
        count(*) as transitions
    from {{ ref('fct_reservation_state_transitions') }}
    group by enterprise_id

),

counts as (

    select *
    from reservations
    full join postings using (enterprise_id)
    full join transitions using (enterprise_id)

),

-- The total also counts what belongs to no known enterprise
counts_and_total as (

    select * from counts
    union all by name
    select
        'all' as enterprise_id,
        cast(sum(reservations) as bigint) as reservations,
        cast(sum(reservation_versions) as bigint) as reservation_versions,
        cast(sum(postings) as bigint) as postings,
        cast(sum(transitions) as bigint) as transitions
    from counts

),

properties as (

    select
        enterprise_id,
        enterprise_name,
        time_zone_identifier as time_zone
    from enterprises
    union all
    select
        'all' as enterprise_id,
        'All properties' as enterprise_name,
        null as time_zone

),

freshness as (

    select
        properties.enterprise_id,
        properties.enterprise_name,
        properties.time_zone,
        latest.now_utc as as_of_utc,
        latest.fetched_through_utc,
        coalesce(latest.is_stopped, false) as is_stopped,
        latest.books_complete_since_utc,
        coalesce(counts_and_total.reservations, 0) as reservations,
        coalesce(counts_and_total.reservation_versions, 0) as reservation_versions,
        coalesce(counts_and_total.postings, 0) as postings,
        coalesce(counts_and_total.transitions, 0) as transitions
    from properties
    left join latest on properties.enterprise_id = latest.enterprise_id
    left join counts_and_total on properties.enterprise_id = counts_and_total.enterprise_id

)

select * from freshness
