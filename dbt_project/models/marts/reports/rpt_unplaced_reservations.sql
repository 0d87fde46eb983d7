with

reservations as (

    select * from {{ ref('fct_reservations') }}

),

services as (

    select * from {{ ref('dim_service') }}

),

ledger_window as (

    select * from {{ ref('int_ledger_window') }}

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
            when reservations.bucket = 'unknown' then 'state not known'
            else 'outside_window'
        end as problem
    from reservations
    left join services on reservations.service_id = services.service_id
    cross join ledger_window
    where
        not reservations.is_placed
        or reservations.bucket = 'unknown'
        or (
            reservations.bucket is not null
            and (
                reservations.first_night < ledger_window.first_night
                or reservations.last_night > ledger_window.last_night
            )
        )

)

select * from unplaced
