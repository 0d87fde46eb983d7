{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched('reservation', 'reservation_id') }}",
) }}
{{ require_touched_upstream() }}

with

versions as (

    select * from {{ ref('int_touched_versions') }}

),

latest as (

    select
        *,
        count(*) over (partition by reservation_id) as versions_seen,
        min(updated_utc) over (partition by reservation_id) as first_seen_utc
    from versions
    qualify row_number() over (partition by reservation_id order by version_number desc) = 1

),

reservations as (

    select
        reservation_id,
        enterprise_id,
        service_id,
        resource_category_id,
        assigned_resource_id,
        group_id,
        rate_id,
        business_segment_id,
        travel_agency_id,
        partner_company_id,

        reservation_state,
        bucket,
        origin,
        commander_origin,
        cancellation_reason,

        is_placed,
        time_unit,
        {{ local_time('scheduled_start_utc', 'time_zone') }} as start_local,
        {{ local_time('scheduled_end_utc', 'time_zone') }} as end_local,
        arrival_date,
        departure_date,
        first_night,
        last_night,
        nights,
        guests,
        adults,
        children,

        cast({{ local_time('created_utc', 'time_zone') }} as date) as created_date,
        cast({{ local_time('cancelled_utc', 'time_zone') }} as date) as cancelled_date,
        created_utc,
        updated_utc,
        cancelled_utc,
        released_utc,
        scheduled_start_utc,
        scheduled_end_utc,
        actual_start_utc,
        actual_end_utc,
        first_seen_utc,
        versions_seen
    from latest

)

-- What reads arrivals and stays of touched nights skips the storage of others
select * from reservations
order by arrival_date
