{{ config(
    materialized="incremental",
    incremental_strategy="append",
    on_schema_change="fail",
    pre_hook="{{ delete_nights_of_knowledge() }}",
) }}
{% set is_kept = is_knowledge_kept() %}

with

postings as (

    select * from {{ ref('fct_room_night_ledger') }}
    where bucket = 'definite' and stay_date is not null

),

ledger as (

    select * from postings
    {{ of_touched_nights('postings', 'stay_date', is_kept, is_never_null=true) }}

),

services as (

    select * from {{ ref('dim_service') }}

),

first_known as (

    select * from {{ ref('int_first_known') }}

),

former_offsets as (

    select * from {{ ref('int_former_offsets') }}

),

reservations as (

    select * from {{ ref('fct_reservations') }}
    where bucket = 'definite' and is_placed and scheduled_end_utc > scheduled_start_utc

),

ledger_window as (

    select * from {{ ref('int_ledger_window') }}

),

-- A change posts many nights at one instant, so instants are compared instead of postings
posted_instants as (

    select distinct
        service_id,
        posted_at,
        known_at
    from ledger

),

-- Late: after a run whose books, through that instant, were already known
late_instants as (

    select
        services.enterprise_id,
        posted_instants.*
    from posted_instants
    inner join services on posted_instants.service_id = services.service_id
    asof inner join first_known
        on
            services.enterprise_id = first_known.enterprise_id
            and posted_instants.posted_at <= first_known.through_utc
    where posted_instants.known_at > first_known.known_at

),

seen_late as (

    select
        late_instants.enterprise_id,
        ledger.service_id,
        ledger.stay_date,
        'seen_late' as cause,
        ledger.reservation_id,
        ledger.rooms,
        ledger.posted_at,
        ledger.known_at
    from ledger
    inner join late_instants
        on
            ledger.service_id = late_instants.service_id
            and ledger.posted_at = late_instants.posted_at
            and ledger.known_at = late_instants.known_at

),

moved_stays as (

    select
        reservations.enterprise_id,
        reservations.service_id,
        reservations.reservation_id,
        reservations.first_seen_utc,
        reservations.first_night,
        reservations.last_night,
        former_offsets.changed_at,
        {{ first_night(
            'reservations.scheduled_start_utc', 'former_offsets.time_zone',
            'former_offsets.occupancy_end_offset'
        ) }} as former_first_night,
        {{ last_night(
            'reservations.scheduled_end_utc', 'former_offsets.time_zone',
            'former_offsets.occupancy_start_offset'
        ) }} as former_last_night
    from reservations
    inner join former_offsets
        on
            reservations.service_id = former_offsets.service_id
            and reservations.first_seen_utc < former_offsets.changed_at

),

moved_nights as (

    select
        moved_stays.*,
        {{ dates_between(
            'greatest(moved_stays.first_night, ledger_window.first_night)',
            'least(moved_stays.last_night, ledger_window.last_night)'
        ) }} as stay_date,
        1 as rooms
    from moved_stays
    cross join ledger_window
    where moved_stays.first_night is not null
    union all
    select
        moved_stays.*,
        {{ dates_between(
            'greatest(moved_stays.former_first_night, ledger_window.first_night)',
            'least(moved_stays.former_last_night, ledger_window.last_night)'
        ) }} as stay_date,
        -1 as rooms
    from moved_stays
    cross join ledger_window
    where moved_stays.former_first_night is not null

),

rewritten as (

    select
        enterprise_id,
        service_id,
        stay_date,
        'zone_or_offsets' as cause,
        reservation_id,
        sum(rooms) as rooms,
        min(first_seen_utc) as posted_at,
        changed_at as known_at
    from moved_nights
    group by enterprise_id, service_id, stay_date, reservation_id, changed_at
    having sum(rooms) != 0

),

late_knowledge as (

    select
        enterprise_id,
        service_id,
        stay_date,
        cause,
        count(distinct reservation_id) as reservations,
        cast(sum(rooms) as bigint) as rooms,
        min(posted_at) as changed_from_utc,
        max(known_at) as last_known_at
    from (
        select * from seen_late
        union all
        select * from rewritten
    ) as changes
    group by enterprise_id, service_id, stay_date, cause

)

select * from late_knowledge
