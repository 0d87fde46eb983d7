-- A stay from before the window of posted nights, or that ends after it, as one without an end does.
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
