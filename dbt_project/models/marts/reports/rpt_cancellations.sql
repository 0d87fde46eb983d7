with

lives as (

    select * from {{ ref('int_reservation_lives') }}
    where reservation_state = 'Canceled'

),

cancelled_reservations as (

    select
        *,
        was_optional or was_confirmed or was_started or was_processed as held_room,
        cast(date_trunc('month', cancelled_date) as date) as cancelled_month,
        {{ lead_bucket('arrival_date - cancelled_date') }} as lead_bucket,
        coalesce(cancellation_reason, 'not given') as reason,
        coalesce(origin, 'not given') as booked_through
    from lives

),

cancellation_counts as (

    select
        cancelled_month,
        enterprise_id,
        service_id,
        lead_bucket,
        reason as cancellation_reason,
        booked_through as origin,
        cancelled_from_state as from_state,
        cancelled_basis as basis,
        held_room,
        count(*) as cancellations,
        cast(coalesce(sum(nights) filter (where held_room), 0) as bigint) as room_nights
    from cancelled_reservations
    group by
        cancelled_month, enterprise_id, service_id, lead_bucket, reason, booked_through,
        from_state, basis, held_room

)

select * from cancellation_counts
