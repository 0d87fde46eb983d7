{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched('product_service_order', 'order_id') }}",
) }}
{{ require_touched_upstream() }}

with

transitions as (

    select * from {{ ref('int_state_transitions') }}
    where entity = 'product_service_order'

),

product_service_order_transitions as (

    select
        record_id as order_id,
        transition_number,
        enterprise_id,
        service_id,
        linked_reservation_id,
        from_state,
        to_state,
        at_lower,
        at_upper,
        at_best,
        at_basis,
        basis,
        is_irregular,
        is_backward,
        is_restored,
        dwell_seconds,
        seen_utc,
        transition_date
    from transitions

)

select * from product_service_order_transitions
