-- Four weeks each, at the steps that are known of all their nights
with cohorts as (
    select
        scope, today, days_before, stay_date, rooms, rooms_last_year,
        cast(floor((stay_date - today) / 28) as integer) as cohort
    from marts.rpt_booking_pace
    inner join scopes using (service_id)
    inner join todays using (scope)
    where is_lodging
)

select
    scope, cohort, days_before,
    sum(rooms) as rooms,
    round(sum(rooms) / 28, 2) as rooms_per_night,
    round(sum(rooms_last_year) / 28, 2) as last_year
from cohorts
where cohort between -2 and 2 and cohort * 28 + 27 <= days_before
group by all
order by all
