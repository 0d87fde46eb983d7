-- Above 0.1 % of all reservations something else is wrong, and nothing is published. Until services
-- have landed it passes, as assert_every_reservation_is_placed does.

with

unplaced as (

    select * from {{ ref('rpt_unplaced_reservations') }}
    where problem != 'outside_window'

),

services as (

    select * from {{ ref('dim_service') }}

),

freshness as (

    select * from {{ ref('rpt_freshness') }}
    where enterprise_id = 'all'

),

counted as (

    select count(*) as unplaced_reservations from unplaced

),

too_many as (

    select
        counted.unplaced_reservations,
        freshness.reservations
    from counted
    cross join freshness
    where
        counted.unplaced_reservations > 0.001 * freshness.reservations
        and exists (select 1 from services)

)

select * from too_many
