-- A property is as fresh as the token of its last listing; one that is no longer listed was last
-- fetched when it still was. A token that never listed its properties is reported by its hash
with fetched as (
    select token_key, max(finished_utc) as instant from raw.fetches
    where operation = 'reservations'
    group by token_key
),

listings as (
    select
        token_key, unnest(cast(enterprise_ids as varchar[])) as id,
        _landed_at, max(_landed_at) over (partition by token_key) as last_landed_at
    from raw.fetches
    where operation = 'enterprises' and refused is null
),

listed as (
    select token_key, id, max(_landed_at) as instant, max(last_landed_at) as last_instant
    from listings
    group by token_key, id
),

reached as (
    select
        id, max(if(
            l.instant = l.last_instant, f.instant, least(l.instant, f.instant)
        )) as instant
    from listed as l inner join fetched as f using (token_key)
    group by id
),

named as (
    select id, arg_max(name, _landed_at) as name from raw.enterprises
    group by id
)

select
    format(
        '{}: last fetched {} UTC', coalesce(name, id),
        strftime(instant at time zone 'UTC', '%Y-%m-%d %H:%M')
    )
from reached left join named using (id)
where instant < $now - $fresh_for
union all
select
    format(
        'token {}: last fetched {} UTC', token_key,
        strftime(instant at time zone 'UTC', '%Y-%m-%d %H:%M')
    )
from fetched
where instant < $now - $fresh_for and token_key not in (select token_key from listed)
order by all
