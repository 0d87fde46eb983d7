{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched('reservation', 'reservation_id') }}",
) }}
{{ require_touched_upstream() }}
-- Reports that count reservations read one narrow row of each instead of all their transitions
with

all_reservations as (

    select * from {{ ref('fct_reservations') }}

),

reservations as (

    select * from all_reservations
    {{ of_touched_reservations('all_reservations') }}

),

all_transitions as (

    select * from {{ ref('fct_reservation_state_transitions') }}

),

transitions as (

    select * from all_transitions
    {{ of_touched_reservations('all_transitions') }}

),

-- Of a reservation that was restored and cancelled again, the last cancellation counts
visited as (

    select
        reservation_id,
        bool_or(to_state in ('Inquired', 'Requested')) as was_inquired,
        bool_or(to_state = 'Optional') as was_optional,
        bool_or(to_state = 'Confirmed') as was_confirmed,
        bool_or(to_state = 'Started') as was_started,
        bool_or(to_state = 'Processed') as was_processed,
        bool_or(to_state = 'Canceled') as was_cancelled,
        bool_or(basis = 'inferred') as is_inferred,
        arg_max(from_state, transition_number) filter (where to_state = 'Canceled')
            as cancelled_from_state,
        arg_max(basis, transition_number) filter (where to_state = 'Canceled') as cancelled_basis
    from transitions
    group by reservation_id

),

lives as (

    select
        reservations.reservation_id,
        reservations.enterprise_id,
        reservations.service_id,
        reservations.reservation_state,
        cast(
            date_trunc(
                'month', coalesce(reservations.created_date, cast(reservations.created_utc as date))
            ) as date
        ) as created_month,
        reservations.cancelled_date,
        reservations.arrival_date,
        reservations.nights,
        reservations.cancellation_reason,
        reservations.origin,
        {{ is_clean_cancellation(
            'reservations.reservation_state', 'reservations.released_utc',
            'reservations.cancellation_reason'
        ) }} as is_clean_cancellation,
        visited.* exclude (reservation_id)
    from reservations
    inner join visited on reservations.reservation_id = visited.reservation_id

)

select * from lives
