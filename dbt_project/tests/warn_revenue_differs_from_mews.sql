-- A month whose revenue in Mews' own ledger is another, although it is over and complete.
{{ config(severity="warn") }}

with

reconciliation as (

    select * from {{ ref('rpt_revenue_reconciliation') }}

),

apart as (

    select * from reconciliation
    where period = 'month' and reason = 'unexplained'

)

select * from apart
