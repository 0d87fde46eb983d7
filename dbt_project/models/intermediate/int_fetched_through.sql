with

fetches as (

    select * from {{ ref('stg_mews__fetches') }}
    where refused is null

),

latest as (

    select * from {{ ref('int_now') }}

),

token_enterprises as (

    select distinct
        token_key,
        unnest(cast(enterprise_ids as varchar[])) as enterprise_id
    from fetches

),

token_operations as (

    select
        token_key,
        operation,
        max(fetched_through_utc) as fetched_through_utc
    from fetches
    where operation in ('reservations', 'product_service_orders')
    group by token_key, operation

),

-- Several tokens may see one enterprise: the one that is furthest counts
enterprise_operations as (

    select
        token_enterprises.enterprise_id,
        token_operations.operation,
        max(token_operations.fetched_through_utc) as fetched_through_utc
    from token_operations
    inner join token_enterprises on token_operations.token_key = token_enterprises.token_key
    group by token_enterprises.enterprise_id, token_operations.operation

),

-- An enterprise is known as far as the slower of its two operations
reached as (

    select
        enterprise_id,
        min(fetched_through_utc) as fetched_through_utc
    from enterprise_operations
    group by enterprise_id
    union all
    select
        'all' as enterprise_id,
        min(fetched_through_utc) as fetched_through_utc
    from token_operations

),

fetched_through as (

    select
        reached.enterprise_id,
        reached.fetched_through_utc,
        latest.now_utc as as_of_utc
    from reached
    cross join latest

)

select * from fetched_through
