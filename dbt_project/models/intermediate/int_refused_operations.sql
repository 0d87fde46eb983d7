with

fetches as (

    select * from {{ ref('stg_mews__fetches') }}

),

-- Refused for good: this token never got an answer
refused as (

    select
        operation,
        token_key,
        max(refused) as refusal,
        arg_max(enterprise_ids, landed_at) as enterprise_ids
    from fetches
    group by operation, token_key
    having bool_and(refused is not null)

),

-- Enterprises that another token got an answer for are known all the same, by what landed
per_enterprise as (

    select
        operation,
        refusal,
        unnest(coalesce(cast(enterprise_ids as varchar[]), ['every enterprise'])) as enterprise_id
    from refused

),

grouped as (

    select
        operation,
        enterprise_id,
        max(refusal) as refusal
    from per_enterprise
    group by operation, enterprise_id

)

select * from grouped
