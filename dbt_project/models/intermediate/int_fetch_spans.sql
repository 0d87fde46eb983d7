-- A view: one model reads it
{{ config(materialized="view") }}
with

fetches as (

    select * from {{ ref('int_fetched_windows') }}

),

ordered as (

    select
        operation,
        enterprise_id,
        window_start_utc,
        fetched_through_utc,
        finished_utc,
        service_ids,
        max(fetched_through_utc) over (
            partition by operation, enterprise_id order by window_start_utc, fetched_through_utc
            rows between unbounded preceding and 1 preceding
        ) as reached_utc
    from fetches

),

numbered as (

    select
        *,
        sum(case when window_start_utc > reached_utc then 1 else 0 end) over (
            partition by operation, enterprise_id order by window_start_utc, fetched_through_utc
            rows between unbounded preceding and current row
        ) as span_number
    from ordered

),

spans as (

    select
        operation,
        enterprise_id,
        cast(span_number as bigint) as span_number,
        min(window_start_utc) as span_start_utc,
        max(fetched_through_utc) as span_end_utc,
        max(service_ids) as service_ids,
        count(*) as fetches,
        min(finished_utc) as first_finished_utc,
        max(finished_utc) as last_finished_utc
    from numbered
    group by operation, enterprise_id, span_number

)

select * from spans
