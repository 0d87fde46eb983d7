-- Fields and enum values of the last week that the vendor's documents do not name
with recent as (
    select operation, unknown_fields, unknown_values from raw.fetches
    where finished_utc > $now - interval 7 days
),

unknown as (
    select operation, unnest(json_keys(unknown_fields)) as what from recent
    where unknown_fields is not null
    union
    select operation, unnest(json_keys(unknown_values)) as what from recent
    where unknown_values is not null
)

select format('{}: {}', operation, what) from unknown
where operation in ('reservations', 'product_service_orders')
order by all
