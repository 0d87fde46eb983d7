-- The nights of a property as they were published, with the instant at which each was closed
with closings as (
    select
        enterprise_id,
        max(time_zone) as time_zone,
        max(business_day_closing_offset) as closing_offset
    from marts.dim_service
    where is_lodging and time_zone is not null
    group by enterprise_id
),

nights as (
    select
        portfolio.*,
        closings.time_zone,
        cast(portfolio.stay_date + 1 as timestamp) + closings.closing_offset as closed_local
    from marts.rpt_portfolio_daily as portfolio
    left join closings using (enterprise_id)
    where
        portfolio.stay_date between $first and $last
        and portfolio.enterprise_id != 'all'
        and ($property is null or portfolio.enterprise_id = $property)
)

select
    nights.enterprise_id,
    about.enterprise_name as property,
    nights.stay_date as night,
    coalesce($as_of, about.as_of_utc) as as_of,
    -- When the clocks go back they show an hour twice: the first one closes the day
    if(
        (nights.closed_local at time zone nights.time_zone - interval 1 hour)
        at time zone nights.time_zone = nights.closed_local,
        nights.closed_local at time zone nights.time_zone - interval 1 hour,
        nights.closed_local at time zone nights.time_zone
    ) as closed_at,
    nights.units,
    nights.spaces_active,
    nights.spaces_out_of_order,
    nights.spaces_house_use,
    nights.spaces_usable,
    if($as_of is null, nights.spaces_occupied, null) as spaces_occupied,
    if($as_of is null, nights.spaces_optional, null) as spaces_optional,
    if($as_of is null, nights.rooms_left, null) as rooms_left,
    if($as_of is null, nights.occupancy_mews, null) as occupancy_mews,
    if($as_of is null, nights.occupancy_usali, null) as occupancy_usali
from nights
inner join about using (enterprise_id)
order by property, nights.enterprise_id, night
