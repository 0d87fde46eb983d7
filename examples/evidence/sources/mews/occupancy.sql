select
    about.enterprise_name as property,
    nights.stay_date,
    nights.spaces_occupied,
    nights.spaces_usable,
    nights.rooms_left,
    nights.occupancy_mews as occupancy,
    nights.guests
from marts.rpt_portfolio_daily as nights
inner join about using (enterprise_id)
where
    nights.stay_date
    between cast(about.as_of_utc as date) - 31 and cast(about.as_of_utc as date) + 90
