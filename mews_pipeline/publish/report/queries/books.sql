-- The next 90 nights. Same time last year: what each property had booked 364 days before its own
-- now (the same weekday)
with services as (
    select
        cast(service_id as varchar) as service_id,
        enterprise_id,
        about.as_of_utc - interval 364 day as then_utc
    from marts.dim_service
    inner join about using (enterprise_id)
    where is_lodging
),

last_year as (
    select
        unnest([enterprise_id, 'all']) as scope,
        stay_date + 364 as stay_date,
        rooms_last_year
    from (
        select enterprise_id, stay_date, sum(rooms) as rooms_last_year
        from marts.fct_room_night_ledger
        inner join services using (service_id)
        where bucket = 'definite' and posted_at <= then_utc
        group by all
        having sum(rooms) != 0
    ) as books
),

last_year_by_scope as (
    select scope, stay_date, sum(rooms_last_year) as rooms_last_year
    from last_year
    group by all
)

select
    scope, stay_date, spaces_occupied, spaces_optional, spaces_usable, rooms_left, units,
    rooms_last_year
from marts.rpt_portfolio_daily
inner join todays on scope = enterprise_id
left join last_year_by_scope using (scope, stay_date)
where stay_date between today and today + 89
order by scope, stay_date
