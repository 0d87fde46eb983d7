-- The ledger sums to the latest version of each reservation that is not quarantined, expanded night
-- by night, over all of history. int_ledger_differences checks the same of touched reservations.
{{ config(tags=["history"]) }}

with

quarantined as (

    select distinct reservation_id from {{ ref('rpt_quarantined_reservations') }}

),

versions as (

    select * from {{ ref('stg_mews__reservations') }}
    anti join quarantined using (reservation_id)

),

person_counts as (

    select * from {{ ref('stg_mews__reservation_person_counts') }}

),

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    anti join quarantined using (reservation_id)
    where stay_date is not null

),

expanded as (

    {{ expanded_nights('versions', 'person_counts') }}

),

expected as (

    select
        service_id,
        resource_category_id,
        bucket,
        stay_date,
        count(*) as rooms,
        sum(guests) as guests
    from expanded
    group by service_id, resource_category_id, bucket, stay_date

),

posted as (

    select
        service_id,
        resource_category_id,
        bucket,
        stay_date,
        sum(rooms) as rooms,
        sum(guests) as guests
    from ledger
    group by service_id, resource_category_id, bucket, stay_date
    having sum(rooms) != 0 or sum(guests) != 0

),

differences as (

    select
        service_id,
        resource_category_id,
        bucket,
        stay_date,
        posted.rooms as ledger_rooms,
        expected.rooms as expanded_rooms,
        posted.guests as ledger_guests,
        expected.guests as expanded_guests
    from posted
    full outer join expected using (service_id, resource_category_id, bucket, stay_date)
    where
        (posted.rooms is distinct from expected.rooms)
        or (posted.guests is distinct from expected.guests)

)

select * from differences
