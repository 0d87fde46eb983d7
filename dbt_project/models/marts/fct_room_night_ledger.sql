{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_touched('reservation', 'reservation_id') }}",
    post_hook="{{ create_book_macros() }}",
) }}
{{ require_touched_upstream() }}

with

versions as (

    select * from {{ ref('int_touched_versions') }}

),

-- What a version holds on the books; null where that is nothing
held as (

    select
        *,
        case
            when bucket is not null and (first_night is not null or not is_placed)
                then {{ holding('bucket') }}
        end as holding
    from versions

),

-- A reservation first seen after its birth held something before: told from its own timestamps
first_seen_late as (

    select
        *,
        least(created_utc, updated_utc) as opened_at,
        greatest(
            least(created_utc, updated_utc),
            least(coalesce(cancelled_utc, updated_utc), updated_utc)
        ) as closed_at
    from held
    where version_number = 1 and created_utc is distinct from updated_utc

),

openings as (

    select
        reservation_id,
        -1 as sequence,
        coalesce(opened_at, updated_utc) as posted_at,
        time_zone,
        'inferred' as basis,
        'opened' as reservation_state,
        cancellation_reason,
        case
            when reservation_state != 'Canceled' then holding
            when first_night is not null or not is_placed
                then {{ holding(
                    "case when " ~ was_optional('released_utc', 'cancellation_reason')
                    ~ " then 'optional' else 'definite' end"
                ) }}
        end as holding
    from first_seen_late

),

closings as (

    select
        reservation_id,
        0 as sequence,
        coalesce(closed_at, updated_utc) as posted_at,
        time_zone,
        'inferred' as basis,
        reservation_state,
        cancellation_reason,
        holding
    from first_seen_late
    where reservation_state = 'Canceled'

),

observations as (

    select
        reservation_id,
        version_number as sequence,
        updated_utc as posted_at,
        time_zone,
        'observed' as basis,
        reservation_state,
        cancellation_reason,
        holding
    from held

),

entries as (

    select * from openings
    union all
    select * from closings
    union all
    select * from observations

),

compared as (

    select
        *,
        lag(holding) over reservation_history as previous_holding,
        lag(reservation_state) over reservation_history as previous_state
    from entries
    window reservation_history as (partition by reservation_id order by sequence)

),

changes as (

    select
        *,
        cast({{ local_time('posted_at', "coalesce(time_zone, 'UTC')") }} as date) as posting_date,
        case
            when previous_state is null then 'new'
            when reservation_state = 'Canceled' and cancellation_reason = 'NoShow' then 'no_show'
            when reservation_state = 'Canceled' then 'cancelled'
            when previous_state = 'Canceled' then 'reinstated'
            when
                holding is not null
                and previous_holding is not null
                and struct_extract(holding, 'bucket') != struct_extract(previous_holding, 'bucket')
                then 'converted'
            else 'moved'
        end as reason
    from compared
    where holding is distinct from previous_holding

),

takings as (

    select
        reservation_id,
        sequence,
        posted_at,
        posting_date,
        basis,
        reason,
        -1 as rooms,
        unnest(previous_holding) -- noqa: AL03
    from changes
    where previous_holding is not null

),

givings as (

    select
        reservation_id,
        sequence,
        posted_at,
        posting_date,
        basis,
        reason,
        1 as rooms,
        unnest(holding) -- noqa: AL03
    from changes
    where holding is not null

),

both_sides as (

    select * from takings
    union all
    select * from givings

),

-- A stay that cannot be placed holds one posting without a date: no night is guessed
nights as (

    select
        *,
        cast(
            unnest(
                coalesce(
                    generate_series(
                        cast(first_night as timestamp),
                        cast(last_night as timestamp),
                        interval 1 day
                    ),
                    [null]
                )
            ) as date
        ) as stay_date
    from both_sides

),

postings as (

    select
        reservation_id,
        posted_at,
        stay_date,
        service_id,
        resource_category_id,
        bucket,
        basis,
        max(posting_date) as posting_date,
        arg_max(reason, sequence) as reason,
        cast(sum(rooms) as bigint) as rooms,
        cast(sum(rooms * guests) as bigint) as guests,
        cast(sum(rooms * adults) as bigint) as adults,
        cast(sum(rooms * children) as bigint) as children
    from nights
    group by
        reservation_id, posted_at, stay_date, service_id, resource_category_id, bucket, basis
    having
        sum(rooms) != 0
        or sum(rooms * guests) != 0
        or sum(rooms * adults) != 0
        or sum(rooms * children) != 0

)

select * from postings
