-- The pickup of the last seven days is what is on the books now less what was on them then, each at
-- the property's own now.
{{ config(tags=["history"]) }}

with

pickup as (

    select * from {{ ref('rpt_pickup') }}
    where window_days = 7

),

services as (

    select
        services.service_id,
        latest.now_utc
    from {{ ref('dim_service') }} as services
    inner join {{ ref('int_now') }} as latest on services.enterprise_id = latest.enterprise_id

),

postings as (

    select
        ledger.*,
        services.now_utc
    from {{ ref('fct_room_night_ledger') }} as ledger
    inner join services on ledger.service_id = services.service_id
    where ledger.bucket = 'definite' and ledger.stay_date is not null

),

books as (

    select
        *,
        1 as sign
    from postings
    where posted_at <= now_utc
    union all
    select
        *,
        -1 as sign
    from postings
    where posted_at <= now_utc - interval 7 day

),

differences as (

    select
        service_id,
        resource_category_id,
        stay_date,
        sum(sign * rooms) as rooms,
        sum(sign * guests) as guests
    from books
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
