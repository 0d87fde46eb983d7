-- Between the fetched windows of an operation and token, what none of them covers
with tokens as (
    select distinct operation, token_key from raw.fetches
    where operation in ('reservations', 'product_service_orders')
),

spans as (
    select operation, token_key, window_start_utc as begun, fetched_through_utc as ended
    from raw.fetches
    where window_start_utc is not null
    union all
    select operation, token_key, $start as begun, $start as ended from tokens
),

reached as (
    select
        *, max(ended) over (
            partition by operation, token_key order by begun, ended
            rows between unbounded preceding and 1 preceding
        ) as known_through
    from spans
    where ended >= $start
)

select
    format(
        '{} of token {}: {} to {} UTC', operation, token_key,
        strftime(known_through at time zone 'UTC', '%Y-%m-%d %H:%M'),
        strftime(begun at time zone 'UTC', '%Y-%m-%d %H:%M')
    )
from reached
where begun > known_through
order by begun
