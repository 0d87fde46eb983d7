with

reservations as (

    select * from {{ ref('fct_reservations') }}

),

services as (

    select * from {{ ref('dim_service') }}

),

unplaced as (

    select
        reservations.reservation_id,
        reservations.service_id,
        reservations.enterprise_id,
        reservations.reservation_state,
        reservations.updated_utc,
        case
            when services.service_id is null then 'service not known'
            when services.time_zone is null then 'time zone not known'
            when not services.is_placeable then 'occupancy offsets not known'
            when not reservations.is_placed then 'planned start or end missing'
            else 'state not known'
        end as problem
    from reservations
    left join services on reservations.service_id = services.service_id
    where not reservations.is_placed or reservations.bucket = 'unknown'

)

select * from unplaced
