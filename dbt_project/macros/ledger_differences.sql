{#
    The books are the latest version of every reservation, expanded night by night: a row here is a
    cell in which the ledger's sum says otherwise. Written from raw staging on purpose, without the
    ledger's own steps: overlap of each night with the occupancy period, not first and last night.
    Over all of history, or of the reservations that this build touched, each on its own.
#}
{% macro ledger_differences(of_touched) -%}
{%- set stay = "service_id, resource_category_id, bucket" -%}
{%- set among = "" -%}
{%- if of_touched -%}
    {%- set stay = "reservation_id, " ~ stay -%}
    {%- set among -%}
        where reservation_id in (
            select touched_id from {{ ref('int_touched_service_orders') }}
            where entity = 'reservation'
        )
    {%- endset -%}
{%- endif -%}
with

versions as (

    select * from {{ ref('stg_mews__reservations') }}
    {{ among }}

),

person_counts as (

    select * from {{ ref('stg_mews__reservation_person_counts') }}
    {{ among }}

),

services as (

    select * from {{ ref('int_services') }}
    where is_placeable and time_unit != 'Hour'

),

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    {{ among or "where true" }}
        and stay_date is not null

),

latest as (

    select * from versions
    qualify row_number() over (
        partition by reservation_id order by updated_utc desc, landed_at desc, version_hash desc
    ) = 1

),

persons as (

    select
        reservation_id,
        updated_utc,
        version_hash,
        sum(person_count) as guests
    from person_counts
    group by reservation_id, updated_utc, version_hash

),

stays as (

    select
        latest.reservation_id,
        latest.service_id,
        coalesce(latest.requested_resource_category_id, 'unknown') as resource_category_id,
        {{ bucket('latest.reservation_state') }} as bucket,
        latest.scheduled_start_utc at time zone services.time_zone as start_local,
        latest.scheduled_end_utc at time zone services.time_zone as end_local,
        services.occupancy_start_offset,
        services.occupancy_end_offset,
        coalesce(persons.guests, 0) as guests
    from latest
    inner join services on latest.service_id = services.service_id
    left join persons
        on
            latest.reservation_id = persons.reservation_id
            and latest.updated_utc = persons.updated_utc
            and latest.version_hash = persons.version_hash
    where latest.scheduled_end_utc > latest.scheduled_start_utc

),

candidates as (

    select
        *,
        unnest(
            generate_series(
                date_trunc('day', start_local) - interval 3 day,
                date_trunc('day', end_local) + interval 3 day,
                interval 1 day
            )
        ) as midnight
    from stays
    where bucket is not null

),

expanded as (

    select
        {{ stay }},
        cast(midnight as date) as stay_date,
        count(*) as rooms,
        sum(guests) as guests
    from candidates
    where
        start_local < midnight + interval 1 day + occupancy_end_offset
        and end_local > midnight + occupancy_start_offset
    group by {{ stay }}, stay_date

),

summed as (

    select
        {{ stay }},
        stay_date,
        sum(rooms) as rooms,
        sum(guests) as guests
    from ledger
    group by {{ stay }}, stay_date
    having sum(rooms) != 0 or sum(guests) != 0

),

differences as (

    select
        {{ stay }},
        stay_date,
        summed.rooms as ledger_rooms,
        expanded.rooms as expanded_rooms,
        summed.guests as ledger_guests,
        expanded.guests as expanded_guests
    from summed
    full outer join expanded using ({{ stay }}, stay_date)
    where
        (summed.rooms is distinct from expanded.rooms)
        or (summed.guests is distinct from expanded.guests)

)

select * from differences
{%- endmacro %}
