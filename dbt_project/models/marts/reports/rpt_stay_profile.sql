{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched_months() }}",
) }}

with

reservations as (

    select * from {{ ref('fct_reservations') }}
    where is_placed

),

by_month as (

    select
        *,
        cast(date_trunc('month', arrival_date) as date) as arrival_month
    from reservations

),

bookings as (

    select
        *,
        -- greatest() ignores nulls, and 0 days would be a guess
        case when created_date is not null then greatest(arrival_date - created_date, 0) end
            as lead_days,
        bucket = 'definite' and nights > 0 as is_stay
    from by_month
    {{ of_touched_months('by_month') }}

),

profiles as (

    select
        arrival_month,
        enterprise_id,
        service_id,
        count(*) as reservations,
        count(*) filter (where is_stay) as stays,
        cast(coalesce(sum(nights) filter (where is_stay), 0) as bigint) as room_nights,
        avg(nights) filter (where is_stay) as average_nights,
        avg(lead_days) filter (where is_stay and coalesce(origin, '') != 'Import')
            as average_lead_days,
        median(lead_days) filter (where is_stay and coalesce(origin, '') != 'Import')
            as median_lead_days,
        sum(guests * nights) filter (where is_stay) / sum(nights) filter (where is_stay)
            as guests_per_room,
        count(*) filter (where bucket = 'definite' and arrival_date = departure_date) as day_use,
        count(*) filter (where reservation_state = 'Canceled') as cancelled,
        count(*) filter (
            where {{ is_clean_cancellation(
                'reservation_state', 'released_utc', 'cancellation_reason'
            ) }}
        ) as cancelled_clean,
        count(*) filter (where reservation_state = 'Canceled') / count(*) as cancellation_rate
    from bookings
    group by arrival_month, enterprise_id, service_id

)

select * from profiles
