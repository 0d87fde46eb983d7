with

fetches as (

    select * from {{ ref('stg_mews__fetches') }}

),

fetch_enterprises as (

    select * from {{ ref('int_fetch_enterprises') }}

),

updates as (

    select * from fetches
    where operation in ('reservations', 'product_service_orders')

),

-- A property that a token lists no longer was last fetched when it still was listed
last_listed as (

    select
        fetches.token_key,
        fetch_enterprises.enterprise_id,
        max(fetches.landed_at) as listed_at,
        max(fetches.fetched_through_utc) as listed_through_utc,
        max(max(fetches.landed_at)) over (partition by fetches.token_key) as token_listed_at
    from fetches
    inner join fetch_enterprises on fetches.fetch_id = fetch_enterprises.fetch_id
    where fetches.operation = 'enterprises' and fetches.refused is null
    group by fetches.token_key, fetch_enterprises.enterprise_id

),

no_longer_listed as (

    select * from last_listed
    where listed_at < token_listed_at

),

-- A token whose enterprises are not known is a property of its own, in the total alone
covered as (

    select
        updates.token_key,
        updates.operation,
        updates.refused,
        updates.landed_at,
        coalesce(fetch_enterprises.enterprise_id, 'token ' || updates.token_key) as enterprise_id,
        least(updates.fetched_through_utc, no_longer_listed.listed_through_utc) as through_utc
    from updates
    left join fetch_enterprises on updates.fetch_id = fetch_enterprises.fetch_id
    left join no_longer_listed
        on
            updates.token_key = no_longer_listed.token_key
            and fetch_enterprises.enterprise_id = no_longer_listed.enterprise_id

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
