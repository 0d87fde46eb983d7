-- A transition starts in the state in which the one before it ended, and not earlier.
{{ config(tags=["history"]) }}

with

quarantined as (

    select distinct reservation_id from {{ ref('rpt_quarantined_reservations') }}

),

transitions as (

    select * from {{ ref('fct_reservation_state_transitions') }}
    anti join quarantined using (reservation_id)

),

paired as (

    select
        *,
        lag(to_state) over reservation_steps as state_before,
        lag(at_best) over reservation_steps as at_before
    from transitions
    window reservation_steps as (partition by reservation_id order by transition_number)

),

broken as (

    select * from paired
    where (from_state is distinct from state_before) or at_best < at_before

)

select * from broken
