{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched('reservation', 'reservation_id') }}",
) }}
{{ require_touched_upstream() }}

with

transitions as (

    select * from {{ ref('int_state_transitions') }}
    where entity = 'reservation'

),

reservation_transitions as (

    select
        record_id as reservation_id,
        transition_number,
        enterprise_id,
        service_id,
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

select * from reservation_transitions
