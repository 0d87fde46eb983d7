with

stepped as (

    select * from {{ ref('int_booked_by_lead') }}

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

-- On the books at each step, one list per night: few rows until they are compared
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
    from stepped
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

),

-- A step that lies ahead is not known yet
known as (

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

select * from known
