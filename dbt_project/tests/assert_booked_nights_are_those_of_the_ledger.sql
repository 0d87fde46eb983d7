-- Nights that are counted again one by one add up to the whole ledger.

with

booked as (

    select * from {{ ref('fct_booked_daily') }}

),

ledger as (

    select * from {{ ref('fct_room_night_ledger') }}

),

summed as (

    select
        service_id,
        resource_category_id,
        stay_date,
        sum(rooms) filter (where bucket = 'definite') as rooms_occupied,
        sum(rooms) filter (where bucket = 'optional') as rooms_optional,
        sum(guests) filter (where bucket = 'definite') as guests
    from ledger
    group by service_id, resource_category_id, stay_date

),

differences as (

    select
        coalesce(booked.service_id, summed.service_id) as service_id,
        coalesce(booked.resource_category_id, summed.resource_category_id) as resource_category_id,
        coalesce(booked.stay_date, summed.stay_date) as stay_date,
        booked.rooms_occupied,
        summed.rooms_occupied as ledger_rooms_occupied
    from booked
    full outer join summed
        on
            booked.service_id = summed.service_id
            and booked.resource_category_id = summed.resource_category_id
            and booked.stay_date is not distinct from summed.stay_date
    where
        coalesce(booked.rooms_occupied, 0) != coalesce(summed.rooms_occupied, 0)
        or coalesce(booked.rooms_optional, 0) != coalesce(summed.rooms_optional, 0)
        or coalesce(booked.guests, 0) != coalesce(summed.guests, 0)

)

select * from differences
