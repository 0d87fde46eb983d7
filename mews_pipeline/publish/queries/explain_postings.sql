-- The postings of each night up to the instant; late ones came after the night was closed
select
    dim_service.enterprise_id,
    ledger.stay_date as night,
    ledger.posted_at,
    max(ledger.known_at) as known_at,
    ledger.reservation_id,
    any_value(reservations.reservation_state) as state,
    coalesce(
        any_value(categories.resource_category_name), cast(ledger.resource_category_id as varchar)
    ) as category,
    cast(ledger.bucket as varchar) as bucket,
    cast(arg_max(ledger.reason, row(ledger.basis, ledger.known_at)) as varchar) as reason,
    bool_or(ledger.basis = 'inferred') as is_inferred,
    cast(sum(ledger.rooms) as bigint) as rooms,
    cast(sum(ledger.guests) as bigint) as guests,
    ledger.bucket = 'definite' and count(restatements.reservation_id) > 0 as is_late
from marts.fct_room_night_ledger as ledger
inner join marts.dim_service on ledger.service_id = dim_service.service_id
inner join about on dim_service.enterprise_id = about.enterprise_id
left join marts.dim_resource_category as categories
    on ledger.resource_category_id = categories.resource_category_id
left join marts.fct_reservations as reservations
    on ledger.reservation_id = reservations.reservation_id
left join marts.rpt_restatements as restatements
    on
        ledger.service_id = restatements.service_id
        and ledger.resource_category_id is not distinct from restatements.resource_category_id
        and ledger.stay_date = restatements.stay_date
        and ledger.reservation_id = restatements.reservation_id
        and ledger.posted_at = restatements.posted_at
where
    dim_service.is_lodging
    and ledger.stay_date between $first and $last
    and ledger.posted_at <= coalesce($as_of, about.as_of_utc)
    and ($property is null or dim_service.enterprise_id = $property)
group by
    dim_service.enterprise_id, ledger.stay_date, ledger.posted_at, ledger.reservation_id,
    ledger.service_id, ledger.resource_category_id, ledger.bucket
having sum(ledger.rooms) != 0 or sum(ledger.guests) != 0
order by ledger.posted_at, ledger.reservation_id, rooms, category, bucket
