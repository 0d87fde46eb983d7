-- A view: one model reads it
{{ config(materialized="view") }}
with

fetches as (

    select * from {{ ref('stg_mews__fetches') }}
    where operation = 'reservations' and refused is null

),

token_enterprises as (

    select distinct
        token_key,
        enterprise_id
    from {{ ref('int_enterprise_reach') }}

),

-- A run lands its windows one by one; its books are whole after the last. A run that only loads
-- earlier days, up to their ends, says nothing about the books of its own day
current_runs as (

    select
        token_key,
        max(fetched_through_utc) as through_utc,
        max(landed_at) as known_at
    from fetches
    group by token_key, coalesce(root_run_id, fetch_id)
    having
        bool_or(fetched_through_utc < window_end_utc)
        or max(fetched_through_utc) >= max(finished_utc) - interval 1 day

),

ordered as (

    select
        token_enterprises.enterprise_id,
        current_runs.through_utc,
        current_runs.known_at,
        max(current_runs.through_utc) over (
            partition by token_enterprises.enterprise_id
            order by current_runs.known_at, current_runs.through_utc
            rows between unbounded preceding and 1 preceding
        ) as earlier_through_utc
    from current_runs
    inner join token_enterprises on current_runs.token_key = token_enterprises.token_key

),

first_known as (

    select
        enterprise_id,
        through_utc,
        known_at
    from ordered
    where earlier_through_utc is null or through_utc > earlier_through_utc

)

select * from first_known
