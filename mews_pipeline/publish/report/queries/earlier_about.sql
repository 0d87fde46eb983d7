-- Figures of an earlier morning: a table `about` in front of the published one, whose instant is
-- that hour of that date on each property's own clock. Only for properties that are known by then,
-- and whose updates were fetched for a day before, so that pickup since yesterday is complete
create temp table about as
with covered as (
    select enterprise_id, min(covered_from_utc) as covered_from_utc
    from marts.rpt_coverage
    where operation = 'reservations'
    group by enterprise_id
),

mornings as (
    select
        enterprise_id,
        (cast($morning as date) + cast($hour as interval)) at time zone coalesce(time_zone, 'UTC')
            as morning_utc
    from main.about
    where enterprise_id != 'all'
)

select published.* replace (mornings.morning_utc as as_of_utc)
from main.about as published
inner join mornings using (enterprise_id)
inner join covered using (enterprise_id)
where
    mornings.morning_utc <= published.as_of_utc
    and mornings.morning_utc >= covered.covered_from_utc + interval 1 day;
