select
    about.enterprise_name as property,
    pickup.stay_date,
    pickup.window_days,
    cast(sum(pickup.rooms) as integer) as rooms,
    cast(sum(pickup.rooms_new) as integer) as rooms_new,
    cast(sum(pickup.rooms_cancelled) as integer) as rooms_cancelled
from marts.rpt_pickup as pickup
inner join marts.dim_service using (service_id, enterprise_id)
inner join about using (enterprise_id)
where
    dim_service.is_lodging
    and pickup.stay_date
    between cast(about.as_of_utc as date) and cast(about.as_of_utc as date) + 90
group by all
