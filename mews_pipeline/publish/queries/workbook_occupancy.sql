-- A row per property and night, from a month ago to a year ahead; `All properties` is their sum
select
    property,
    stay_date,
    units,
    spaces_usable,
    spaces_occupied,
    spaces_optional,
    rooms_left,
    occupancy_mews,
    occupancy_usali,
    guests,
    arrivals,
    departures
from marts.rpt_portfolio_daily
inner join properties using (enterprise_id)
where stay_date between today - 31 and today + 365
order by property, stay_date
