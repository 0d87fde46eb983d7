-- The next 14 nights of each property in one row: ratios of sums. Revenue is that in the property's
-- own currency, and null where none is known
with revenue as (
    select
        performance.enterprise_id,
        performance.currency,
        sum(rooms_sold) as rooms_sold,
        if(count(rooms_available) = count(*), sum(rooms_available), null) as rooms_available,
        sum(room_revenue) as room_revenue,
        sum(total_revenue) as total_revenue
    from performance
    inner join properties using (enterprise_id)
    where
        is_shown
        and is_default_currency
        and performance.stay_date between properties.today and properties.today + 13
    group by performance.enterprise_id, performance.currency
)

select
    properties.property,
    cast(sum(nights.spaces_occupied) as bigint) as occupied,
    cast(sum(nights.spaces_usable) as bigint) as usable,
    round(sum(nights.spaces_occupied) / nullif(sum(nights.spaces_usable), 0), 4) as occupancy,
    round(
        sum(last_year.spaces_occupied) / nullif(sum(last_year.spaces_usable), 0), 4
    ) as occupancy_last_year,
    any_value(revenue.currency) as currency,
    round(
        cast(any_value(revenue.room_revenue) as double) / nullif(any_value(revenue.rooms_sold), 0),
        2
    ) as adr,
    round(
        cast(any_value(revenue.room_revenue) as double)
        / nullif(any_value(revenue.rooms_available), 0),
        2
    ) as revpar,
    any_value(revenue.room_revenue) as room_revenue,
    any_value(revenue.total_revenue) as total_revenue
from marts.rpt_portfolio_daily as nights
inner join properties using (enterprise_id)
left join marts.rpt_portfolio_daily as last_year
    on
        nights.enterprise_id = last_year.enterprise_id
        and nights.stay_date - 364 = last_year.stay_date
left join revenue on nights.enterprise_id = revenue.enterprise_id
where
    nights.enterprise_id != 'all'
    and nights.stay_date between properties.today and properties.today + 13
group by properties.property, nights.enterprise_id
order by properties.property
