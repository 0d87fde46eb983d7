-- Nights from a year back to 89 ahead, by date
with known as (
    select min(stay_date) as first_night
    from marts.rpt_portfolio_daily
    where rooms_occupied > 0
),

ages as (
    select scope, stay_date, sum(guests_adults) as adults, sum(guests_children) as children
    from marts.fct_occupancy_daily inner join scopes using (service_id)
    where is_lodging
    group by all
)

select
    scope, stay_date, date_trunc('week', stay_date)::date as week,
    isodow(stay_date) as weekday, stay_date - today as days_ahead,
    rooms_occupied, spaces_optional, rooms_left, units,
    spaces_occupied, spaces_usable, spaces_active,
    spaces_out_of_order, occupancy_mews, occupancy_usali, guests,
    coalesce(adults, 0) as adults, coalesce(children, 0) as children
from marts.rpt_portfolio_daily
inner join todays on scope = enterprise_id
cross join known
left join ages using (scope, stay_date)
where stay_date between greatest(today - 365, first_night) and today + 89
order by scope, stay_date
