-- A category and day, from today on, where our definite or optional rooms and Mews' own
-- ConfirmedReservations or OptionalReservations are more than 1% apart. `Occupied` is shown in the
-- report and not judged: it also holds group blocks that nobody has picked up yet.
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
