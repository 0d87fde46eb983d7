with

spans as (

    select * from {{ ref('int_fetch_spans') }}

),

gaps as (

    select
        *,
        lead(span_start_utc) over (
            partition by operation, enterprise_id order by span_number
        ) as next_start_utc
    from spans

),

coverage as (

    select
        operation,
        enterprise_id,
        max(service_ids) as service_ids,
        cast(sum(fetches) as bigint) as fetches,
        min(span_start_utc) as covered_from_utc,
        max(span_end_utc) as covered_through_utc,
        min(first_finished_utc) as observed_since_utc,
        count(next_start_utc) as gaps,
        coalesce(sum(date_diff('second', span_end_utc, next_start_utc)), 0) / 3600 as gap_hours,
        min(span_end_utc) filter (where next_start_utc is not null) as first_gap_utc
    from gaps
    group by operation, enterprise_id

)

select * from coverage
