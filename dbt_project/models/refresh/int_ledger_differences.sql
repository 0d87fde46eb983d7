{% set may_be_checked = "true" if checks_every_reservation() else may_be_touched() %}

with

checked as (

    {{ checked_reservations(ref('stg_mews__reservations')) }}

),

checked_versions as (

    select * from {{ ref('stg_mews__reservations') }}
    where
        reservation_id in (select checked.reservation_id from checked)
        and {{ may_be_checked }}

),

checked_person_counts as (

    select * from {{ ref('stg_mews__reservation_person_counts') }}
    where
        reservation_id in (select checked.reservation_id from checked)
        and {{ may_be_checked }}

),

checked_ledger as (

    select * from {{ ref('fct_room_night_ledger') }}
    where
        reservation_id in (select checked.reservation_id from checked)
        and stay_date is not null

),

checked_nights as (

    {{ expanded_nights('checked_versions', 'checked_person_counts') }}

),

-- Every night of history does not fit into memory, one sum per reservation does: each posting
-- counts as often as it has rooms and guests, by a hash of what it is posted to. 48 bits of the
-- hash leave room for any number of guests
signed as (

    select
        reservation_id,
        rooms,
        guests,
        hash(service_id, resource_category_id, bucket, stay_date) >> 16 as posted_to
    from checked_ledger
    union all
    select
        reservation_id,
        -1 as rooms,
        -guests as guests,
        hash(service_id, resource_category_id, bucket, stay_date) >> 16 as posted_to
    from checked_nights

),

differing as (

    select reservation_id
    from signed
    group by reservation_id
    having
        sum(cast(rooms as hugeint) * posted_to) != 0
        or sum(cast(guests as hugeint) * posted_to) != 0

),

versions as (

    select * from checked_versions
    where reservation_id in (select differing.reservation_id from differing)

),

person_counts as (

    select * from checked_person_counts
    where reservation_id in (select differing.reservation_id from differing)

),

ledger as (

    select * from checked_ledger
    where reservation_id in (select differing.reservation_id from differing)

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
