with

fetches as (

    select * from {{ ref('stg_mews__fetches') }}
    where window_start_utc is not null and refused is null

),

ordered as (

    select
        operation,
        token_key,
        window_start_utc,
        fetched_through_utc,
        finished_utc,
        max(fetched_through_utc) over (
            partition by operation, token_key order by window_start_utc, fetched_through_utc
            rows between unbounded preceding and 1 preceding
        ) as reached_utc
    from fetches

),

numbered as (

    select
        *,
        sum(case when window_start_utc > reached_utc then 1 else 0 end) over (
            partition by operation, token_key order by window_start_utc, fetched_through_utc
            rows between unbounded preceding and current row
        ) as span_number
    from ordered

),

spans as (

    select
        operation,
        token_key,
        cast(span_number as bigint) as span_number,
        min(window_start_utc) as span_start_utc,
        max(fetched_through_utc) as span_end_utc,
        count(*) as fetches,
        min(finished_utc) as first_finished_utc,
        max(finished_utc) as last_finished_utc
    from numbered
    group by operation, token_key, span_number

)

select * from spans
