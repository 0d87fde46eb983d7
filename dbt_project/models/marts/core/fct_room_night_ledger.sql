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

ledger_window as (

    select * from {{ ref('int_ledger_window') }}

),

-- A reservation first seen after its birth held something before: its own timestamps say what
first_seen_late as (

    select
        *,
        least(created_utc, updated_utc) as opened_at,
        -- A CancelledUtc outside that time proves nothing, as in int_state_transitions
        case
            when cancelled_utc between least(created_utc, updated_utc) and updated_utc
                then cancelled_utc
            else updated_utc
        end as closed_at,
        case
            when reservation_state != 'Canceled' then bucket
            when {{ was_optional('released_utc', 'cancellation_reason') }} then 'optional'
            else 'definite'
        end as opening_bucket
    from versions
    where version_number = 1 and created_utc is distinct from updated_utc

),

openings as (

    select
        * replace ('opened' as reservation_state, opening_bucket as bucket),
        -1 as sequence,
        coalesce(opened_at, updated_utc) as posted_at,
        'inferred' as basis
    from first_seen_late

),

closings as (

    select
        *,
        0 as sequence,
        coalesce(closed_at, updated_utc) as posted_at,
        'inferred' as basis
    from first_seen_late
    where reservation_state = 'Canceled'

),

observations as (

    select
        *,
        version_number as sequence,
        updated_utc as posted_at,
        'observed' as basis
    from versions

),

observations_and_inferences as (

    select * from openings
    union all by name
    select * from closings
    union all by name
    select * from observations

),

-- What the reservation holds on the books from then on; null where that is nothing
holdings as (

    select
        reservation_id,
        sequence,
        posted_at,
        -- Postings reverse what older versions held, so none is known before those have landed
        max(landed_at) over (
            partition by reservation_id order by sequence
            rows between unbounded preceding and current row
        ) as known_at,
        basis,
        reservation_state,
        cancellation_reason,
        case
            when bucket is not null and (first_night is not null or not is_placed)
                then {
                    'bucket': case when is_placed then bucket else 'unknown' end,
                    'service_id': service_id,
                    'resource_category_id': resource_category_id,
                    'time_zone': time_zone,
                    'first_night': first_night,
                    'last_night': last_night,
                    'guests': guests,
                    'adults': adults,
                    'children': children
                }
        end as holding
    from observations_and_inferences

),

compared as (

    select
        *,
        lag(holding) over reservation_history as previous_holding,
        lag(reservation_state) over reservation_history as previous_state
    from holdings
    window reservation_history as (partition by reservation_id order by sequence)

),

changes as (

    select
        *,
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

reversals as (

    select
        reservation_id,
        sequence,
        posted_at,
        known_at,
        basis,
        reason,
        -1 as rooms,
        unnest(previous_holding) -- noqa: AL03
    from changes
    where previous_holding is not null

),

postings as (

    select
        reservation_id,
        sequence,
        posted_at,
        known_at,
        basis,
        reason,
        1 as rooms,
        unnest(holding) -- noqa: AL03
    from changes
    where holding is not null

),

entries as (

    select * from reversals
    union all
    select * from postings

),

-- A stay that cannot be placed has one entry without a date: no night is guessed. Nights outside
-- the window are not posted, whatever dates arrive
nightly_entries as (

    select
        entries.* exclude (first_night, last_night),
        -- A stay that moves between hotels leaves each of them on that hotel's own date
        cast({{ local_time('posted_at', "coalesce(time_zone, 'UTC')") }} as date) as posting_date,
        cast(
            unnest(
                case
                    when entries.first_night is null then [null]
                    else {{ date_list(
                        'greatest(entries.first_night, ledger_window.first_night)',
                        'least(entries.last_night, ledger_window.last_night)'
                    ) }}
                end
            ) as date
        ) as stay_date
    from entries
    cross join ledger_window

),

-- Entries of one instant and landing that cancel each other leave no row
ledger as (

    select
        reservation_id,
        posted_at,
        known_at,
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
    from nightly_entries
    group by
        reservation_id, posted_at, known_at, stay_date, service_id, resource_category_id, bucket,
        basis
    having
        sum(rooms) != 0
        or sum(rooms * guests) != 0
        or sum(rooms * adults) != 0
        or sum(rooms * children) != 0

)

-- What reads touched nights skips the storage of other nights
select * from ledger
order by stay_date
