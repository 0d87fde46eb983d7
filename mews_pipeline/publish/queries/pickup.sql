-- What changed on the definite books in the window, by property or all of them together; the next
-- 14 nights of each unless dates are given
with first_nights as (
    select
        enterprise_id,
        -- One first night for the sum: no property's night is missing in it
        if($together, min(today) over (), today) as first_night
    from properties
    where enterprise_id != 'all'
)

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
inner join first_nights using (enterprise_id)
where
    window_days = $days
    and is_lodging
    and stay_date >= coalesce($first, if($last is null, first_night, null), date '0001-01-01')
    and stay_date
    <= coalesce($last, if($first is null, first_night + 13, null), date '9999-12-31')
    and ($property is null or properties.property ilike $property or enterprise_id = $property)
group by all
order by all
