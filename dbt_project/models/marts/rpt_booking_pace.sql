with

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where bucket = 'definite' and stay_date is not null

),

services as (

    select * from {{ ref('int_services') }}

),

latest as (

    select * from {{ ref('int_now') }}

),

steps as (

    select unnest([0, 1, 3, 7, 14, 30, 60, 90, 180, 365]) as days_before

),

postings as (

    select
        services.enterprise_id,
        ledger.service_id,
        ledger.stay_date,
        ledger.stay_date
        - cast({{ local_time('ledger.posted_at', 'services.time_zone') }} as date) as lead_days,
        ledger.rooms,
        ledger.guests
    from ledger
    inner join services on ledger.service_id = services.service_id

),

-- What was posted on one local day, so that each step adds up few rows
daily as (

    select
        enterprise_id,
        service_id,
        stay_date,
        least(lead_days, 366) as lead_days,
        sum(rooms) as rooms,
        sum(guests) as guests
    from postings
    group by enterprise_id, service_id, stay_date, least(lead_days, 366)

),

books as (

    select
        daily.enterprise_id,
        daily.service_id,
        daily.stay_date,
        steps.days_before,
        cast(
            coalesce(sum(daily.rooms) filter (where daily.lead_days >= steps.days_before), 0)
            as bigint
        ) as rooms,
        cast(
            coalesce(sum(daily.guests) filter (where daily.lead_days >= steps.days_before), 0)
            as bigint
        ) as guests
    from daily
    cross join steps
    group by daily.enterprise_id, daily.service_id, daily.stay_date, steps.days_before

),

-- A step that lies ahead is not known yet
known as (

    select books.*
    from books
    inner join services on books.service_id = services.service_id
    cross join latest
    where
        books.stay_date - books.days_before
        <= cast({{ local_time('latest.now_utc', 'services.time_zone') }} as date)

),

compared as (

    select
        known.*,
        last_year.rooms as rooms_last_year,
        last_year.guests as guests_last_year
    from known
    left join books as last_year
        on
            known.service_id = last_year.service_id
            and known.stay_date - 364 = last_year.stay_date
            and known.days_before = last_year.days_before

)

select * from compared
