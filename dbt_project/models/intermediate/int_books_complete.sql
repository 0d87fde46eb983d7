-- A view: one model reads it
{{ config(materialized="view") }}
-- Since when the books of an enterprise are complete: its reservations were fetched by when they
-- hold, in windows without a gap from eight days before the first fetch to two years ahead
with

fetches as (

    select * from {{ ref('stg_mews__fetches') }}
    where operation = 'reservations_by_stay' and refused is null

),

enterprise_windows as (

    select
        unnest(cast(enterprise_ids as varchar[])) as enterprise_id,
        stays_start_utc,
        stays_end_utc,
        finished_utc
    from fetches

),

ordered as (

    select
        *,
        max(stays_end_utc) over (
            partition by enterprise_id order by stays_start_utc, stays_end_utc
            rows between unbounded preceding and 1 preceding
        ) as reached_utc
    from enterprise_windows

),

books_complete as (

    select
        enterprise_id,
        max(finished_utc) as books_complete_since_utc
    from ordered
    group by enterprise_id
    having
        max(stays_end_utc) >= min(stays_start_utc) + interval 738 days
        and not coalesce(bool_or(stays_start_utc > reached_utc), false)

)

select * from books_complete
