-- What Mews itself counted, beside our books at the instant of its snapshot
select
    reconciliation.enterprise_id,
    reconciliation.stay_date as night,
    coalesce(categories.resource_category_name, reconciliation.resource_category_id) as category,
    reconciliation.snapshot_utc,
    reconciliation.mews_confirmed,
    reconciliation.mews_optional,
    reconciliation.mews_occupied,
    reconciliation.rooms_occupied,
    reconciliation.rooms_optional
from marts.rpt_availability_reconciliation as reconciliation
inner join marts.dim_service on reconciliation.service_id = dim_service.service_id
left join marts.dim_resource_category as categories
    on reconciliation.resource_category_id = categories.resource_category_id
where
    dim_service.is_lodging
    and reconciliation.stay_date between $first and $last
    and ($property is null or reconciliation.enterprise_id = $property)
order by categories.ordering, category
