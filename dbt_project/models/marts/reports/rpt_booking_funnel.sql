with

lives as (

    select * from {{ ref('int_reservation_lives') }}

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
        count(*) filter (where is_clean_cancellation) as cancelled_clean,
        count(*) filter (where reservation_state = 'Canceled') / count(*) as cancellation_rate,
        count(*) filter (where is_inferred) / count(*) as share_inferred
    from lives
    group by created_month, enterprise_id, service_id

)

select * from funnel
