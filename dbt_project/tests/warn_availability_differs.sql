-- A category and day, from today on, on which our definite or optional rooms and Mews' own
-- ConfirmedReservations or OptionalReservations are more than 1% apart. `Occupied` is in the report
-- and not compared, because it includes group blocks that are not picked up yet.
{{ config(severity="warn") }}

with

reconciliation as (

    select * from {{ ref('rpt_availability_reconciliation') }}

),

apart as (

    select * from reconciliation
    where
        abs(definite_difference) > 0.01 * mews_confirmed
        or abs(optional_difference) > 0.01 * mews_optional

)

select * from apart
