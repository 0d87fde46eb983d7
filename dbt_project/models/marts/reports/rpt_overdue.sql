with

reservations as (

    select * from {{ ref('fct_reservations') }}
    where reservation_state in ('Confirmed', 'Started')

),

latest as (

    select * from {{ ref('int_now') }}

),

due as (

    select
        reservations.reservation_id,
        reservations.enterprise_id,
        reservations.service_id,
        reservations.resource_category_id,
        reservations.assigned_resource_id,
        case when reservations.reservation_state = 'Started' then 'departure' else 'arrival' end
            as overdue,
        case
            when reservations.reservation_state = 'Started' then reservations.scheduled_end_utc
            else reservations.scheduled_start_utc
        end as due_utc,
        latest.now_utc
    from reservations
    inner join latest on reservations.enterprise_id = latest.enterprise_id

),

overdue as (

    select
        * exclude (now_utc),
        date_sub('hour', due_utc, now_utc) as hours_overdue
    from due
    where due_utc < now_utc

)

select * from overdue
