-- The revenue of each night by currency: definite, net, by the definition that is shown
select
    enterprise_id,
    stay_date as night,
    definition,
    currency,
    is_default_currency,
    cast(rooms_available as bigint) as rooms_available,
    cast(rooms_sold as bigint) as rooms_sold,
    cast(room_revenue as double) as room_revenue,
    cast(total_revenue as double) as total_revenue
from performance
where
    is_shown
    and stay_date between $first and $last
    and enterprise_id != 'all'
    and ($property is null or enterprise_id = $property)
order by is_default_currency desc, currency asc
