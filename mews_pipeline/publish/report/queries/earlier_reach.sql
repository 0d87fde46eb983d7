-- The first and last date of which mornings at that hour are known, of any property
with mornings as (
    select
        as_of_utc at time zone coalesce(time_zone, 'UTC') - cast($hour as interval) as last_begun,
        min(covered_from_utc) at time zone coalesce(time_zone, 'UTC') - cast($hour as interval)
            as first_covered
    from main.about
    inner join marts.rpt_coverage using (enterprise_id)
    where operation = 'reservations' and covered_from_utc is not null
    group by enterprise_id, time_zone, as_of_utc
)

-- The first morning is a day after the first update, rounded up to a whole date
select
    min(cast(first_covered + interval 2 day - interval 1 microsecond as date)) as first_date,
    max(cast(last_begun as date)) as last_date
from mornings
