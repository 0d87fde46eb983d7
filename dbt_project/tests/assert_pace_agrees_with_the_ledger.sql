-- The books at the end of a local day are the sum of the ledger up to that instant.
{{ config(tags=["history"]) }}

with

pace as (

    select * from {{ ref('rpt_booking_pace') }}
    where days_before in (0, 7)

),

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where bucket = 'definite'

),

-- Nights of a quarantined reservation count as they were posted
quarantined as (

    select distinct reservation_id from {{ ref('rpt_quarantined_reservations') }}

),

quarantined_nights as (

    select distinct
        service_id,
        stay_date
    from ledger
    semi join quarantined using (reservation_id)

),

services as (

    select * from {{ ref('dim_service') }}

),

instants as (

    select
        pace.service_id,
        pace.stay_date,
        pace.days_before,
        pace.rooms,
        {{ first_instant(
            'cast(pace.stay_date - pace.days_before + 1 as timestamp)', 'services.time_zone'
        ) }} as day_ended_at
    from pace
    inner join services on pace.service_id = services.service_id
    anti join quarantined_nights
        on
            pace.service_id = quarantined_nights.service_id
            and pace.stay_date = quarantined_nights.stay_date

),

broken as (

    select
        instants.service_id,
        instants.stay_date,
        instants.days_before,
        instants.rooms,
        sum(ledger.rooms) as ledger_rooms
    from instants
    left join ledger
        on
            instants.service_id = ledger.service_id
            and instants.stay_date = ledger.stay_date
            and instants.day_ended_at > ledger.posted_at
    group by instants.service_id, instants.stay_date, instants.days_before, instants.rooms
    having coalesce(sum(ledger.rooms), 0) != instants.rooms

)

select * from broken
