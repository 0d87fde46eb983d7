-- A transition of an order starts in the state in which the one before it ended, and not earlier.
{{ config(tags=["history"]) }}

with

transitions as (

    select * from {{ ref('fct_product_service_order_state_transitions') }}

),

paired as (

    select
        *,
        lag(to_state) over order_steps as state_before,
        lag(at_best) over order_steps as at_before
    from transitions
    window order_steps as (partition by order_id order by transition_number)

),

broken as (

    select * from paired
    where (from_state is distinct from state_before) or at_best < at_before

)

select * from broken
