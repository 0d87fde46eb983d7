-- The identities of each reservation hold. Shown red, without stopping the publishing: one odd
-- reservation must not keep the numbers of all hotels from people.
{{ config(severity="warn") }}

with

quarantined as (

    select * from {{ ref('rpt_quarantined_reservations') }}

)

select * from quarantined
