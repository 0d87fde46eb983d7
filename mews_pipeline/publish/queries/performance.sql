-- Nights with their revenue, of each property or of all that share a currency; the next 14 nights
-- unless dates are given. Below them a sum for each currency: ratios of sums. Revenue in another
-- currency than the property's has rows and sums of its own, without rooms
with nights as (
    select
        performance.*,
        properties.property
    from performance
    inner join properties using (enterprise_id)
    where
        performance.definition = $definition
        and (performance.enterprise_id = 'all') = $together
        and performance.stay_date >= coalesce(
            $first, if($last is null, properties.today, null), date '0001-01-01'
        )
        and performance.stay_date <= coalesce(
            $last, if($first is null, properties.today + 13, null), date '9999-12-31'
        )
        and (
            $property is null
            or properties.property ilike $property
            or performance.enterprise_id = $property
        )
)

select
    property,
    stay_date as night,
    currency,
    cast(rooms_available as bigint) as available,
    cast(rooms_sold as bigint) as sold,
    cast(rooms_complimentary as bigint) as complimentary,
    round(cast(occupancy as double), 4) as occupancy,
    round(cast(adr as double), 2) as adr,
    round(cast(revpar as double), 2) as revpar,
    round(cast(trevpar as double), 2) as trevpar,
    room_revenue,
    total_revenue,
    is_default_currency,
    false as is_total
from nights
union all
select
    'total' as property,
    cast(null as date) as night,
    currency,
    -- What is not known of one night is not known of the sum
    cast(
        if(count(rooms_available) = count(*), sum(rooms_available), null) as bigint
    ) as available,
    cast(sum(rooms_sold) as bigint) as sold,
    cast(sum(rooms_complimentary) as bigint) as complimentary,
    round(sum(spaces_occupied) / nullif(available, 0), 4) as occupancy,
    round(cast(sum(room_revenue) as double) / nullif(sold, 0), 2) as adr,
    round(cast(sum(room_revenue) as double) / nullif(available, 0), 2) as revpar,
    round(cast(sum(total_revenue) as double) / nullif(available, 0), 2) as trevpar,
    sum(room_revenue) as room_revenue,
    sum(total_revenue) as total_revenue,
    is_default_currency,
    true as is_total
from nights
group by currency, is_default_currency
order by is_total asc, property asc, night asc, is_default_currency desc, currency asc
