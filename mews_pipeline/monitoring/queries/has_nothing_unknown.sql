-- Fields and enum values of the last week that the vendor's documents do not name, and characters
-- that were none and became U+FFFD
with recent as (
    select operation, unknown_fields, unknown_values, replaced_characters from raw.fetches
    where finished_utc > $now - interval 7 days
),

bookings as (
    select * from recent
    where operation in ('reservations', 'product_service_orders', 'order_items')
),

unknown as (
    select operation, unnest(json_keys(unknown_fields)) as what from bookings
    where unknown_fields is not null
    union
    select operation, unnest(json_keys(unknown_values)) as what from bookings
    where unknown_values is not null
    union
    select operation, format('{} characters that are none', sum(replaced_characters)) as what
    from recent
    group by operation
    having sum(replaced_characters) > 0
)

select format('{}: {}', operation, what) from unknown
order by all
