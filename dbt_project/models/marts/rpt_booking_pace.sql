{% set steps = [0, 1, 3, 7, 14, 30, 60, 90, 180, 365] %}

with

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where bucket = 'definite' and stay_date >= posting_date

),

latest as (

    select * from {{ ref('int_now') }}

),

-- Today of each service, told once, not once per night and step
services as (

    select
        services.service_id,
        services.enterprise_id,
        cast({{ local_time('latest.now_utc', 'services.time_zone') }} as date) as today
    from {{ ref('int_services') }} as services
    cross join latest

),

steps as (

    select unnest({{ steps }}) as days_before

),

-- Postings by the last step that they were there for: few rows, before anything is joined
stepped as (

    select
        service_id,
        stay_date,
        case
            {% for step in steps | reverse -%}
                when stay_date - posting_date >= {{ step }} then {{ step }}
            {% endfor -%}
        end as days_before,
        sum(rooms) as rooms,
        sum(guests) as guests
    from ledger
    group by service_id, stay_date, days_before

),

nights as (

    select distinct
        service_id,
        stay_date
    from stepped

),

books as (

    select
        nights.service_id,
        nights.stay_date,
        steps.days_before,
        cast(sum(coalesce(stepped.rooms, 0)) over up_to_step as bigint) as rooms,
        cast(sum(coalesce(stepped.guests, 0)) over up_to_step as bigint) as guests
    from nights
    cross join steps
    left join stepped
        on
            nights.service_id = stepped.service_id
            and nights.stay_date = stepped.stay_date
            and steps.days_before = stepped.days_before
    window up_to_step as (
        partition by nights.service_id, nights.stay_date order by steps.days_before desc
    )

),

-- A step that lies ahead is not known yet
known as (

    select
        services.enterprise_id,
        books.*
    from books
    inner join services on books.service_id = services.service_id
    where books.stay_date - books.days_before <= services.today

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
