-- A reservation whose service, zone, planned times or state are not known stands under `unknown`:
-- no night is guessed, and this test fails. While services were never landed it has nothing to
-- judge (rpt_unplaced_reservations lists the reservations all the same).

with

unplaced as (

    select * from {{ ref('rpt_unplaced_reservations') }}

),

services as (

    select * from {{ ref('dim_service') }}

),

judged as (

    select * from unplaced
    where exists (select 1 from services)

)

select * from judged
