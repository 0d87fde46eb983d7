with

moved as (

    select * from {{ ref('fct_moved_daily') }}

),

occupancy as (

    select * from {{ ref('fct_occupancy_daily') }}
    where stay_date is not null and rooms_occupied != 0

),

services as (

    select * from {{ ref('dim_service') }}

),

-- What did not move stayed as booked, or has no space yet
nights as (

    select
        service_id,
        resource_category_id,
        resource_category_id as stayed_resource_category_id,
        stay_date,
        rooms_occupied as rooms
    from occupancy
    union all
    select
        service_id,
        resource_category_id,
        resource_category_id as stayed_resource_category_id,
        stay_date,
        -rooms as rooms
    from moved
    union all
    select
        service_id,
        resource_category_id,
        stayed_resource_category_id,
        stay_date,
        rooms
    from moved

),

booked_by_stayed as (

    select
        cast(date_trunc('month', nights.stay_date) as date) as stay_month,
        services.enterprise_id,
        nights.service_id,
        nights.resource_category_id,
        nights.stayed_resource_category_id,
        cast(sum(nights.rooms) as bigint) as room_nights
    from nights
    inner join services on nights.service_id = services.service_id
    group by
        stay_month, services.enterprise_id, nights.service_id, nights.resource_category_id,
        nights.stayed_resource_category_id
    having sum(nights.rooms) != 0

)

select * from booked_by_stayed
