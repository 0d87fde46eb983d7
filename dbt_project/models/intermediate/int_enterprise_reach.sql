with

fetches as (

    select
        token_key,
        operation,
        refused,
        coalesce(cast(enterprise_ids as varchar[]), []) as enterprise_ids,
        fetched_through_utc,
        landed_at,
        operation in ('reservations', 'product_service_orders') as is_update
    from {{ ref('stg_mews__fetches') }}

),

updates as (

    select * from fetches
    where is_update

),

named as (

    select distinct
        token_key,
        unnest(enterprise_ids) as enterprise_id
    from fetches
    where refused is null

),

listings as (

    select
        token_key,
        landed_at,
        fetched_through_utc,
        unnest(enterprise_ids) as enterprise_id
    from fetches
    where operation = 'enterprises' and refused is null

),

-- A property that a token lists no longer was last fetched when it still was listed
last_listed as (

    select
        token_key,
        enterprise_id,
        max(landed_at) as listed_at,
        max(fetched_through_utc) as listed_through_utc,
        max(max(landed_at)) over (partition by token_key) as token_listed_at
    from listings
    group by token_key, enterprise_id

),

token_enterprises as (

    select
        named.token_key,
        named.enterprise_id,
        case
            when last_listed.listed_at < last_listed.token_listed_at
                then last_listed.listed_through_utc
            else timestamptz 'infinity'
        end as listed_through_utc
    from named
    left join last_listed using (token_key, enterprise_id)

),

-- A fetch of updates covers the enterprises that it names, or if it names none, those of its token.
-- A token whose enterprises are not known is a property of its own, in the total alone
covered as (

    select
        updates.token_key,
        updates.operation,
        updates.refused,
        updates.landed_at,
        coalesce(token_enterprises.enterprise_id, 'token ' || updates.token_key)
            as enterprise_id,
        least(
            updates.fetched_through_utc, coalesce(listed_through_utc, timestamptz 'infinity')
        ) as through_utc
    from updates
    left join token_enterprises
        on
            updates.token_key = token_enterprises.token_key
            and (
                len(updates.enterprise_ids) = 0
                or list_contains(updates.enterprise_ids, token_enterprises.enterprise_id)
            )

),

reach as (

    select
        enterprise_id,
        token_key,
        operation,
        arg_max(refused is not null, landed_at) as is_refused,
        max(through_utc) filter (where refused is null) as through_utc
    from covered
    group by enterprise_id, token_key, operation

)

select * from reach
