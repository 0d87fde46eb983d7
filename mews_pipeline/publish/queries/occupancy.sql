-- Nights of each property and of all; two weeks back to two weeks ahead unless dates are given
select
    property,
    stay_date as night,
    units,
    spaces_occupied as rooms,
    spaces_optional as tentative,
    rooms_left,
    guests,
    arrivals,
    departures,
    spaces_occupied,
    spaces_usable as usable,
    spaces_active as active,
    round(occupancy_mews, 4) as occupancy_mews,
    round(occupancy_usali, 4) as occupancy_usali
from marts.rpt_portfolio_daily
inner join properties using (enterprise_id)
where
    stay_date between coalesce($first, today - 14) and coalesce($last, today + 13)
    and ($property is null or property ilike $property or enterprise_id = $property)
order by property, night
