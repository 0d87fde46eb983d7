{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched('product_service_order', 'order_id') }}",
) }}
{{ require_touched_upstream() }}

with

touched as (

    select touched_id as order_id from {{ ref('int_touched_service_orders') }}
    where entity = 'product_service_order'

),

orders as (

    select * from {{ ref('stg_mews__product_service_orders') }}
    semi join touched using (order_id)

),

services as (

    select * from {{ ref('int_services') }}

),

versions as (

    select
        order_id as record_id,
        row_number() over (
            partition by order_id order by updated_utc, landed_at, version_hash
        ) as version_number,
        order_state as state,
        service_id,
        linked_reservation_id,
        created_utc,
        updated_utc,
        cast(null as timestamptz) as actual_start_utc,
        cast(null as timestamptz) as actual_end_utc,
        cancelled_utc,
        false as was_optional
    from orders

),

{{ state_transitions(checks_in=false) }}

,

latest as (

    select
        versions.record_id,
        versions.service_id,
        versions.linked_reservation_id,
        services.enterprise_id,
        services.time_zone
    from versions
    left join services on versions.service_id = services.service_id
    qualify row_number() over (
        partition by versions.record_id order by versions.version_number desc
    ) = 1

),

placed as (

    select
        transitions.record_id as order_id,
        transitions.transition_number,
        coalesce(latest.enterprise_id, 'unknown') as enterprise_id,
        coalesce(latest.service_id, 'unknown') as service_id,
        latest.linked_reservation_id,
        transitions.from_state,
        transitions.to_state,
        transitions.at_lower,
        transitions.at_upper,
        transitions.at_best,
        transitions.at_basis,
        transitions.basis,
        transitions.is_irregular,
        transitions.is_backward,
        transitions.is_restored,
        transitions.dwell_seconds,
        transitions.seen_utc,
        cast(
            {{ local_time('transitions.at_best', "coalesce(latest.time_zone, 'UTC')") }} as date
        ) as transition_date
    from transitions
    inner join latest on transitions.record_id = latest.record_id

)

select * from placed
