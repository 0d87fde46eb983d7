-- More than 0.1 % of all reservations are not odd ones but a fault, and nothing is published. The
-- total is that of rpt_freshness, because a refresh leaves out the tests of models with history.

with

quarantined as (

    select * from {{ ref('rpt_quarantined_reservations') }}

),

freshness as (

    select * from {{ ref('rpt_freshness') }}
    where enterprise_id = 'all'

),

counted as (

    select count(distinct reservation_id) as quarantined_reservations from quarantined

),

too_many as (

    select
        counted.quarantined_reservations,
        freshness.reservations
    from counted
    cross join freshness
    where counted.quarantined_reservations > 0.001 * freshness.reservations

)

select * from too_many
