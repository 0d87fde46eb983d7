{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched('reservation', 'reservation_id') }}",
) }}
{{ require_touched_upstream() }}

with

reservation_versions as (

    select * from {{ ref('int_touched_versions') }}

),

versions as (

    select
        reservation_id as record_id,
        version_number,
        reservation_state as state,
        created_utc,
        updated_utc,
        actual_start_utc,
        actual_end_utc,
        cancelled_utc,
        {{ was_optional('released_utc', 'cancellation_reason') }} as was_optional
    from reservation_versions

),

{{ state_transitions(checks_in=true) }}

,

-- Reports cut by the service and zone that the reservation has now
services as (

    select
        reservation_id,
        service_id,
        enterprise_id,
        time_zone
    from reservation_versions
    qualify row_number() over (partition by reservation_id order by version_number desc) = 1

),

placed as (

    select
        transitions.record_id as reservation_id,
        transitions.transition_number,
        services.enterprise_id,
        services.service_id,
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
            {{ local_time('transitions.at_best', "coalesce(services.time_zone, 'UTC')") }} as date
        ) as transition_date
    from transitions
    inner join services on transitions.record_id = services.reservation_id

)

select * from placed
