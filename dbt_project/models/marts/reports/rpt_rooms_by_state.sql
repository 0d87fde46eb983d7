{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_nights_of_calendar() }}",
) }}
{% set is_kept = is_calendar_kept() %}

with

reservations as (

    select * from {{ ref('fct_reservations') }}
    where bucket = 'definite' and is_placed

),

definite as (

    select * from reservations
    {{ reaching_touched_nights(
        'reservations',
        'least(reservations.first_night, reservations.arrival_date, reservations.departure_date)',
        'greatest(reservations.last_night, reservations.arrival_date, reservations.departure_date)',
        is_kept
    ) }}

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

periods as (

    select
        enterprise_id,
        service_id,
        reservation_state,
        first_night as from_date,
        last_night + 1 as to_date
    from definite
    where first_night is not null

),

daily_changes as (

    {{ daily_changes('periods', ['enterprise_id', 'service_id', 'reservation_state']) }}

),

held as (

    {{ daily_levels(
        'daily_changes', ['enterprise_id', 'service_id', 'reservation_state'], 'rooms'
    ) }}

),

all_counts as (

    select
        enterprise_id,
        service_id,
        stay_date,
        reservation_state,
        rooms,
        0 as arrivals,
        0 as departures
    from held
    union all
    select
        enterprise_id,
        service_id,
        arrival_date as stay_date,
        reservation_state,
        0 as rooms,
        1 as arrivals,
        0 as departures
    from definite
    union all
    select
        enterprise_id,
        service_id,
        departure_date as stay_date,
        reservation_state,
        0 as rooms,
        0 as arrivals,
        1 as departures
    from definite

),

counts as (

    select * from all_counts
    {{ of_touched_nights('all_counts', 'stay_date', is_kept) }}

),

{% set count = "cast(coalesce(sum({}) filter (where reservation_state in ({})), 0) as bigint)" -%}
rooms_by_state as (

    select
        counts.enterprise_id,
        counts.service_id,
        counts.stay_date,
        {{ count.format("rooms", "'Confirmed'") }} as rooms_confirmed,
        {{ count.format("rooms", "'Started'") }} as rooms_in_house,
        {{ count.format("rooms", "'Processed'") }} as rooms_departed,
        cast(sum(counts.arrivals) as bigint) as arrivals_due,
        {{ count.format("arrivals", "'Started', 'Processed'") }} as arrivals_done,
        cast(sum(counts.departures) as bigint) as departures_due,
        {{ count.format("departures", "'Processed'") }} as departures_done
    from counts
    cross join horizon
    where counts.stay_date between horizon.first_date and horizon.last_date
    group by counts.enterprise_id, counts.service_id, counts.stay_date

)

select * from rooms_by_state
