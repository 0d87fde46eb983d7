-- A reservation whose service, zone, planned times or state is not known counts as `unknown`: no
-- night is guessed, and this test fails. It shows red without stopping the publishing. Until
-- services have landed it passes (rpt_unplaced_reservations lists the reservations all the same).
{{ config(severity="warn") }}

with

unplaced as (

    select * from {{ ref('rpt_unplaced_reservations') }}
    where problem != 'outside_window'

),

services as (

    select * from {{ ref('dim_service') }}

),

misplaced as (

    select * from unplaced
    where exists (select 1 from services)

)

select * from misplaced
