-- Not materialized, or all transitions would be copied
with

transitions as not materialized (

    select * from {{ ref('fct_reservation_state_transitions') }}

),

-- The others are in a final state; these are few, whatever the history
open_reservations as (

    select reservation_id from {{ ref('fct_reservations') }}
    where reservation_state not in ('Processed', 'Canceled')

),

latest as (

    select * from {{ ref('int_now') }}

),

left_states as (

    select
        enterprise_id,
        service_id,
        from_state as reservation_state,
        basis,
        count(*) as departures_from_state,
        count(*) filter (where at_basis = 'interval') / count(*) as share_interval,
        quantile_cont(dwell_seconds, [0.5, 0.9]) as dwell_quantiles
    from transitions
    where from_state is not null
    group by enterprise_id, service_id, from_state, basis

),

latest_transitions as (

    select * from transitions
    semi join open_reservations using (reservation_id)
    qualify row_number() over (
        partition by reservation_id order by transition_number desc
    ) = 1

),

-- Processed is final, and leaving Canceled is a restoration: time in them is no wait
held_states as (

    select
        latest_transitions.enterprise_id,
        latest_transitions.service_id,
        latest_transitions.to_state as reservation_state,
        latest_transitions.basis,
        count(*) as still_held,
        median(
            greatest(date_sub('second', latest_transitions.at_best, latest.now_utc), 0)
        ) / 3600 as median_held_hours
    from latest_transitions
    inner join latest on latest_transitions.enterprise_id = latest.enterprise_id
    where latest_transitions.to_state not in ('Processed', 'Canceled')
    group by all

),

dwell_times as (

    select
        enterprise_id,
        service_id,
        reservation_state,
        basis,
        coalesce(departures_from_state, 0) as departures_from_state,
        share_interval,
        dwell_quantiles[1] / 3600 as median_hours,
        dwell_quantiles[2] / 3600 as p90_hours,
        coalesce(still_held, 0) as still_held,
        median_held_hours
    from left_states
    full join held_states using (enterprise_id, service_id, reservation_state, basis)

)

select * from dwell_times
