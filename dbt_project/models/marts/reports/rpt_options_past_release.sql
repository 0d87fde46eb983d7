with

reservations as (

    select * from {{ ref('fct_reservations') }}
    where reservation_state = 'Optional'

),

latest as (

    select * from {{ ref('int_now') }}

),

overdue as (

    select
        reservations.reservation_id,
        reservations.enterprise_id,
        reservations.service_id,
        reservations.resource_category_id,
        reservations.arrival_date,
        reservations.nights,
        reservations.released_utc,
        date_sub('hour', reservations.released_utc, latest.now_utc) as hours_past_release
    from reservations
    inner join latest on reservations.enterprise_id = latest.enterprise_id
    where reservations.released_utc < latest.now_utc

)

select * from overdue
