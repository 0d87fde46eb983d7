-- The pickup of the last seven days is what is on the books now less what was on them then.
-- depends_on: {{ ref('fct_room_night_ledger') }}
{{ config(tags=["history"]) }}

with

pickup as (

    select * from {{ ref('rpt_pickup') }}
    where window_days = 7

),

latest as (

    select * from {{ ref('int_now') }}

),

books as (

    select
        *,
        1 as sign
    from marts.on_the_books((select latest.now_utc from latest))
    union all
    select
        *,
        -1 as sign
    from marts.on_the_books((select latest.now_utc - interval 7 day from latest))

),

differences as (

    select
        service_id,
        resource_category_id,
        stay_date,
        sum(sign * rooms) as rooms,
        sum(sign * guests) as guests
    from books
    where service_id in (select service_id from {{ ref('dim_service') }})
    group by service_id, resource_category_id, stay_date
    having sum(sign * rooms) != 0 or sum(sign * guests) != 0

),

reported as (

    select * from pickup
    where rooms != 0 or guests != 0

),

broken as (

    select
        service_id,
        resource_category_id,
        stay_date,
        reported.rooms as reported_rooms,
        differences.rooms as difference_rooms
    from reported
    full outer join differences using (service_id, resource_category_id, stay_date)
    where
        (reported.rooms is distinct from differences.rooms)
        or (reported.guests is distinct from differences.guests)

)

select * from broken
