-- Mews' timestamps should agree with the state (docs/mews-api.md, "What each timestamp proves"). A
-- contradiction is worth a look, not a failure.
{{ config(severity="warn", tags=["history"]) }}

with

reservations as (

    select * from {{ ref('fct_reservations') }}

),

contradicted as (

    select * from reservations
    where
        (reservation_state in ('Started', 'Processed') and actual_start_utc is null)
        or (reservation_state = 'Processed' and actual_end_utc is null)
        or (reservation_state = 'Canceled' and cancelled_utc is null)
        or actual_start_utc > actual_end_utc
        or cancelled_utc < created_utc

)

select * from contradicted
