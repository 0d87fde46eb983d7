-- A row per property, night and window of the last 1, 7 and 30 days, of lodging services
select
    property,
    stay_date,
    window_days,
    cast(sum(rooms) as bigint) as rooms,
    cast(sum(guests) as bigint) as guests,
    cast(sum(rooms_new) as bigint) as rooms_new,
    cast(sum(rooms_converted) as bigint) as rooms_converted,
    cast(sum(rooms_reinstated) as bigint) as rooms_reinstated,
    cast(sum(rooms_moved) as bigint) as rooms_moved,
    cast(sum(rooms_cancelled) as bigint) as rooms_cancelled,
    cast(sum(rooms_no_show) as bigint) as rooms_no_show
from marts.rpt_pickup
inner join marts.dim_service using (service_id, enterprise_id)
inner join properties using (enterprise_id)
where is_lodging and stay_date between today - 31 and today + 365
group by property, enterprise_id, stay_date, window_days
order by property, stay_date, window_days
