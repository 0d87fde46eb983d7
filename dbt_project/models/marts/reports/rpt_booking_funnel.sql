with

reservations as (

    select * from {{ ref('fct_reservations') }}

),

transitions as (

    select * from {{ ref('fct_reservation_state_transitions') }}

),

visited as (

    select
        reservation_id,
        bool_or(to_state in ('Inquired', 'Requested')) as was_inquired,
        bool_or(to_state = 'Optional') as was_optional,
        bool_or(to_state = 'Confirmed') as was_confirmed,
        bool_or(to_state = 'Started') as was_started,
        bool_or(to_state = 'Processed') as was_processed,
        bool_or(to_state = 'Canceled') as was_cancelled,
        bool_or(basis = 'inferred') as is_inferred
    from transitions
    group by reservation_id

),

cohorts as (

    select
        cast(
            date_trunc(
                'month', coalesce(reservations.created_date, cast(reservations.created_utc as date))
            ) as date
        ) as created_month,
        reservations.enterprise_id,
        reservations.service_id,
        reservations.reservation_state,
        reservations.cancellation_reason,
        reservations.released_utc,
        visited.*
    from reservations
    inner join visited on reservations.reservation_id = visited.reservation_id

),

funnel as (

    select
        created_month,
        enterprise_id,
        service_id,
        count(*) as created,
        count(*) filter (where was_inquired) as inquired,
        count(*) filter (where was_optional) as optional,
        count(*) filter (where was_confirmed) as confirmed,
        count(*) filter (where was_started) as started,
        count(*) filter (where was_processed) as processed,
        count(*) filter (where was_cancelled) as ever_cancelled,
        count(*) filter (where reservation_state = 'Canceled') as cancelled,
        count(*) filter (
            where {{ is_clean_cancellation(
                'reservation_state', 'released_utc', 'cancellation_reason'
            ) }}
        ) as cancelled_clean,
        count(*) filter (where reservation_state = 'Canceled') / count(*) as cancellation_rate,
        count(*) filter (where is_inferred) / count(*) as share_inferred
    from cohorts
    group by created_month, enterprise_id, service_id

)

select * from funnel
