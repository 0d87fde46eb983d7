-- The next 14 nights of each property in one row: ratios of sums
select
    properties.property,
    min(nights.stay_date) as "from",
    max(nights.stay_date) as "to",
    cast(sum(nights.spaces_occupied) as bigint) as occupied,
    cast(sum(nights.spaces_usable) as bigint) as usable,
    round(sum(nights.spaces_occupied) / nullif(sum(nights.spaces_usable), 0), 4) as occupancy,
    cast(sum(nights.rooms_left) as bigint) as "left",
    cast(sum(nights.guests) as bigint) as guests,
    round(
        sum(last_year.spaces_occupied) / nullif(sum(last_year.spaces_usable), 0), 4
    ) as occupancy_last_year
from marts.rpt_portfolio_daily as nights
inner join properties using (enterprise_id)
left join marts.rpt_portfolio_daily as last_year
    on
        nights.enterprise_id = last_year.enterprise_id
        and nights.stay_date - 364 = last_year.stay_date
where
    nights.enterprise_id != 'all'
    and nights.stay_date between properties.today and properties.today + 13
group by properties.property, nights.enterprise_id
order by properties.property
