-- A view: one model reads it
{{ config(materialized="view") }}
with

fetches as (

    select * from {{ ref('stg_mews__fetches') }}

),

fetch_enterprises as (

    select * from {{ ref('int_fetch_enterprises') }}

),

-- Refused every time: the token never got data from the operation
refused as (

    select
        operation,
        token_key,
        max(refused) as refusal,
        arg_max(fetch_id, landed_at) as fetch_id
    from fetches
    group by operation, token_key
    having bool_and(refused is not null)

),

-- Another token may have fetched the same enterprises; their data have landed and are known
per_enterprise as (

    select
        refused.operation,
        refused.refusal,
        coalesce(fetch_enterprises.enterprise_id, 'every enterprise') as enterprise_id
    from refused
    left join fetch_enterprises on refused.fetch_id = fetch_enterprises.fetch_id

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
