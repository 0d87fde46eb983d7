{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_nights_of_pace() }}",
) }}
{% set is_kept = are_local_dates_kept() %}

with

booked_by_step as (

    select * from {{ ref('fct_booked_by_lead') }}
    {% if is_kept -%}
        where (service_id, stay_date) in ({{ nights_moved_by([-728, -364, 0, 364, 728]) }})
    {%- endif %}

),

latest as (

    select * from {{ ref('int_now') }}

),

-- The local date of each service, computed once and not per night and step
services as (

    select
        services.service_id,
        services.enterprise_id,
        cast({{ local_time('latest.now_utc', 'services.time_zone') }} as date) as today
    from {{ ref('dim_service') }} as services
    inner join latest on services.enterprise_id = latest.enterprise_id

),

-- A night on which nothing is booked yet is compared too, if its night of last year was booked
booked_or_compared as (

    select
        service_id,
        stay_date,
        days_before,
        rooms,
        guests
    from booked_by_step
    union all
    select distinct
        service_id,
        stay_date + 364 as stay_date,
        0 as days_before,
        0 as rooms,
        0 as guests
    from booked_by_step

),

-- The books at each step, as one list per night, so that the join has few rows
books as (

    select
        service_id,
        stay_date,
        [
            {% for step in pace_steps() -%}
                {
                    'days_before': {{ step }},
                    'rooms': coalesce(sum(rooms) filter (where days_before >= {{ step }}), 0),
                    'guests': coalesce(sum(guests) filter (where days_before >= {{ step }}), 0)
                }{{ "," if not loop.last }}
            {% endfor -%}
        ] as steps
    from booked_or_compared
    group by service_id, stay_date

),

compared as (

    select
        books.service_id,
        books.stay_date,
        unnest(books.steps) as step,
        unnest(last_year.steps) as step_last_year
    from books
    left join books as last_year
        on
            books.service_id = last_year.service_id
            and books.stay_date - 364 = last_year.stay_date
    {% if is_kept -%}
        where (books.service_id, books.stay_date) in ({{ nights_moved_by([0, 364, 728]) }})
    {%- endif %}

),

-- Steps that lie ahead have no row
pace as (

    select
        services.enterprise_id,
        compared.service_id,
        compared.stay_date,
        compared.step.days_before,
        cast(compared.step.rooms as bigint) as rooms,
        cast(compared.step.guests as bigint) as guests,
        cast(compared.step_last_year.rooms as bigint) as rooms_last_year,
        cast(compared.step_last_year.guests as bigint) as guests_last_year
    from compared
    inner join services on compared.service_id = services.service_id
    where compared.stay_date - compared.step.days_before <= services.today

)

select * from pace
