-- The next 14 nights of all properties together, with the same weekdays a year before. A property
-- whose local date is ahead of the others begins a night later: the sum begins with the first one
with first_nights as (
    select min(today) as today
    from properties
    where enterprise_id != 'all'
),

picked_up as (
    select
        stay_date,
        sum(rooms) as rooms
    from marts.rpt_pickup
    inner join marts.dim_service using (service_id, enterprise_id)
    where window_days = 7 and is_lodging
    group by stay_date
)

select
    nights.stay_date as night,
    strftime(nights.stay_date, '%a') as day,
    nights.spaces_occupied as occupied,
    nights.spaces_usable as usable,
    round(nights.occupancy_mews, 4) as occupancy,
    nights.rooms_left as "left",
    nights.spaces_optional as tentative,
    nights.guests,
    cast(coalesce(picked_up.rooms, 0) as bigint) as pickup_7_days,
    round(last_year.occupancy_mews, 4) as occupancy_last_year
from marts.rpt_portfolio_daily as nights
cross join first_nights
left join picked_up on nights.stay_date = picked_up.stay_date
left join marts.rpt_portfolio_daily as last_year
    on last_year.enterprise_id = 'all' and nights.stay_date - 364 = last_year.stay_date
where
    nights.enterprise_id = 'all'
    and nights.stay_date between first_nights.today and first_nights.today + 13
order by night
