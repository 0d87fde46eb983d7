with

reservations as (

    select * from {{ ref('fct_reservations') }}
    where reservation_state = 'Canceled'

),

cancelled_reservations as (

    select
        *,
        cast(date_trunc('month', cancelled_date) as date) as cancelled_month,
        {{ lead_bucket('arrival_date - cancelled_date') }} as lead_bucket,
        coalesce(cancellation_reason, 'not given') as reason,
        coalesce(origin, 'not given') as booked_through
    from reservations

),

cancellation_counts as (

    select
        cancelled_month,
        enterprise_id,
        service_id,
        lead_bucket,
        reason as cancellation_reason,
        booked_through as origin,
        count(*) as cancellations,
        cast(coalesce(sum(nights), 0) as bigint) as room_nights
    from cancelled_reservations
    group by cancelled_month, enterprise_id, service_id, lead_bucket, reason, booked_through

)

select * from cancellation_counts
