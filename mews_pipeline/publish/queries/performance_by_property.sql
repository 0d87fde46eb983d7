-- The next 14 nights of each property and currency in one row: ratios of sums
select
    properties.property,
    nights.currency,
    cast(if(nights.is_default_currency, sum(nights.rooms_available), null) as bigint) as available,
    cast(if(nights.is_default_currency, sum(nights.rooms_sold), null) as bigint) as sold,
    round(cast(sum(nights.room_revenue) as double) / nullif(sold, 0), 2) as adr,
    round(cast(sum(nights.room_revenue) as double) / nullif(available, 0), 2) as revpar,
    sum(nights.room_revenue) as room_revenue,
    sum(nights.total_revenue) as total_revenue
from performance as nights
inner join properties using (enterprise_id)
where
    nights.enterprise_id != 'all'
    and nights.is_shown
    and nights.stay_date between properties.today and properties.today + 13
group by properties.property, nights.enterprise_id, nights.currency, nights.is_default_currency
order by properties.property asc, nights.is_default_currency desc, nights.currency asc
