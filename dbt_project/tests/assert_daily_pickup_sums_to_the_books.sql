-- All pickup of a stay date adds up to what is on the books for it.
{{ config(tags=["history"]) }}

with

pickup as (

    select * from {{ ref('fct_pickup_daily') }}

),

occupancy as (

    select * from {{ ref('fct_occupancy_daily') }}
    where stay_date is not null and enterprise_id != 'unknown'

),

summed as (

    select
        service_id,
        resource_category_id,
        stay_date,
        sum(rooms) as rooms,
        sum(rooms_optional) as rooms_optional
    from pickup
    group by service_id, resource_category_id, stay_date

),

broken as (

    select
        occupancy.service_id,
        occupancy.resource_category_id,
        occupancy.stay_date,
        occupancy.rooms_occupied,
        summed.rooms
    from occupancy
    left join summed
        on
            occupancy.service_id = summed.service_id
            and occupancy.resource_category_id = summed.resource_category_id
            and occupancy.stay_date = summed.stay_date
    where
        occupancy.rooms_occupied != coalesce(summed.rooms, 0)
        or occupancy.rooms_optional != coalesce(summed.rooms_optional, 0)

)

select * from broken
