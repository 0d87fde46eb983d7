{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched('reservation', 'reservation_id') }}",
) }}
{{ require_touched_upstream() }}

with

versions as (

    select * from {{ ref('int_touched_versions') }}

),

compared as (

    select
        *,
        lag(version_number) over reservation_history is not null as has_previous,
        lag(reservation_state) over reservation_history as from_state,
        lag(service_id) over reservation_history as from_service_id,
        lag(resource_category_id) over reservation_history as from_resource_category_id,
        lag(assigned_resource_id) over reservation_history as from_assigned_resource_id,
        lag(scheduled_start_utc) over reservation_history as from_scheduled_start_utc,
        lag(scheduled_end_utc) over reservation_history as from_scheduled_end_utc,
        lag(nights) over reservation_history as from_nights,
        lag(guests) over reservation_history as from_guests,
        lag(adults) over reservation_history as from_adults,
        lag(updated_utc) over reservation_history as at_lower
    from versions
    window reservation_history as (partition by reservation_id order by version_number)

),

flagged as (

    select
        *,
        (service_id is distinct from from_service_id) as is_service_changed,
        (resource_category_id is distinct from from_resource_category_id) as is_category_changed,
        (assigned_resource_id is distinct from from_assigned_resource_id) as is_space_changed,
        (scheduled_start_utc is distinct from from_scheduled_start_utc)
        or (scheduled_end_utc is distinct from from_scheduled_end_utc) as are_dates_changed,
        (guests is distinct from from_guests) or (adults is distinct from from_adults)
            as are_persons_changed,
        (reservation_state is distinct from from_state) as is_state_changed
    from compared
    where has_previous

),

modifications as (

    select
        reservation_id,
        version_number,
        enterprise_id,
        service_id,
        at_lower,
        updated_utc as at_upper,
        reservation_state,
        is_state_changed,
        is_service_changed,
        is_category_changed,
        is_space_changed,
        are_dates_changed,
        are_persons_changed,
        from_service_id,
        from_resource_category_id,
        resource_category_id as to_resource_category_id,
        from_assigned_resource_id,
        assigned_resource_id as to_assigned_resource_id,
        from_scheduled_start_utc,
        scheduled_start_utc as to_scheduled_start_utc,
        from_scheduled_end_utc,
        scheduled_end_utc as to_scheduled_end_utc,
        nights - from_nights as nights_change,
        guests - from_guests as guests_change
    from flagged
    where
        is_service_changed
        or is_category_changed
        or is_space_changed
        or are_dates_changed
        or are_persons_changed

)

select * from modifications
