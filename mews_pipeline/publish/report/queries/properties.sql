-- The tiles: tonight, the nights ahead and the pickup of seven days
with ahead as (
    select
        scope,
        sum(spaces_occupied) filter (stay_date < today + 7)
        / sum(spaces_usable) filter (stay_date < today + 7) as next_7,
        sum(spaces_occupied) filter (stay_date < today + 30)
        / sum(spaces_usable) filter (stay_date < today + 30) as next_30,
        sum(spaces_occupied) / sum(spaces_usable) as next_90
    from marts.rpt_portfolio_daily
    inner join todays on scope = enterprise_id and stay_date - today between 0 and 89
    group by scope
),

pickups as (
    select scope, sum(rooms) as pickup_7
    from marts.rpt_pickup
    inner join scopes using (service_id)
    where window_days = 7 and is_lodging
    group by scope
)

select
    scope, name, todays.time_zone, today, about.as_of_utc, fetched_through_utc, is_stopped,
    reservations,
    tonight.spaces_occupied, tonight.spaces_usable, tonight.occupancy_mews,
    tonight.occupancy_usali, tonight.rooms_occupied, tonight.rooms_optional,
    tonight.spaces_optional, tonight.rooms_left, tonight.units,
    tonight.guests, tonight.arrivals, tonight.departures,
    next_7, next_30, next_90, coalesce(pickup_7, 0) as pickup_7
from todays
inner join about on todays.scope = about.enterprise_id
left join marts.rpt_portfolio_daily as tonight
    on tonight.enterprise_id = scope and tonight.stay_date = today
left join ahead using (scope)
left join pickups using (scope)
order by scope = 'all' desc, name
