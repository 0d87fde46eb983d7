-- The next 90 nights by date, beside what had been booked at the same time last year. The total of
-- last year is null where a property's is
with last_year as (
    select unnest([scope, 'all']) as scope, stay_date, rooms_last_year
    from ahead
),

last_year_by_scope as (
    select
        scope, stay_date,
        if(count(rooms_last_year) = count(*), sum(rooms_last_year), null) as rooms_last_year
    from last_year
    group by scope, stay_date
)

select
    scope, stay_date, spaces_occupied, spaces_optional, spaces_usable, rooms_left, units,
    rooms_last_year
from marts.rpt_portfolio_daily
inner join todays on scope = enterprise_id
left join last_year_by_scope using (scope, stay_date)
where stay_date between today and today + 89
order by scope, stay_date
