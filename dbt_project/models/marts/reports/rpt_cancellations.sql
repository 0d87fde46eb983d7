with

reservations as (

    select * from {{ ref('fct_reservations') }}
    where reservation_state = 'Canceled'

),

transitions as (

    select * from {{ ref('fct_reservation_state_transitions') }}
    semi join reservations using (reservation_id)

),

-- Of a reservation that was restored and cancelled again, the last cancellation counts
lives as (

    select
        reservation_id,
        bool_or(to_state in ('Optional', 'Confirmed', 'Started', 'Processed')) as held_room,
        arg_max(from_state, transition_number) filter (where to_state = 'Canceled') as from_state,
        arg_max(basis, transition_number) filter (where to_state = 'Canceled') as basis
    from transitions
    group by reservation_id

),

cancelled_reservations as (

    select
        reservations.*,
        lives.held_room,
        lives.from_state,
        lives.basis,
        cast(date_trunc('month', reservations.cancelled_date) as date) as cancelled_month,
        {{ lead_bucket('reservations.arrival_date - reservations.cancelled_date') }}
            as lead_bucket,
        coalesce(reservations.cancellation_reason, 'not given') as reason,
        coalesce(reservations.origin, 'not given') as booked_through
    from reservations
    inner join lives on reservations.reservation_id = lives.reservation_id

),

cancellation_counts as (

    select
        cancelled_month,
        enterprise_id,
        service_id,
        lead_bucket,
        reason as cancellation_reason,
        booked_through as origin,
        from_state,
        basis,
        held_room,
        count(*) as cancellations,
        cast(coalesce(sum(nights) filter (where held_room), 0) as bigint) as room_nights
    from cancelled_reservations
    group by
        cancelled_month, enterprise_id, service_id, lead_bucket, reason, booked_through,
        from_state, basis, held_room

)

select * from cancellation_counts
