-- Nights are conserved: the rooms occupied over all dates equal the nights of the definite
-- reservations between the first and the last date of the report.

with

occupancy as (

    select * from {{ ref('fct_occupancy_daily') }}
    where stay_date is not null

),

quarantined as (

    select distinct reservation_id from {{ ref('rpt_quarantined_reservations') }}

),

reservations as (

    select * from {{ ref('fct_reservations') }}
    anti join quarantined using (reservation_id)
    where bucket = 'definite' and nights > 0

),

-- Those of a quarantined reservation count as they were posted
posted as (

    select * from {{ ref('fct_room_night_ledger') }}
    semi join quarantined using (reservation_id)
    where bucket = 'definite'

),

horizon as (

    select * from {{ ref('int_horizon') }}

),

reported as (

    select
        service_id,
        sum(rooms_occupied) as nights,
        sum(rooms_occupied_stayed) as nights_stayed
    from occupancy
    group by service_id
    having sum(rooms_occupied) > 0

),

placed as (

    select
        reservations.service_id,
        sum(
            least(reservations.last_night, horizon.last_date)
            - greatest(reservations.first_night, horizon.first_date)
            + 1
        ) as nights
    from reservations
    cross join horizon
    where
        reservations.last_night >= horizon.first_date
        and reservations.first_night <= horizon.last_date
    group by reservations.service_id
    union all
    select
        posted.service_id,
        sum(posted.rooms) as nights
    from posted
    cross join horizon
    where posted.stay_date between horizon.first_date and horizon.last_date
    group by posted.service_id

),

stayed as (

    select
        service_id,
        sum(nights) as nights
    from placed
    group by service_id
    having sum(nights) != 0

),

differences as (

    select
        service_id,
        reported.nights as reported_nights,
        stayed.nights as stayed_nights
    from reported
    full outer join stayed using (service_id)
    where
        (reported.nights is distinct from stayed.nights)
        or (reported.nights_stayed is distinct from stayed.nights)

)

select * from differences
