-- The next 90 nights. Same time last year: what had been booked 364 days ago (the same weekday)
with last_year as (
    select scope, stay_date + 364 as stay_date, sum(rooms) as rooms_last_year
    from on_the_books((select max(as_of_utc) - interval 364 day from todays))
    inner join scopes using (service_id)
    where is_lodging
    group by all
)

select
    scope, stay_date, rooms_occupied, rooms_optional, spaces_usable, rooms_last_year
from marts.rpt_portfolio_daily
inner join todays on scope = enterprise_id
left join last_year using (scope, stay_date)
where stay_date between today and today + 89
order by scope, stay_date
