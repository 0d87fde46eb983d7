-- Properties whose reservations were not yet fetched by when they hold, from eight days before the
-- first such fetch to two years ahead
with stays as (
    select
        unnest(cast(enterprise_ids as varchar[])) as id,
        stays_start_utc as begun, stays_end_utc as ended
    from raw.fetches
    where stays_start_utc is not null and refused is null
),

reached as (
    select
        *, max(ended) over (
            partition by id order by begun, ended
            rows between unbounded preceding and 1 preceding
        ) as known_through
    from stays
),

complete as (
    select id from reached
    group by id
    having
        max(ended) >= min(begun) + interval 738 days
        and not coalesce(bool_or(begun > known_through), false)
),

last_listings as (
    select max_by(cast(enterprise_ids as varchar[]), _landed_at) as ids from raw.fetches
    where operation = 'enterprises' and refused is null
    group by token_key
),

listed as (
    select distinct unnest(ids) as id from last_listings
),

named as (
    select id, arg_max(name, _landed_at) as name from raw.enterprises
    group by id
)

select
    format(
        '{}: reservations made before the first fetch and not changed since may be missing',
        coalesce(name, id)
    )
from listed left join named using (id)
where id not in (select id from complete)
order by all
