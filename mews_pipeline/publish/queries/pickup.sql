-- What changed on the definite books in the window, by property or all of them together
select
    if($together, 'All properties', properties.property) as property,
    stay_date as night,
    cast(sum(rooms) as bigint) as rooms,
    cast(sum(guests) as bigint) as guests,
    cast(sum(rooms_new) as bigint) as new,
    cast(sum(rooms_converted) as bigint) as converted,
    cast(sum(rooms_reinstated) as bigint) as reinstated,
    cast(sum(rooms_moved) as bigint) as moved,
    cast(sum(rooms_cancelled) as bigint) as cancelled,
    cast(sum(rooms_no_show) as bigint) as no_show
from marts.rpt_pickup
inner join marts.dim_service using (service_id, enterprise_id)
inner join properties using (enterprise_id)
where
    window_days = $days
    and is_lodging
    and ($first is null or stay_date >= $first)
    and ($last is null or stay_date <= $last)
    and ($property is null or properties.property ilike $property or enterprise_id = $property)
group by all
order by all
