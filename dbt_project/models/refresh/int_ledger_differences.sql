with

checked as (

    {{ checked_reservations(ref('stg_mews__reservations')) }}

),

versions as (

    select * from {{ ref('stg_mews__reservations') }}
    where reservation_id in (select checked.reservation_id from checked)

),

person_counts as (

    select * from {{ ref('stg_mews__reservation_person_counts') }}
    where reservation_id in (select checked.reservation_id from checked)

),

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where
        reservation_id in (select checked.reservation_id from checked)
        and stay_date is not null

),

expanded as (

    {{ expanded_nights('versions', 'person_counts') }}

),

expected as (

    select
        reservation_id,
        service_id,
        resource_category_id,
        bucket,
        stay_date,
        count(*) as rooms,
        sum(guests) as guests
    from expanded
    group by reservation_id, service_id, resource_category_id, bucket, stay_date

),

posted as (

    select
        reservation_id,
        service_id,
        resource_category_id,
        bucket,
        stay_date,
        sum(rooms) as rooms,
        sum(guests) as guests
    from ledger
    group by reservation_id, service_id, resource_category_id, bucket, stay_date
    having sum(rooms) != 0 or sum(guests) != 0

),

differences as (

    select
        reservation_id,
        service_id,
        resource_category_id,
        bucket,
        stay_date,
        posted.rooms as ledger_rooms,
        expected.rooms as expanded_rooms,
        posted.guests as ledger_guests,
        expected.guests as expanded_guests
    from posted
    full outer join expected
        using (reservation_id, service_id, resource_category_id, bucket, stay_date)
    where
        (posted.rooms is distinct from expected.rooms)
        or (posted.guests is distinct from expected.guests)

)

select * from differences
