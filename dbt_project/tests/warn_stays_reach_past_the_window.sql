-- Stays from before the window of posted nights, or that end after it, as those without an end do.
{{ config(severity="warn") }}

with

unplaced as (

    select * from {{ ref('rpt_unplaced_reservations') }}

),

cut as (

    select * from unplaced
    where problem = 'outside_window'

)

select * from cut
