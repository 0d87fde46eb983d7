-- The last transition of a reservation enters the state that it is in.
{{ config(tags=["history"]) }}

with

quarantined as (

    select distinct reservation_id from {{ ref('rpt_quarantined_reservations') }}

),

transitions as (

    select * from {{ ref('fct_reservation_state_transitions') }}
    anti join quarantined using (reservation_id)

),

reservations as (

    select * from {{ ref('fct_reservations') }}
    anti join quarantined using (reservation_id)

),

latest as (

    select
        reservation_id,
        arg_max(to_state, transition_number) as to_state
    from transitions
    group by reservation_id

),

broken as (

    select
        reservation_id,
        latest.to_state,
        reservations.reservation_state
    from reservations
    full outer join latest using (reservation_id)
    where latest.to_state is distinct from reservations.reservation_state

)

select * from broken
