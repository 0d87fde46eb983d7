-- Between the fetched windows of an operation and property, what none of them covers, whichever
-- token fetched them. A window that names no property takes its token's next listing, else its last
with listings as (
    select token_key, _landed_at, cast(enterprise_ids as varchar[]) as ids from raw.fetches
    where operation = 'enterprises' and refused is null
),

last_listings as (
    select token_key, max_by(ids, _landed_at) as ids from listings
    group by token_key
),

windows as (
    select
        operation, token_key, window_start_utc as begun, service_ids, _landed_at,
        least(fetched_through_utc, finished_utc) as ended,
        nullif(cast(enterprise_ids as varchar[]), []) as ids
    from raw.fetches
    where window_start_utc is not null and refused is null
),

opened as (
    select
        w.operation, w.begun, w.ended, w.service_ids,
        unnest(coalesce(w.ids, l.ids, last_listings.ids, ['token ' || w.token_key])) as id
    from windows as w
    asof left join listings as l on w.token_key = l.token_key and w._landed_at <= l._landed_at
    left join last_listings on w.token_key = last_listings.token_key
),

-- A fetch of some services only covers the property as long as no other asked for all
covering as (
    select operation, id, begun, ended from opened
    where ended > begun
    qualify
        service_ids is null
        or not bool_or(service_ids is null) over (partition by operation, id)
),

spans as (
    from covering
    union all
    select distinct operation, id, $start as begun, $start as ended from covering
),

reached as (
    select
        *, max(ended) over (
            partition by operation, id order by begun, ended
            rows between unbounded preceding and 1 preceding
        ) as known_through
    from spans
    where ended >= $start
),

named as (
    select id, arg_max(name, _landed_at) as name from raw.enterprises
    group by id
)

select
    format(
        '{} of {}: {} to {} UTC', operation, coalesce(name, id),
        strftime(known_through at time zone 'UTC', '%Y-%m-%d %H:%M'),
        strftime(begun at time zone 'UTC', '%Y-%m-%d %H:%M')
    )
from reached left join named using (id)
where begun > known_through
order by begun
