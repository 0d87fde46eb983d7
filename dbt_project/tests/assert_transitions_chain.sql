-- A transition starts in the state in which the one before it ended, and not earlier.
{{ config(tags=["history"]) }}

with

transitions as (

    select * from {{ ref('fct_reservation_state_transitions') }}

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
