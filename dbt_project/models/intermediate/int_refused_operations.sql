-- A view: one model reads it
{{ config(materialized="view") }}
with

fetches as (

    select * from {{ ref('stg_mews__fetches') }}

),

-- Refused every time: the token never got data from the operation
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

-- Another token may have fetched the same enterprises; their data have landed and are known
per_enterprise as (

    select
        operation,
        refusal,
        unnest(coalesce(cast(enterprise_ids as varchar[]), ['every enterprise'])) as enterprise_id
    from refused

),

refusals as (

    select
        operation,
        enterprise_id,
        max(refusal) as refusal
    from per_enterprise
    group by operation, enterprise_id

)

select * from refusals
