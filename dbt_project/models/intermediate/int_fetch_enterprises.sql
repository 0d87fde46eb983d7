-- Which enterprises each fetch opened: those that it names, or if it names none, those of its
-- token's next listing, or of its last one. No row for a fetch of which none is known
with

fetches as (

    select
        fetch_id,
        token_key,
        operation,
        refused,
        landed_at,
        cast(enterprise_ids as varchar[]) as named_ids
    from {{ ref('stg_mews__fetches') }}

),

listings as (

    select
        token_key,
        named_ids as listed_ids,
        landed_at
    from fetches
    where operation = 'enterprises' and refused is null

),

last_listings as (

    select
        token_key,
        max_by(listed_ids, landed_at) as listed_ids
    from listings
    group by token_key

),

fetch_enterprises as (

    select
        fetches.fetch_id,
        unnest(coalesce(
            nullif(fetches.named_ids, []), next_listings.listed_ids, last_listings.listed_ids
        )) as enterprise_id
    from fetches
    asof left join listings as next_listings
        on
            fetches.token_key = next_listings.token_key
            and fetches.landed_at <= next_listings.landed_at
    left join last_listings on fetches.token_key = last_listings.token_key

)

select distinct * from fetch_enterprises
